/** Plain values as YAML: keys as words, texts in double quotes as JSON writes them, which YAML reads as they are. */

export const documents = (all: readonly object[]): string =>
  all.map((one) => `---\n${lines(one).join('\n')}\n`).join('');

const PLAIN_KEY = /^[A-Za-z][\w./-]*$/;

function lines(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => hung('- ', item, '  '));
  return Object.entries(value as object)
    .filter(([, item]) => item !== undefined)
    .flatMap(([key, item]) => {
      const word = PLAIN_KEY.test(key) ? key : JSON.stringify(key);
      return isNested(item)
        ? [`${word}:`, ...lines(item).map((line) => `  ${line}`)]
        : [`${word}: ${JSON.stringify(item)}`];
    });
}

/** The first line stands behind the dash. */
function hung(first: string, item: unknown, other: string): readonly string[] {
  if (!isNested(item)) return [`${first}${JSON.stringify(item)}`];
  return lines(item).map((line, i) => `${i === 0 ? first : other}${line}`);
}

/** What is empty is written on its line. */
const isNested = (item: unknown): boolean =>
  typeof item === 'object' && item !== null && Object.keys(item).length > 0;

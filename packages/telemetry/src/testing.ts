/** For tests: Prometheus text, read by other code than what wrote it. */

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}
export interface Samples {
  readonly all: readonly Sample[];
  /** Lines that are neither a sample nor a comment. */
  readonly unreadable: number;
  /** The value of the first series that has these labels; undefined where there is none. */
  one(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
  /** Of all series that have these labels. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number;
}

const LINE = /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"/g;

export function samplesOf(text: string): Samples {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const all = lines.flatMap((line): Sample[] => {
    const [, name, labels = '', value] = LINE.exec(line) ?? [];
    if (name === undefined) return [];
    const pairs = [...labels.matchAll(LABEL)].map(([, key, text]) => [key, text]);
    return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
  });
  const found = (name: string, labels: Readonly<Record<string, string>>) =>
    all.filter(
      (sample) =>
        sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    );
  return {
    all,
    unreadable: lines.length - all.length,
    one: (name, labels = {}) => found(name, labels)[0]?.value,
    sum: (name, labels = {}) => found(name, labels).reduce((sum, { value }) => sum + value, 0),
  };
}

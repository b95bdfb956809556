/**
 * The rules, in a process of their own: they are many patterns of somebody else's over texts that may be hostile. Whoever
 * asks ends the process when it takes too long.
 */
import { extname } from 'node:path';
import { lintSource } from '@secretlint/core';
import { secretLintProfiler } from '@secretlint/profiler';
import { rules } from '@secretlint/secretlint-rule-preset-recommend';
import { endWithParent } from './end-with-parent.ts';
import type { Answer, Ask, Hit } from './messages.ts';
import { isLeftOut, ruleName } from './names.ts';

// It keeps a mark of every rule and text for ever.
secretLintProfiler.setEnabled(false);

const config = {
  rules: rules
    .filter(({ meta }) => !isLeftOut(ruleName(meta.id)))
    .map((rule) => ({ id: rule.meta.id, rule, options: {} })),
};

/** One character a byte, so that nothing is lost; UTF-16 loses its zeros, and a mark of UTF-8 at the beginning goes. */
const textOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('latin1')
    .replaceAll('\0', '')
    .replace(/^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)/, '');

interface Text {
  readonly index: number;
  readonly path: string;
  readonly content: string;
}

async function look({ texts }: Ask): Promise<Hit[]> {
  const all = texts.map(({ path, bytes }, index) => ({ index, path, content: textOf(bytes) }));
  const hits: Hit[] = [];
  for (const some of together(all)) hits.push(...((await hitsIn(some)) ?? (await eachAlone(some))));
  return hits;
}

/** What a rule knows a file by: such a file is looked at alone. */
const NAMED = /\.(?:json|p12|npmrc)$/i;
const TOGETHER_CHARS = 256 * 1024;

/** Each look costs more than a small text does, so small ones are looked at as one. */
function together(texts: readonly Text[]): readonly (readonly Text[])[] {
  const alone = texts.filter(({ path }) => NAMED.test(path)).map((text) => [text]);
  const groups: Text[][] = [];
  let chars = TOGETHER_CHARS;
  for (const text of texts.filter(({ path }) => !NAMED.test(path))) {
    chars += text.content.length;
    if (chars > TOGETHER_CHARS) groups.push([]);
    if (chars > TOGETHER_CHARS) chars = text.content.length;
    groups.at(-1)!.push(text);
  }
  return [...alone, ...groups];
}

async function eachAlone(texts: readonly Text[]): Promise<Hit[]> {
  const hits: Hit[] = [];
  for (const text of texts) hits.push(...(await hitsIn([text]))!);
  return hits;
}

/** Undefined where a find lies over the edge of two texts: it is none, and may hide one. */
async function hitsIn(texts: readonly Text[]): Promise<Hit[] | undefined> {
  const { path } = texts.length === 1 ? texts[0]! : { path: 'several' };
  const content = texts.map((text) => text.content).join('\n');
  // A rule reads the file it is told of: nothing of this machine lies below here.
  const source = { filePath: `/dev/null/${path}`, content, ext: extname(path), contentType: 'text' } as const;
  const { messages } = await lintSource({ source, options: { config, noPhysicFilePath: true } });
  if (messages.length === 0) return [];
  const starts = startsOf(texts);
  const hits = messages.map(({ ruleId, loc, range: [from, to] }) => {
    const at = starts.findLastIndex(({ char }) => char <= from);
    const { text, char, line } = starts[at]!;
    if (to > char + text.content.length) return undefined;
    const value = content.slice(from, to);
    return { text: text.index, rule: ruleName(ruleId), line: loc.start.line - line, value };
  });
  const inside = hits.filter((hit) => hit !== undefined);
  return inside.length === hits.length ? inside : undefined;
}

function startsOf(texts: readonly Text[]) {
  let [char, line] = [0, 0];
  return texts.map((text) => {
    const start = { text, char, line };
    char += text.content.length + 1;
    line += text.content.split('\n').length;
    return start;
  });
}

const answer = (told: Answer): void => void process.send?.(told);

process.on('message', (ask: Ask) => {
  look(ask).then(
    (hits) => answer({ id: ask.id, hits }),
    (error: unknown) => answer({ id: ask.id, error: String(error).slice(0, 200) }),
  );
});
endWithParent();

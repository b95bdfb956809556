/**
 * The rules, in a thread of their own: they are many patterns of somebody else's over texts that may be hostile. Whoever
 * asks ends the thread when it takes too long.
 */
import { extname } from 'node:path';
import { parentPort } from 'node:worker_threads';
import { lintSource } from '@secretlint/core';
import { secretLintProfiler } from '@secretlint/profiler';
import { rules } from '@secretlint/secretlint-rule-preset-recommend';
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

async function look({ texts }: Ask): Promise<Hit[]> {
  const hits: Hit[] = [];
  for (const [text, { path, bytes }] of texts.entries()) {
    const content = textOf(bytes);
    // A rule reads the file it is told of: nothing of this machine lies below here.
    const filePath = `/dev/null/${path}`;
    const source = { filePath, content, ext: extname(path), contentType: 'text' } as const;
    const { messages } = await lintSource({ source, options: { config, noPhysicFilePath: true } });
    for (const { ruleId, loc, range } of messages)
      hits.push({ text, rule: ruleName(ruleId), line: loc.start.line, value: content.slice(...range) });
  }
  return hits;
}

const answer = (told: Answer): void => parentPort?.postMessage(told);

parentPort?.on('message', (ask: Ask) => {
  look(ask).then(
    (hits) => answer({ id: ask.id, hits }),
    (error: unknown) => answer({ id: ask.id, error: String(error).slice(0, 200) }),
  );
});

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { bundleProgram } from './bundle.ts';

const folder = mkdtempSync(join(tmpdir(), 'swarm-bundle-'));
after(() => rmSync(folder, { recursive: true }));
await bundleProgram(folder);
const dist = join(folder, 'dist');
const files = readdirSync(dist).map((name) => ({ name, text: readFileSync(join(dist, name), 'utf8') }));
const filesWith = (words: string): string[] =>
  files.filter(({ text }) => text.includes(words)).map(({ name }) => name);

test('the packed program holds the messages of zod in English, and in no other language', () => {
  const ofCore = createRequire(join(import.meta.dirname, '..', 'packages/core/package.json'));
  const german = readFileSync(join(ofCore.resolve('zod'), '../v4/locales/de.js'), 'utf8');
  assert.ok(german.includes('erwartet '), 'zod says it otherwise now: give words of its own here');
  assert.deepEqual(filesWith('erwartet '), []);
  assert.notDeepEqual(filesWith('Invalid input: expected '), []);
});

/** A line is broken where the language lets it: a long text stays whole. */
const LINE_MAX = 4_000;

test('the packed program holds no comments, and its lines are short enough to be told in a stack', () => {
  assert.deepEqual(filesWith('// packages/'), []);
  const lines = files.flatMap(({ text }) => text.split('\n'));
  assert.deepEqual(
    lines.filter(({ length }) => length > LINE_MAX).map((line) => line.slice(0, 80)),
    [],
  );
});

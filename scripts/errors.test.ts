/** The index of error codes and what is thrown say the same. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ERROR_CODES } from '../packages/core/src/errors.ts';

const PACKAGES = join(import.meta.dirname, '..', 'packages');
const INDEX = join(PACKAGES, 'core', 'src', 'errors.ts');
/** Shipped for tests alone, and no part of what a person runs. */
const TESTKIT = join(PACKAGES, 'testkit');

const files = readdirSync(PACKAGES, { recursive: true, encoding: 'utf8' })
  .filter((path) => !/(^|\/)node_modules\//.test(path) && /\.(ts|txt)$/.test(path))
  .map((path) => join(PACKAGES, path));
const isTest = (path: string): boolean => /\.test\.ts$|\/test\//.test(path);
const sources = files.filter((path) => !isTest(path) && path !== INDEX && !path.startsWith(TESTKIT));
const tests = files.filter(isTest);

const codesIn = (paths: readonly string[], pattern: RegExp): ReadonlySet<string> =>
  new Set(paths.flatMap((path) => readFileSync(path, 'utf8').match(pattern) ?? []));

const index = Object.keys(ERROR_CODES);

test('every code in the index is thrown somewhere, and no other is', () => {
  const thrown = codesIn(sources, /(?<=')SW\d{4}(?=')/g);
  assert.deepEqual([...thrown].sort(), index);
});

test('every code in the index is on a golden screen or in a test', () => {
  const held = codesIn(tests, /\bSW\d{4}\b/g);
  assert.deepEqual(
    index.filter((code) => !held.has(code)),
    [],
  );
});

test('the index is in order, and a code gives its kind by its hundred', () => {
  assert.deepEqual(index, [...index].sort());
  const hundreds: Readonly<Record<string, readonly string[]>> = {
    '01': ['usage'],
    '02': ['data'],
    '03': ['preflight'],
    '04': ['endpoint', 'auth'],
    '05': ['locked'],
    '06': ['budget', 'red', 'refused'],
    '07': ['io'],
    '08': ['internal'],
  };
  for (const [code, { kind }] of Object.entries(ERROR_CODES))
    assert.ok(hundreds[code.slice(2, 4)]?.includes(kind), `${code} ${kind}`);
});

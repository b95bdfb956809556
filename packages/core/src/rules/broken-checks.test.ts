import assert from 'node:assert/strict';
import test from 'node:test';
import { whyCannotRun } from './broken-checks.ts';

const SCOPE = ['src/a.js'];
const why = (exitCode: number, output: string, scope = SCOPE) => whyCannotRun({ exitCode, output }, scope);

test('a program that is not there is named, in the words of each shell', () => {
  for (const output of [
    'sh: 1: vitest: not found',
    'bash: line 1: vitest: command not found',
    '/bin/sh: 1: vitest: not found',
    'sh: vitest: not found',
  ])
    assert.equal(why(127, `> test\n> vitest run\n\n${output}\n`), 'there is no program vitest', output);
});

test('a file the work is to bring is no missing program, and neither is a program whose own output says so', () => {
  assert.equal(why(127, 'sh: 1: ./scripts/new.sh: not found'), undefined);
  assert.equal(why(1, 'sh: 1: vitest: not found'), undefined);
  assert.equal(why(1, 'Error: page not found'), undefined);
});

test('a check that looks for a network says so', () => {
  const npx = 'npm error code EAI_AGAIN\nnpm error request to https://registry.npmjs.org/vitest failed';
  assert.equal(why(1, npx), 'it wants the network, and checks have none');
  assert.equal(why(1, 'connect ECONNREFUSED 127.0.0.1:5432'), undefined, 'a service of the test’s own');
});

test('a task that may change what programs are there is left to try', () => {
  for (const scope of [[], ['package.json'], ['web/package.json', 'a.js'], ['**/*.ts'], ['.']])
    assert.equal(why(127, 'sh: 1: vitest: not found', scope), undefined, scope.join());
});

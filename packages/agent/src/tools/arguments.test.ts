import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { callTool, refusedTool } from '../../test/call-tool.ts';
import { makeFolder } from '../../test/support.ts';
import { readArguments, toolNameFor } from './arguments.ts';
import { toolSpecs } from './index.ts';

const FILE = 'one\ntwo\n';

for (const [what, tool, args, expected] of [
  ['a number as a string', 'read', { path: 'a.txt', limit: '1' }, /lines 1-1 of 2/],
  ['another name of a path', 'read', { file_path: 'a.txt' }, /lines 1-2/],
  ['JSON within JSON', 'read', JSON.stringify({ path: 'a.txt' }), /lines 1-2/],
  ['a command as words', 'bash', { command: ['printf', '%s', "it's here"] }, /it's here$/],
  ['a remark beside it', 'bash', { command: 'echo yes', description: 'says yes' }, /yes/],
  ['seconds', 'bash', { command: 'echo yes', timeout: 30 }, /exit code 0/],
  ['null for nothing', 'read', { path: 'a.txt', offset: null }, /lines 1-2/],
  [
    'the names of other edits',
    'edit',
    { file_path: 'a.txt', old_string: 'two', new_string: '2' },
    /edited a\.txt/,
  ],
  [
    'a word for a flag',
    'edit',
    { path: 'a.txt', oldText: 'o', newText: '0', replaceAll: 'true' },
    /^\+0ne$/m,
  ],
  ['a list as JSON', 'edit', { path: 'a.txt', edits: '[{"oldText":"two","newText":"2"}]' }, /^\+2$/m],
  [
    'one sentence for a list, and none for nothing',
    'submit_handoff',
    { status: 'complete', summary: 'x', concerns: 'none', suggestions: 'split it' },
    /handed in/,
  ],
] as const) {
  test(`${what} is taken as it is meant`, async (t) => {
    const folder = makeFolder(t, { 'a.txt': FILE });
    assert.match((await callTool(folder, tool, args)).output, expected);
  });
}

test('a sentence for a list is a list of one, and none is none', () => {
  const { parameters } = toolSpecs().find(({ name }) => name === 'submit_handoff')!;
  const said = { status: 'complete', summary: 'x', concerns: 'None.', suggestions: 'split it' };
  assert.deepEqual(readArguments(JSON.stringify(said), parameters), {
    value: { ...said, concerns: [], suggestions: ['split it'] },
  });
});

test('what could mean two things is refused, with the shape of the tool in one line', async (t) => {
  const folder = makeFolder(t, { 'a.txt': FILE });
  const bash = 'It takes: bash {command: string, timeoutMs?: integer, background?: boolean}';
  for (const args of [{ command: 7 }, { command: 'ls', cwd: '/' }, {}, '{"command": "l']) {
    const said = await refusedTool(folder, 'bash', args);
    assert.ok(said.endsWith(bash), said);
    assert.equal(said.split('\n').length, 1);
  }
  assert.match(
    await refusedTool(folder, 'submit_handoff', { status: 'done', summary: 'x' }),
    /It takes: submit_handoff \{status: "complete" \| "partial" \| /,
  );
  assert.equal(readFileSync(join(folder, 'a.txt'), 'utf8'), FILE);
});

test('other harnesses’ names of our tools are understood, and no others', () => {
  const ours = toolSpecs().map(({ name }) => name);
  for (const [said, meant] of [
    ['run_terminal_cmd', 'bash'],
    ['functions.bash', 'bash'],
    ['default_api:read_file', 'read'],
    ['Bash', 'bash'],
    ['str_replace', 'edit'],
    ['TodoWrite', 'plan'],
    ['delete', 'delete'],
    ['toString', 'toString'],
  ] as const)
    assert.equal(toolNameFor(said, ours), meant);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textCalls } from './text-calls.ts';
import { toolMeant } from './tools/index.ts';

const calls = (text: string) =>
  textCalls(text, toolMeant).map(({ name, argumentsJson }) => [name, JSON.parse(argumentsJson)]);
const LS = [['bash', { command: 'ls' }]];

for (const [form, text, expected] of [
  ['tags', 'I look.\n<tool_call>\n{"name": "bash", "arguments": {"command": "ls"}}\n</tool_call>', LS],
  ['a tag that was not closed', '<tool_call>{"name": "bash", "arguments": {"command": "ls"}}', LS],
  [
    'two of them',
    '<tool_call>{"name":"glob","arguments":{"pattern":"*"}}</tool_call>\n<tool_call>{"name":"bash","arguments":"{\\"command\\":\\"ls\\"}"}</tool_call>',
    [['glob', { pattern: '*' }], ...LS],
  ],
  ['functions with parameters', '<function=bash>\n<parameter=command>\nls\n</parameter>\n</function>', LS],
  [
    'functions in tags',
    '<tool_call><function=bash><parameter=command>ls</parameter></function></tool_call>',
    LS,
  ],
  [
    'keys and values',
    '<tool_call>bash\n<arg_key>command</arg_key>\n<arg_value>ls</arg_value>\n</tool_call>',
    LS,
  ],
  ['a marked list', '[TOOL_CALLS][{"name": "bash", "arguments": {"command": "ls"}}]', LS],
  ['a fenced object', 'So:\n```json\n{"name": "bash", "parameters": {"command": "ls"}}\n```\n', LS],
  ['an object alone', '{"name": "run_shell_command", "parameters": {"command": "ls"}}', LS],
] as const) {
  test(`a call written as ${form} is read`, () => assert.deepEqual(calls(text), expected));
}

test('what only looks like one is text: another name, a fence of something else, an example in a sentence', () => {
  for (const text of [
    '<tool_call>{"name": "delete_all", "arguments": {}}</tool_call>',
    '```json\n{"name": "shop", "version": "1"}\n```',
    '```json\n{"name": "bash"}\n```',
    'Call {"name": "bash", "arguments": {"command": "ls"}} to list.',
    '<tool_call>{"name": "bash", "argum',
    '{"tasks": []}',
    '',
  ])
    assert.deepEqual(calls(text), [], text);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChatMessage } from '@swarm/core/ports/models';
import { failingChecks } from './failing.ts';
import { elide } from './shorten.ts';

/** One turn of one call. Ids are the same in each, as some servers have them. */
const turn = (name: string, args: object, content: string): ChatMessage[] => [
  {
    role: 'assistant',
    content: '',
    toolCalls: [{ id: 'call_1', name, argumentsJson: JSON.stringify(args) }],
  },
  { role: 'tool', callId: 'call_1', content },
];
const run = (command: string, output: string) => turn('bash', { command }, output);
const texts = (messages: ChatMessage[]) => failingChecks(messages).map(({ text }) => text);

test('a command that failed when it was last run is a failing check', () => {
  assert.deepEqual(texts([...run('npm test', 'exit code 1\nred'), ...run('ls', 'exit code 0\na')]), [
    'exit code 1\nred',
  ]);
  assert.deepEqual(texts(run('sleep 9', 'killed after 100 ms with all it had started')).length, 1);
});

test('a later run of the same command has the last word', () => {
  const failed = run('npm test', 'exit code 1\nred');
  assert.deepEqual(texts([...failed, ...run('npm test', 'exit code 0\ngreen')]), []);
  assert.deepEqual(texts([...failed, ...run('npm test', 'exit code 1\nstill')]), ['exit code 1\nstill']);
});

test('what a handoff came back with stands until the next handoff', () => {
  const no = 'submit_handoff: not accepted yet: the gate failed';
  assert.deepEqual(texts(turn('submit_handoff', {}, no)), [no]);
  assert.deepEqual(
    texts([...turn('submit_handoff', {}, no), ...turn('submit_handoff', {}, 'handed in')]),
    [],
  );
});

test('no more than three stand, the newest', () => {
  const all = ['a', 'b', 'c', 'd'].flatMap((name) => run(name, `exit code 1\n${name}`));
  assert.deepEqual(texts(all), ['exit code 1\nb', 'exit code 1\nc', 'exit code 1\nd']);
});

test('a file that reads like a failure is none', () => {
  assert.deepEqual(texts(turn('read', { path: 'log' }, 'exit code 1\nred')), []);
});

test('a command that was written as text is known by its answer', () => {
  const said: ChatMessage[] = [
    { role: 'assistant', content: '<tool_call>…</tool_call>', toolCalls: [] },
    { role: 'user', content: '<tool_response name="bash">\nexit code 2\nred\n</tool_response>' },
  ];
  assert.deepEqual(texts(said), ['exit code 2\nred\n</tool_response>']);
});

test('a failing check stays word for word while outputs around it are left out', () => {
  const long = (what: string) => `${what}\n${'x'.repeat(2_000)}`;
  const messages: ChatMessage[] = [
    { role: 'user', content: 'task' },
    ...run('cat a', long('exit code 0')),
    ...run('npm test', long('exit code 1')),
    ...run('cat b', long('exit code 0')),
    ...run('ls', 'exit code 0'),
  ];
  const kept = elide(messages, 0, 100).messages.filter((m) => m.role === 'tool' && m.content.length > 1_000);
  assert.deepEqual(
    kept.map((m) => m.content.slice(0, 11)),
    ['exit code 1'],
  );
});

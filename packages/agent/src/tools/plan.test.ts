import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callTool, refusedTool } from '../../test/call-tool.ts';
import { makeFolder } from '../../test/support.ts';

const TOLD = '[x] read\n[>] write\n[ ] test';

test('a plan is given back as it was written, with a mark for each step', async (t) => {
  const items = [
    { text: 'read', status: 'completed' },
    { text: 'write', status: 'in_progress' },
    { text: 'test', status: 'pending' },
  ];
  assert.equal((await callTool(makeFolder(t), 'plan', { items })).output, TOLD);
});

for (const [whose, name, args] of [
  [
    'Claude Code',
    'TodoWrite',
    {
      todos: [
        { content: 'read', status: 'completed', activeForm: 'Reading' },
        { content: 'write', status: 'in_progress', activeForm: 'Writing' },
        { content: 'test', status: 'pending', activeForm: 'Testing' },
      ],
    },
  ],
  [
    'Codex',
    'update_plan',
    {
      explanation: 'next',
      plan: [
        { step: 'read', status: 'completed' },
        { step: 'write', status: 'in_progress' },
        { step: 'test', status: 'pending' },
      ],
    },
  ],
] as const)
  test(`a plan is understood as ${whose} has it`, async (t) => {
    assert.equal((await callTool(makeFolder(t), name, args)).output, TOLD);
  });

test('a step without its state is refused, with the shape beside it', async (t) => {
  const said = await refusedTool(makeFolder(t), 'plan', { items: [{ text: 'read' }] });
  assert.match(said, /items\.0\.status.*It takes: plan \{items: \[\{text: string, status: "pending" \| /);
});

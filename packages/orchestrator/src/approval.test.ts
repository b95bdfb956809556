import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Command } from '@swarm/core/commands';
import { NO_USAGE } from '@swarm/core/model/usage';
import { draft } from '@swarm/core/testing';
import { Approval, type Verdict } from './approval.ts';

const accept: Command = {
  type: 'acceptTasks',
  drafts: [draft('a')],
  from: { by: 'planner', iteration: 1 },
  eachAlone: true,
};
const write: Command = {
  type: 'writeRequirements',
  iteration: 1,
  drafts: [{ id: 'R1', text: 'There is an a', tasks: ['a'] }],
};
const end: Command = {
  type: 'endIteration',
  iteration: 1,
  outcome: 'planned',
  isDone: false,
  detail: '',
  usage: NO_USAGE,
};

/** What the loop is asked, command by command, when the first plan gets this verdict. */
async function askedWith(verdict: Verdict): Promise<readonly string[]> {
  const asked: string[] = [];
  const approval = new Approval(
    async () => verdict,
    async ({ type }) => {
      asked.push(type);
      return { kind: 'decision', events: [] };
    },
  );
  for (const command of [accept, write, end]) await approval.pass(command);
  return asked;
}

describe('a plan that waits for a yes', () => {
  it('has the requirements that name its tasks written after they are accepted', async () => {
    const yes = await askedWith({ kind: 'yes', drafts: [draft('a')], isEdited: false });
    assert.deepEqual(yes, ['acceptTasks', 'writeRequirements', 'endIteration']);
  });
  it('leaves no requirement behind when it is refused', async () => {
    assert.deepEqual(await askedWith({ kind: 'no' }), ['cancelRun', 'endIteration']);
  });
});

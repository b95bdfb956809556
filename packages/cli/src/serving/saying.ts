/** What a person says on a page, asked of the run as the commands ask it, and answered with their sentences. */
import { SwarmError } from '@swarm/core/errors';
import type { RunId } from '@swarm/core/model/ids';
import type { Answer } from '@swarm/dashboard';
import { proposal } from '../commands/amend.ts';
import { askRun } from '../commands/steer.ts';
import { undoneText, undoOutcome } from '../commands/undo.ts';
import { effectOf } from '../control/effect.ts';
import { readCommand, readProposal, readUndo } from '../control/wire.ts';
import { enterRun } from '../finding/door.ts';
import type { Context } from '../program/context.ts';
import { proposedText } from '../telling/diff-text.ts';

export interface Saying {
  readonly run: RunId;
  readonly repo: string;
  readonly context: Context;
}

export async function sayCommand(given: unknown, { run, repo, context }: Saying): Promise<Answer> {
  const reading = readCommand(given);
  if (!reading.ok) return malformed('that is no command a person may say', reading.why);
  const { value: command } = reading;
  return refusing(async () => {
    const { events, state } = await askRun({ command }, { repo, run }, context);
    return { kind: 'decided', said: effectOf(command, events, state), events, state };
  });
}

/** Only a live run does it: a server holds no lock. */
export async function sayUndo(given: unknown, { run, repo, context }: Saying): Promise<Answer> {
  const reading = readUndo(given);
  if (!reading.ok) return malformed('that is no undo', reading.why);
  const { value: undo } = reading;
  return refusing(async () => {
    const { state, undone } = await askRun({ undo }, { repo, run }, context);
    const outcome = await undoOutcome(undone, undo, { repo, run }, context);
    return { kind: 'decided', said: undoneText(outcome), events: [], state };
  });
}

export async function sayProposal(given: unknown, { run, repo, context }: Saying): Promise<Answer> {
  const reading = readProposal(given);
  if (!reading.ok) return malformed('that is no change of the request', reading.why);
  return refusing(async () => {
    const choice = { repo, run };
    const { repository } = await enterRun(choice, context);
    const { text } = reading.value;
    const { proposed, foreseen } = await proposal(text, choice, repository, context, () => undefined);
    const said = proposedText(proposed, foreseen, undefined);
    return { kind: 'proposed', said, plan: proposed.plan, diff: proposed.diff };
  });
}

const malformed = (what: string, why: string): Answer => ({
  kind: 'malformed',
  trouble: { code: 'SW0101', what, why },
});

async function refusing(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof SwarmError) return { kind: 'refused', trouble: error.problems[0]! };
    throw error;
  }
}

/** What a reviewer is told: what was asked, what was made of it, what shows that it holds, and how to answer. */
import type { MeasuredChange } from '@swarm/core/model/handoff';
import type { Task } from '@swarm/core/model/task';
import type { ChangeText } from '@swarm/core/ports/changes';
import type { VoteWanted } from '@swarm/core/rules/reviewing';
import type { OpenedState } from '@swarm/core/state';
import type { Context } from '../context.ts';
import { inBlocks } from '../prompting/blocks.ts';
import { claimLines, earlierAttempts } from '../prompting/earlier.ts';
import { machinery } from '../prompting/facts.ts';
import type { Project } from '../prompting/project.ts';
import type { CheckName, Evidence } from './evidence.ts';

/** Characters of the diff that are shown. */
const DIFF_MAX = 60_000;
const FILES_MAX = 200;

interface About {
  readonly wanted: VoteWanted;
  readonly evidence: Evidence;
  readonly project: Project;
  /** How the answer is to be given. */
  readonly how: string;
}

/** The variables of prompts/vote.md. Each may stand inside a block. */
export async function voteVariables(
  { state, ports, settings }: Pick<Context<'changes' | 'reader'>, 'state' | 'ports' | 'settings'>,
  { wanted, evidence, project, how }: About,
): Promise<Record<string, string>> {
  const task = state.tasks.get(wanted.task)!;
  const { spec } = task;
  const made = changeOf(state, wanted);
  // Another commit than the attempt made: as it would land, on its only parent.
  const base = made?.commit === wanted.commit ? made.base : undefined;
  const diff = await ports.changes!.diff(base, wanted.commit, DIFF_MAX);
  const files = made?.filesChanged ?? [];
  return inBlocks({
    task_id: task.id,
    title: spec.title,
    description: spec.description,
    scope: spec.scope.join('\n'),
    acceptance: spec.acceptance,
    environment: machinery(state),
    project_instructions: made ? await project.instructions(made.base, files.slice(0, FILES_MAX)) : '',
    earlier_attempts: earlierAttempts(state, beforeThis(task)),
    handoff: handoffText(task),
    evidence: await evidenceText({ state, settings }, task, wanted, evidence),
    change: changeText(wanted, base, files, diff),
    how,
  });
}

function changeOf(state: OpenedState, { attempt }: VoteWanted): MeasuredChange | undefined {
  const made = state.attempts.get(attempt);
  return made?.state === 'ended' ? made.handoff?.change : undefined;
}

/** The present attempt is told as what it is: the one that is voted on. */
const beforeThis = (task: Task): Task => ({ ...task, attempts: task.attempts - 1 });

const handoffText = (task: Task): string =>
  'handoff' in task && task.handoff ? claimLines(task.handoff).join('\n') : '';

function changeText(
  { commit }: VoteWanted,
  base: string | undefined,
  files: readonly string[],
  { text, isCut }: ChangeText,
): string {
  const from = base ?? `${commit}^`;
  const more = files.length > FILES_MAX ? ` and ${files.length - FILES_MAX} more` : '';
  return [
    `Commit ${commit}, against ${from}. Files: ${files.slice(0, FILES_MAX).join(', ')}${more}`,
    text.trimEnd() || '(nothing differs)',
    isCut && `[… the diff goes on: \`git diff ${from} ${commit} -- PATH\` shows the rest of a file]`,
  ]
    .filter(Boolean)
    .join('\n\n');
}

/** A handoff that waits for votes has passed its checks; what they printed is told where it is still known. */
async function evidenceText(
  { state, settings }: Pick<Context, 'state' | 'settings'>,
  { spec, verifiesBase }: Task,
  { attempt }: VoteWanted,
  evidence: Evidence,
): Promise<string> {
  const { gate } = state.run.request;
  const before =
    verifiesBase === undefined
      ? ''
      : verifiesBase
        ? ' It passed on the base, before any work, too: it tells nothing.'
        : ' It failed on the base, before any work.';
  const printed = async (check: CheckName): Promise<string> => {
    const tail = await evidence.tail(attempt, check);
    return tail === undefined
      ? 'What it printed is not known any more.'
      : `The end of what it printed:\n${tail || '(nothing)'}`;
  };
  const verified =
    spec.verify === undefined
      ? 'The task has no verification of its own.'
      : `Its own verification \`${spec.verify}\` passed in a clean checkout of the work.${before} ${await printed('verify')}`;
  const gated =
    gate === undefined
      ? 'There is no gate.'
      : settings.gate.preGate
        ? `The gate \`${gate}\` passed in the author’s workspace, or failed with nothing but what fails without it too. ${await printed('gate')}`
        : `The gate \`${gate}\` has not seen it yet; nothing lands that fails it.`;
  return `${verified}\n\n${gated}`;
}

import type { Attempt } from '@swarm/core/model/attempt';
import type { CommitId } from '@swarm/core/model/ids';
import type { Task } from '@swarm/core/model/task';
import type { OpenedState } from '@swarm/core/state';
import type { Context } from '../context.ts';
import { originNote } from '../healing/fixes.ts';
import { inBlocks } from '../prompting/blocks.ts';
import { earlierAttempts, othersTried } from '../prompting/earlier.ts';
import { attemptRoom, machinery, neighbours, workerLaws } from '../prompting/facts.ts';
import type { Project } from '../prompting/project.ts';
import { notesFor } from '../prompting/shared-notes.ts';
import { upstreamText } from '../prompting/upstream.ts';
import { tailOf } from '../settings.ts';

interface AboutPrompt {
  readonly attempt: Attempt;
  readonly task: Task;
  readonly conflicts: readonly string[];
  /** Folders that are checked out; absent: all of them. */
  readonly only?: readonly string[] | undefined;
  /** What the operator said of the task so far. */
  readonly notes: readonly string[];
}

/** The variables of prompts/worker.md, told from the facts. Each may stand inside a block. */
export async function workerVariables(
  { state, settings }: Pick<Context, 'state' | 'settings'>,
  project: Project,
  { attempt, task, conflicts, only, notes }: AboutPrompt,
): Promise<Record<string, string>> {
  const { spec } = task;
  return inBlocks({
    task_id: task.id,
    title: spec.title,
    description: [spec.description, originNote(state, task)].filter(Boolean).join('\n\n'),
    scope: scopeText(spec.scope, conflicts),
    acceptance: spec.acceptance,
    verify: spec.verify ?? '',
    gate: state.run.request.gate ?? '',
    upstream: upstreamText(state, task),
    earlier_attempts: [earlierAttempts(state, task), othersTried(state, task)].filter(Boolean).join('\n\n'),
    hint: [task.hint, ...notes].filter(Boolean).join('\n\n'),
    kind: spec.kind,
    environment: await environment({ state, settings }, project, attempt, task, only),
    project_instructions: await project.instructions(attempt.base, [...spec.scope, ...conflicts]),
    limits: attemptRoom(state, settings, attempt, task),
    laws: workerLaws(state, task),
  });
}

/** A file in conflict has to be touched, whoever brought it there. */
function scopeText(scope: readonly string[], conflicts: readonly string[]): string {
  const more = conflicts.filter((file) => !scope.includes(file));
  if (scope.length === 0 || more.length === 0) return scope.join('\n');
  return [...scope, ...more.map((file) => `${file} (its conflict has to be resolved)`)].join('\n');
}

async function environment(
  { state, settings }: Pick<Context, 'state' | 'settings'>,
  project: Project,
  { base }: Attempt,
  task: Task,
  only: readonly string[] | undefined,
): Promise<string> {
  const { scope } = task.spec;
  const scripts = await project.scripts(base, scope);
  const around = scope.length > 0 ? await project.around(base, scope) : await project.tree(base);
  return [
    'You work in a clone of the repository, in a sandbox: commands see the clone and the programs of this system.',
    only &&
      `Only these folders are checked out, and the files at the top: ${only.join(', ')}. The rest of the repository is there: \`git ls-files\` lists it, and \`git sparse-checkout add FOLDER\` checks out more of it. Checks see all of it.`,
    machinery(state),
    scripts && `Scripts:\n${scripts}`,
    around && `Files ${scope.length > 0 ? 'in the folders of your scope' : 'of the repository'}:\n${around}`,
    neighbours(state, task),
    settings.attempt.sharesNotes && SHARES_NOTES,
    notesFor(state, scope),
  ]
    .filter(Boolean)
    .join('\n\n');
}

const SHARES_NOTES =
  'The workers of this run share short notes: what others need to know and cannot see in the code yet. Use the tool `notes`. Without it, read the file named by `SWARM_NOTES`, and append to the file named by `SWARM_NOTES_OUT`, a JSON object a line: {"key": "src/parser: quoting", "text": "…"}.';

/** The variables of prompts/conflict.md: what this task wanted, and what landed in its way. */
export async function conflictVariables(
  { state, ports }: Context<'reader'>,
  base: CommitId,
  task: Task,
  conflicts: readonly string[],
): Promise<Record<string, string>> {
  const theirs = [...state.byState.landed]
    .map((id) => state.tasks.get(id)!)
    .filter((t) => t.state === 'landed' && touches(state, t, conflicts))
    .map(
      (t) =>
        `${t.id} ${t.spec.title}${t.state === 'landed' && t.handoff ? `: ${tailOf(t.handoff.summary, 600)}` : ''}`,
    );
  const commits: string[] = [];
  for (const file of conflicts.slice(0, FILES_MAX)) {
    const lines = await ports.reader.log(base, COMMITS_MAX, file);
    if (lines.length > 0)
      commits.push(`${file}, latest commits on the target:`, ...lines.map((l) => `  ${l}`));
  }
  return inBlocks({
    files: conflicts.join('\n'),
    ours: `${task.spec.title}\n${task.spec.description}`.trim(),
    theirs: [theirs.slice(-10).join('\n') || 'changes that landed meanwhile', ...commits].join('\n'),
  });
}

/** Files in conflict whose history is shown, and commits of each. */
const FILES_MAX = 10;
const COMMITS_MAX = 3;

function touches(state: OpenedState, task: Task, files: readonly string[]): boolean {
  if (task.state !== 'landed' || !task.attempt) return false;
  const attempt = state.attempts.get(task.attempt);
  const changed = attempt?.state === 'ended' ? attempt.handoff?.change?.filesChanged : undefined;
  return changed?.some((f) => files.includes(f)) ?? false;
}

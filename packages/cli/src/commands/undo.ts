/** `swarm undo`: takes landings of a run back. The live run does it; without one, this command does it itself. */
import type { UndoAsk } from '@swarm/core/decisions/undo';
import { SwarmError } from '@swarm/core/errors';
import { endingText } from '@swarm/core/views/ending';
import { countText, shortCommit } from '@swarm/core/views/words';
import { type Proposed, type UndoOutcome, undoInRun } from '@swarm/orchestrator';
import { askLive } from '../control/client.ts';
import type { AskedUndo } from '../control/wire.ts';
import { type ReadRun, readRun } from '../finding/opened-run.ts';
import { programPlaces } from '../places.ts';
import type { Context } from '../program/context.ts';
import type { RunChoice, UndoOptions } from '../program/options.ts';
import { composePorts } from '../running/compose-ports.ts';
import type { RunFile } from '../running/run-file.ts';
import { lockRepository } from '../running/work.ts';
import { createLive } from '../telling/live.ts';
import { sanitizeLine } from '../telling/output.ts';
import { proposeAgain } from './pr-propose.ts';
import { knownTask, nothingNamed, problemOf, whileLeaving, whileLive } from './undo-refused.ts';

export async function undo(
  task: string | undefined,
  options: UndoOptions,
  context: Context,
): Promise<number> {
  if (task === undefined && options.run === undefined) throw nothingNamed();
  const { run, ...rest } = options;
  const read = await readRun({ ...rest, ...(typeof run === 'string' && { run }) }, context);
  const what = task === undefined ? 'run' : knownTask(task, read);
  const withDependents = options.withDependents === true;
  const { file } = read;
  const ask: UndoAsk = { what, withDependents, by: 'operator' };
  const outcome =
    (await undoLive(ask, read, file, context)) ?? (await undoLocked(ask, read, file, options, context));
  if (outcome.kind === 'refused') throw new SwarmError(problemOf(outcome, what, read));
  if (outcome.kind === 'stopped') {
    context.output.narrate('stopped: nothing was undone');
    return 130;
  }
  const after = await readAgain(read, context);
  // A live run brings it there itself; what was proposed may be merged by anybody, with what was taken back.
  const isProposed = after.state.closed && after.state.delivered?.url !== undefined;
  const pull = isProposed ? await proposeAgain(after, context) : undefined;
  tell(outcome, read, pull, options, context);
  if (!options.json) context.output.result(endingText(after.state));
  return 0;
}

/** What came of an undo that a live run was asked for. Throws what it was refused for. */
export async function undoOutcome(
  undone: UndoOutcome | undefined,
  { what }: AskedUndo,
  choice: RunChoice,
  context: Context,
): Promise<Undone> {
  if (undone?.kind === 'undone') return undone;
  const read = await readRun(choice, context);
  throw undone?.kind === 'refused'
    ? new SwarmError(problemOf(undone, what, read))
    : whileLeaving(read.paths.run, what);
}

type Undone = Extract<UndoOutcome, { kind: 'undone' }>;

export const undoneText = ({ tasks, commit, wasFound }: Undone): string =>
  `${namesOf(tasks)} undone: the target is now at ${shortCommit(commit)}${wasFound ? FOUND : ''}`;

const FOUND = ', which was on it already and is now recorded';
const namesOf = (tasks: readonly string[]): string =>
  `${tasks.length > 10 ? countText(tasks.length, 'landing') : tasks.join(', ')} ${tasks.length === 1 ? 'is' : 'are'}`;

/** What the run has come to is another thing now: the journal says it. */
const readAgain = ({ paths, repository }: ReadRun, context: Context): Promise<ReadRun> =>
  readRun({ run: paths.run, repo: repository.repository }, context);

/** Undefined where nobody works on the run. What the process says no with is thrown as it says it. */
async function undoLive(
  { what, withDependents }: UndoAsk,
  { paths: { run } }: ReadRun,
  { control }: RunFile,
  { output }: Context,
): Promise<UndoOutcome | undefined> {
  if (!control) return undefined;
  let saidAtMs = -SAY_AGAIN_MS;
  const reply = await askLive(control, { v: 1, run, undo: { what, withDependents } }, (ms) => {
    if (ms < saidAtMs + SAY_AGAIN_MS) return;
    saidAtMs = ms;
    const since = ms < SAY_AGAIN_MS ? '' : ` for ${Math.round(ms / 1_000)} s`;
    output.narrate(`the live run has been asked${since}: it waits for its turn to land, then for the gate`);
  });
  if (!reply) return undefined;
  if (!reply.ok) throw new SwarmError(reply.problem);
  if (reply.undone?.kind === 'stopped') throw whileLeaving(run, what);
  return reply.undone;
}

/** How often a person is told that it still goes on. */
const SAY_AGAIN_MS = 10_000;

async function undoLocked(
  ask: UndoAsk,
  { repository, paths }: ReadRun,
  file: RunFile,
  options: UndoOptions,
  context: Context,
): Promise<UndoOutcome> {
  const lock = await lockRepository(repository, file.run).catch((error: unknown) => {
    throw whileLive(error, ask.what);
  });
  const live = createLive({
    output: context.output,
    isJson: false,
    state: () => undefined,
    stderr: process.stderr,
  });
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    const onLine = options.json ? () => undefined : live.line;
    const composed = await composePorts({
      file,
      repository,
      paths,
      env: context.env,
      places: programPlaces(),
      onLine,
    });
    const { ports, settings } = composed;
    return await undoInRun(ports, settings, ask, stopping.signal).finally(() => composed.close());
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
    live.end();
    await lock.release();
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function tell(
  { tasks, commit, wasFound }: Undone,
  { paths, file }: ReadRun,
  pull: Proposed | undefined,
  options: UndoOptions,
  { output }: Context,
): void {
  if (options.json) {
    const proposed = pull && { pull };
    output.json({ run: paths.run, undone: tasks, commit, ref: file.landOn, wasFound, ...proposed });
    return;
  }
  const own = file.landOn.replace('refs/heads/', '');
  const branch = file.remote ? `${file.remote.remote}/${file.remote.branch}` : own;
  const how = wasFound ? FOUND : '';
  output.result(`${namesOf(tasks)} undone: ${branch} is now at ${shortCommit(commit)}${how}`);
  if (pull) output.result(pullText(pull, file));
  // What was pushed is where it goes.
  else if (file.landOn !== `refs/heads/${file.target}` && !file.remote)
    output.result(`next: ${deliverCommand(file, branch)}`);
}

function pullText({ outcome, url, ref, detail }: Proposed, { run }: RunFile): string {
  const note = detail === '' ? '' : `: ${sanitizeLine(detail, 400)}`;
  return outcome === 'done'
    ? `${sanitizeLine(url ?? ref, 300)} has it too${note}`
    : `the pull request does not have it yet${note}\nnext: swarm pr --run ${run}`;
}

/** The target itself is moved only at the operator's word. */
const deliverCommand = (file: RunFile, branch: string): string =>
  file.deliver === 'apply'
    ? `swarm apply --run ${file.run}`
    : `git merge ${branch}, where you had merged it before`;

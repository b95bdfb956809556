/** `swarm run`, `swarm resume`, `swarm apply`. */

import { SwarmError } from '@swarm/core/errors';
import type { CommitId, RunId } from '@swarm/core/model/ids';
import type { ApplyOutcome } from '@swarm/core/ports/git';
import { opened } from '@swarm/core/state';
import { remainderOf } from '@swarm/core/views/remainder';
import { adopt, enterRun } from '../finding/door.ts';
import { type ReadRun, readRun } from '../finding/opened-run.ts';
import type { RepositoryPaths } from '../finding/paths.ts';
import { hostsFor } from '../hosts/asked.ts';
import { type ProgramPlaces, programPlaces } from '../places.ts';
import { requireSomebody } from '../preparing/ask.ts';
import { dryRun } from '../preparing/dry-run.ts';
import { foreseer } from '../preparing/foresee.ts';
import { keyless } from '../preparing/preflight-models.ts';
import { type Prepared, prepare } from '../preparing/prepare.ts';
import type { Context } from '../program/context.ts';
import type { BoardFlags, ResumeOptions, RunChoice, RunOptions } from '../program/options.ts';
import { approver } from '../running/approving.ts';
import { openRunHub } from '../running/compose.ts';
import type { RunFile } from '../running/run-file.ts';
import { gateChange } from '../running/settings.ts';
import { lockRepository, type WorkAsk, work } from '../running/work.ts';
import { shellWord } from '../telling/shell.ts';
import { Terminal } from '../telling/terminal.ts';
import { liveBoard } from '../watching/live-board.ts';
import { requireTerminal } from '../watching/require-terminal.ts';
import { againOf, requireTakenUp } from './again.ts';
import { takeUp } from './from-ref.ts';
import { serveBeside } from './serve.ts';
import { waitForMore } from './used-up.ts';

/** @param live tells the run while it goes on; absent: this terminal. */
export async function run(
  request: string,
  options: RunOptions,
  context: Context,
  live?: WorkAsk['live'],
): Promise<number> {
  const places = programPlaces();
  if (options.approve && !options.dryRun) requireYes(options.yes, 'swarm run --approve --yes …');
  requireBoard(options, context, 'swarm run …');
  return begin(await prepare(request, options, context, places), options, context, places, live);
}

/** From what was prepared to the end of the run. */
export async function begin(
  prepared: Prepared,
  options: RunOptions,
  context: Context,
  places: ProgramPlaces,
  live?: WorkAsk['live'],
): Promise<number> {
  for (const notice of prepared.notices) context.output.narrate(noteText(notice, context));
  if (options.dryRun) return dryRun(prepared, options.json === true, context, places);
  const { file, repository, promptOverrides } = prepared;
  // Refused before anybody is asked to approve of a plan.
  const hosts = await hostsFor(options, repository, context);
  for (const line of prepared.shown) context.output.narrate(line);
  const opening = await approved(prepared, options, context);
  if (!opening) return 1;
  const waits = options.approve === true && opening.plan === undefined;
  const serving = options.serve ? await serveBeside(repository, context) : undefined;
  return work({
    file: { ...file, ...(waits && { approve: true as const }), ...(hosts && { hosts }) },
    repository,
    places,
    context,
    opening,
    isJson: options.json === true,
    isStrict: options.strict === true,
    isYes: options.yes === true,
    promptOverrides,
    live: live ?? liveBoardOf(file.run, repository, options, context),
  }).finally(() => serving?.close());
}

/** Errors: SW0101 where the board is asked for and cannot be shown. */
function requireBoard({ board, json }: BoardFlags, context: Context, fix: string): void {
  if (!board) return;
  if (json)
    throw new SwarmError({
      code: 'SW0101',
      what: '--board shows the run and --json prints it: one of them',
      fix,
    });
  requireTerminal(context, fix, process.stderr);
}

/** On a terminal the board is a key away. */
const liveBoardOf = (
  run: RunId,
  { repository }: RepositoryPaths,
  options: BoardFlags,
  context: Context,
): NonNullable<WorkAsk['live']> =>
  liveBoard({
    context,
    known: () => enterRun({ repo: repository, run }, context),
    isFirst: options.board === true,
  });
function requireYes(isYes: true | undefined, fix: string): void {
  if (!isYes) requireSomebody('the plan is shown and waits for a yes before anything starts', fix);
}

/** A plan that is there already is approved before there is a run; a planner's is when it has been given. */
async function approved(
  { opening, repository, file }: Prepared,
  options: RunOptions,
  context: Context,
): Promise<Prepared['opening'] | undefined> {
  if (!options.approve || !opening.plan) return opening;
  const leaving = new AbortController();
  const approve = approver({
    context,
    terminal: new Terminal(() => undefined),
    isYes: options.yes === true,
    foresee: foreseer({ repository, config: file.config, env: context.env }),
    leave: () => leaving.abort(),
  });
  const verdict = await approve(opening.plan, { signal: leaving.signal });
  if (verdict.kind === 'yes') return { ...opening, plan: verdict.drafts };
  context.output.narrate('not approved: nothing was started');
  return undefined;
}

export async function resume(options: NonNullable<ResumeOptions>, context: Context): Promise<number> {
  requireRef(options);
  requireBoard(options, context, 'swarm resume');
  if (options.fromRef !== undefined) {
    const { fromRef, from: _from, takeover: _takeover, trustRun: _trustRun, ...rest } = options;
    const run = await takeUp(fromRef, options, context, programPlaces().version);
    return resume({ ...rest, run }, context);
  }
  if (options.trustRun) await adopt(options, context);
  const asked = againOf(options);
  const read = await readRun(options, context);
  refuseReplay(read);
  const { repository, paths, state } = read;
  const file = withRecording(withGate(read, options.gate), options.record);
  const isOwed = state.run !== undefined && (state.run.request.gate ?? null) !== file.gate;
  const again = isOwed ? [gateChange(file), ...asked] : asked;
  const { closed, delivered, run: opened } = state;
  // Killed between its end and its delivery, a run still owes that.
  if ((closed && delivered && again.length === 0) || !opened) throw nothingToResume(read);
  if (again.length > 0) requireTakenUp(read, again);
  const isApproved = [...state.tasks.values()].some((task) => task.source.by === 'planner');
  if (file.approve && !isApproved && !closed) requireYes(options.yes, 'swarm resume --yes');
  if (!options.now && (await waitForMore(state, context))) return resume(options, context);
  for (const notice of keylessNotices(file, context)) context.output.narrate(noteText(notice, context));
  context.output.narrate(closed && again.length > 0 ? `opening ${file.run} again` : `resuming ${file.run}`);
  return work({
    file,
    ...(again.length > 0 && { again }),
    ...(file !== read.file && { before: read.file }),
    repository,
    paths,
    places: programPlaces(),
    context,
    isJson: options.json === true,
    isStrict: options.strict === true,
    isYes: options.yes === true,
    live: liveBoardOf(file.run, repository, options, context),
  });
}

/** Errors: SW0101 for what means something only of a carried run. */
function requireRef({ fromRef, from, takeover, run }: NonNullable<ResumeOptions>): void {
  const lonely = from !== undefined ? '--from' : takeover ? '--takeover' : undefined;
  const isTwice = fromRef !== undefined && run !== undefined;
  if (!isTwice && (fromRef !== undefined || lonely === undefined)) return;
  throw new SwarmError({
    code: 'SW0101',
    what: isTwice ? '--run and --from-ref both name a run' : `${lonely} goes with --from-ref`,
    fix: 'swarm resume --from-ref refs/swarm/r-20261121-k3f9 --from origin',
  });
}

const noteText = (notice: string, { output }: Context): string =>
  output.narrationInk.yellow(`note: ${notice}`);

/** The environment is another one than when the run began. */
const keylessNotices = ({ config }: RunFile, { env }: Context): readonly string[] =>
  config.endpoints.flatMap(({ name, keyEnv }) =>
    keyEnv !== undefined && !env[keyEnv] ? [keyless(name, keyEnv)] : [],
  );

/** Errors: SW0108 for the gate the run has already. */
function withGate({ file }: ReadRun, asked: string | undefined): RunFile {
  if (asked === undefined) return file;
  const gate = asked === 'none' ? null : asked;
  if (gate !== file.gate) return { ...file, gate, gateBefore: file.gate };
  throw new SwarmError({
    code: 'SW0108',
    what: `that is the gate of ${file.run} already`,
    where: '--gate',
    fix: 'swarm resume',
  });
}

/** A cassette is played from its beginning. Errors: SW0108. */
function refuseReplay({ file: { run, cassette } }: ReadRun): void {
  if (cassette?.mode !== 'replay') return;
  throw new SwarmError({
    code: 'SW0108',
    what: `${run} replays a cassette, and a replay is not taken up in its middle`,
    where: cassette.path,
    fix: `swarm run --replay ${shellWord(cassette.path)}`,
  });
}

/** What was recorded goes on being recorded, in the same file. */
function withRecording(file: RunFile, isWanted: boolean | undefined): RunFile {
  const { cassette, ...rest } = file;
  return isWanted === false && cassette !== undefined ? rest : file;
}

function nothingToResume({ paths, state }: ReadRun): SwarmError {
  const { closed, byState } = state;
  const why = closed ? 'is closed' : 'was never opened';
  const failed = [...byState.failed, ...byState.cancelled][0];
  const isOut = closed?.reason === 'budget' || closed?.reason === 'time';
  return new SwarmError({
    code: 'SW0104',
    what: `${paths.run} ${why}: there is nothing to resume`,
    where: paths.folder,
    fix: !closed
      ? 'swarm run "what you want done"'
      : isOut
        ? `${remainderOf(state)?.goOn ?? 'swarm resume'} --run ${paths.run}`
        : failed
          ? `swarm report; swarm resume --run ${paths.run} --retry ${failed} tries a task again`
          : 'swarm report',
  });
}

export async function apply(options: RunChoice, context: Context): Promise<number> {
  const { repository, paths, state, file } = await readRun(options, context);
  // Landings that were undone may have been applied before: their undo is then what is left to apply.
  if (!state.closed || state.landedCount + state.undone.size === 0) {
    throw new SwarmError({
      code: 'SW0104',
      what: `${paths.run} has ${state.closed ? 'landed nothing' : 'not ended'}: there is nothing to apply`,
      fix: state.closed ? 'swarm report' : 'swarm resume',
    });
  }
  const applied = await applyHead(repository, file, opened(state).head, context);
  if (applied.kind === 'refused')
    throw new SwarmError({
      code: 'SW0633',
      what: `${file.target} was not moved`,
      where: file.repository,
      why: applied.why,
      fix: applied.fix,
    });
  if (options.json) context.output.json(applied);
  else {
    const [to, from] = [applied.to.slice(0, 10), applied.from.slice(0, 10)];
    const moved = to === from ? `is at ${to} already` : `is now at ${to} (was ${from})`;
    context.output.result(`${file.target} ${moved}`);
  }
  return 0;
}

/** Under the lock, as everything that opens the hub: another run may be at work in it. */
async function applyHead(
  repository: RepositoryPaths,
  file: RunFile,
  head: CommitId,
  { env }: Context,
): Promise<ApplyOutcome> {
  const lock = await lockRepository(repository, file.run);
  try {
    const git = await openRunHub(repository, file, env);
    return await git.delivery.apply(head).finally(() => git.close());
  } finally {
    await lock.release();
  }
}

/** `swarm resume --from-ref`: a run that another machine began becomes a run of this one. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Problem, SwarmError } from '@swarm/core/errors';
import { parseRunId, type RunId } from '@swarm/core/model/ids';
import { isOpened, type OpenedState } from '@swarm/core/state';
import { type CarriedRun, claimCarried, keepBranch, seedRun, takeCarried } from '@swarm/git';
import { admit, enterRepository, type KnownRun } from '../finding/door.ts';
import { readKnown } from '../finding/opened-run.ts';
import { newRunPaths, type RepositoryPaths, type RunPaths } from '../finding/paths.ts';
import { readRecord, removeRecord, writeRecord } from '../finding/records.ts';
import { operatorEnv } from '../preparing/signing.ts';
import type { Context } from '../program/context.ts';
import type { ResumeOptions } from '../program/options.ts';
import { LEASE_MS, type Lease, leaseBytes, worksOf } from '../running/carried-files.ts';
import { networkEnv } from '../running/network-env.ts';
import type { RunFile } from '../running/run-file.ts';
import { lockRepository } from '../running/work.ts';
import { sanitizeLine } from '../telling/output.ts';
import { shellWord } from '../telling/shell.ts';

type Options = NonNullable<ResumeOptions>;

/** Whoever still writes may come between reading the reference and saying who works on it: then it is read again. */
const TRIES = 5;

/** Fetches it, and where the operator wants it to count, puts it where runs lie. Returns the run's name. */
export async function takeUp(
  ref: string,
  options: Options,
  context: Context,
  version: string,
): Promise<RunId> {
  const run = runOf(ref);
  const repository = await enterRepository(options, context);
  const lock = await lockRepository(repository, run);
  try {
    for (let tries = 1; ; tries++) {
      const taken = await tryOnce(run, repository, options, context, version);
      if (taken) return run;
      if (tries === TRIES) throw new SwarmError(neverStill(run));
    }
  } finally {
    await lock.release();
  }
}

/** False where somebody wrote the reference meanwhile: nothing of it stays. */
async function tryOnce(
  run: RunId,
  repository: RepositoryPaths,
  options: Options,
  context: Context,
  version: string,
): Promise<boolean> {
  const operator = operatorEnv(context.env);
  const network = networkEnv(context.env);
  const place = { stateDir: repository.state, run, repository: repository.repository, operator };
  const from = options.from === undefined ? undefined : { remote: options.from, network };
  const source = { ...place, ...(from && { from }) };
  const carried = await takeCarried(source);
  const lease = leaseOf(carried);
  // What it says counts for nothing before the operator has read it: not even who works on it.
  if (!options.trustRun) throw new SwarmError(unread(run, carried, options));
  const held = options.takeover ? undefined : heldElsewhere(run, lease, Date.now());
  if (held) throw new SwarmError(held);
  const paths = newRunPaths(repository, run);
  const lost = await written(repository, paths, carried, context, async (known) => {
    const { state } = await readKnown(known);
    if (!isOpened(state)) throw new SwarmError(damaged(run, 'its journal does not open a run'));
    const gone = await seedRun(place, state.run.request.base, worksOf(state));
    const claim = { ...source, identity: known.file.identity, lease: leaseBytes('live', version) };
    if ((await claimCarried(claim, carried)).kind === 'elsewhere') return undefined;
    await bringBranch(repository, known.file, state);
    return gone;
  });
  if (!lost) return false;
  const again =
    lost.length > 0 ? `; the work of ${lost.join(', ')} did not come with it, and is done again` : '';
  context.output.narrate(`${run} is taken up here as ${leaseText(lease)} left it${again}`);
  return true;
}

const neverStill = (run: RunId): Problem => ({
  code: 'SW0501',
  what: `${run} is written by another machine all the time`,
  where: `refs/swarm/${run}`,
  why: `it was read ${TRIES} times, and each time it was written again before this machine had said that it goes on with it`,
  fix: 'the same command again; or end the run where it is live, with swarm pause there',
});

function runOf(ref: string): RunId {
  const run = parseRunId(ref.replace(/^refs\/swarm\//, ''));
  if (run) return run;
  throw new SwarmError({
    code: 'SW0101',
    what: `${sanitizeLine(JSON.stringify(ref))} is no reference of a run`,
    where: '--from-ref',
    why: 'a run is carried by refs/swarm/<run>',
    fix: "git ls-remote origin 'refs/swarm/*'",
  });
}

function leaseOf({ files }: CarriedRun): Lease | undefined {
  try {
    const told = JSON.parse(files.get('lease.json')?.toString() ?? '') as Partial<Lease>;
    const isWhole =
      typeof told.at === 'string' && typeof told.host === 'string' && typeof told.state === 'string';
    return isWhole ? (told as Lease) : undefined;
  } catch {
    return undefined;
  }
}

const leaseText = (lease: Lease | undefined): string =>
  lease ? `${sanitizeLine(lease.host, 60)} (${sanitizeLine(lease.at, 30)})` : 'another machine';

/** By the clock of that machine and by ours: a difference of minutes between them is for the operator to know of. */
export function heldElsewhere(run: RunId, lease: Lease | undefined, now: number): Problem | undefined {
  if (lease?.state !== 'live') return undefined;
  const age = now - Date.parse(lease.at);
  if (!(age < LEASE_MS)) return undefined;
  return {
    code: 'SW0501',
    what: `${run} is live on ${leaseText(lease)}`,
    why: `it said so less than ${LEASE_MS / 1000} seconds ago; a machine that died says nothing more`,
    fix: 'wait, or say --takeover: where both write, the one that comes second stops',
  };
}

/**
 * Puts it where runs lie; what lies there under its name is put aside, never written over, and comes back where the
 * reference turns out to carry no run, or was written meanwhile.
 */
async function written<T>(
  repository: RepositoryPaths,
  paths: RunPaths,
  carried: CarriedRun,
  { env }: Context,
  check: (known: KnownRun) => Promise<T | undefined>,
): Promise<T | undefined> {
  const { folder, run } = paths;
  const aside = existsSync(folder) ? `${folder}.before-${Date.now()}` : undefined;
  const record = await readRecord(env, run);
  if (aside) await rename(folder, aside);
  const putBack = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true });
    if (aside) await rename(aside, folder);
    await (record ? writeRecord(env, record) : removeRecord(env, run));
  };
  try {
    await writeFiles(paths, carried);
    const checked = await check(await admit(repository, paths, env));
    if (checked === undefined) await putBack();
    return checked;
  } catch (error) {
    await putBack();
    throw error;
  }
}

async function writeFiles(paths: RunPaths, { files }: CarriedRun): Promise<void> {
  await mkdir(paths.folder, { recursive: true });
  const journal = [...files].filter(([path]) => path.startsWith('journal/')).sort(byName);
  await writeFile(paths.journal, Buffer.concat(journal.map(([, bytes]) => bytes)));
  for (const [path, bytes] of files) {
    if (!path.startsWith('prompts/')) continue;
    await mkdir(paths.prompts, { recursive: true });
    await writeFile(join(paths.folder, path), bytes);
  }
  await writeFile(paths.runJson, files.get('run.json') ?? '');
}

/** Where landings are for review, they came with the reference; their branch did not. */
async function bringBranch(
  { hub, repository, isBare }: RepositoryPaths,
  { landOn, remote }: RunFile,
  { head, landedCount }: OpenedState,
): Promise<void> {
  const branch = landOn.replace(/^refs\/heads\//, '');
  if (remote !== undefined || landedCount === 0 || !branch.startsWith('swarm/')) return;
  await keepBranch({ hub, repository, isBare }, branch, { commit: head, base: undefined });
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

const damaged = (run: RunId, why: string): Problem => ({
  code: 'SW0203',
  what: `the reference of ${run} does not carry a run`,
  where: `refs/swarm/${run}`,
  why,
});

function unread(run: RunId, { hub, ref }: CarriedRun, { from }: Options): Problem {
  const source = from === undefined ? '' : ` --from ${shellWord(from)}`;
  return {
    code: 'SW0315',
    what: `the run ${run} came with a reference, and this machine has no record of it`,
    where: `refs/swarm/${run}`,
    why: 'the commands and endpoints it names would be used with your keys',
    fix: `git --git-dir ${shellWord(hub)} show ${ref}:run.json; then swarm resume --from-ref refs/swarm/${run}${source} --trust-run`,
  };
}

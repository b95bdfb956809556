/** `swarm resume --from-ref`: a run that another machine began becomes a run of this one. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Problem, SwarmError } from '@swarm/core/errors';
import { parseRunId, type RunId } from '@swarm/core/model/ids';
import { isOpened, type OpenedState } from '@swarm/core/state';
import { type CarriedRun, keepBranch, seedRun, takeCarried } from '@swarm/git';
import { admit, enterRepository, type KnownRun } from '../finding/door.ts';
import { readKnown } from '../finding/opened-run.ts';
import { newRunPaths, type RepositoryPaths, type RunPaths } from '../finding/paths.ts';
import { readRecord, removeRecord, writeRecord } from '../finding/records.ts';
import { operatorEnv } from '../preparing/signing.ts';
import type { Context } from '../program/context.ts';
import type { ResumeOptions } from '../program/options.ts';
import { LEASE_MS, type Lease, worksOf } from '../running/carried-files.ts';
import { networkEnv } from '../running/network-env.ts';
import type { RunFile } from '../running/run-file.ts';
import { lockRepository } from '../running/work.ts';
import { sanitizeLine } from '../telling/output.ts';
import { shellWord } from '../telling/shell.ts';

type Options = NonNullable<ResumeOptions>;

/** Fetches it, and where the operator wants it to count, puts it where runs lie. Returns the run's name. */
export async function takeUp(ref: string, options: Options, context: Context): Promise<RunId> {
  const run = runOf(ref);
  const repository = await enterRepository(options, context);
  const lock = await lockRepository(repository, run);
  try {
    const operator = operatorEnv(context.env);
    const network = networkEnv(context.env);
    const place = { stateDir: repository.state, run, repository: repository.repository, operator };
    const from = options.from === undefined ? {} : { from: { remote: options.from, network } };
    const carried = await takeCarried({ ...place, ...from });
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
      await bringBranch(repository, known.file, state);
      return gone;
    });
    const again =
      lost.length > 0 ? `; the work of ${lost.join(', ')} did not come with it, and is done again` : '';
    context.output.narrate(`${run} is taken up here as ${leaseText(lease)} left it${again}`);
    return run;
  } finally {
    await lock.release();
  }
}

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
 * reference turns out to carry no run.
 */
async function written<T>(
  repository: RepositoryPaths,
  paths: RunPaths,
  carried: CarriedRun,
  { env }: Context,
  check: (known: KnownRun) => Promise<T>,
): Promise<T> {
  const { folder, run } = paths;
  const aside = existsSync(folder) ? `${folder}.before-${Date.now()}` : undefined;
  const record = await readRecord(env, run);
  if (aside) await rename(folder, aside);
  try {
    await writeFiles(paths, carried);
    return await check(await admit(repository, paths, env));
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (aside) await rename(aside, folder);
    await (record ? writeRecord(env, record) : removeRecord(env, run));
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

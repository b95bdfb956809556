/**
 * Takes a carried run out of its reference, on a machine that has nothing of it. All it says was written by whoever
 * could write the reference: only files of ours are read, bounded, and nothing of them is used here.
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { SwarmError } from '@swarm/core/errors';
import type { AttemptId, CommitId, RunId } from '@swarm/core/model/ids';
import { ensureHub, heal } from './bare.ts';
import { carriedRef, hubOfferedRef } from './carried.ts';
import { hasCommits } from './context.ts';
import { Git, TOO_MUCH } from './git.ts';
import { Layout, RunRefs } from './layout.ts';
import type { OperatorEnv } from './operator.ts';
import { locate, trusting } from './origin.ts';
import { fetchHere } from './origin-fetch.ts';
import { readRef } from './origin-ref.ts';
import { Remote } from './remote.ts';

export interface CarriedAsk {
  readonly stateDir: string;
  readonly run: RunId;
  readonly repository: string;
  readonly operator?: OperatorEnv;
  /** Where the reference is; absent: in the repository itself. */
  readonly from?: { readonly remote: string; readonly network: Readonly<Record<string, string>> };
}

export interface CarriedRun {
  readonly commit: CommitId;
  /** The hub that has it, and under which name. */
  readonly hub: string;
  readonly ref: string;
  readonly files: ReadonlyMap<string, Buffer>;
}

const MIB = 1024 * 1024;

interface Kind {
  readonly name: RegExp;
  readonly bytes: number;
  /** For whoever reads the reference; nobody here does. */
  readonly isUnread?: true;
}

/** What a carried run holds. Whoever wrote anything else beside it is not us. */
const KINDS: readonly Kind[] = [
  { name: /^run\.json$/, bytes: 4 * MIB },
  { name: /^lease\.json$/, bytes: 64 * 1024 },
  // A piece ends with a line, and one line may be long.
  { name: /^journal\/\d{6}\.ndjson$/, bytes: 32 * MIB },
  { name: /^prompts\/[a-z][a-z-]{0,40}\.md$/, bytes: MIB },
  { name: /^report\.(?:json|md)$/, bytes: 64 * MIB, isUnread: true },
];
const FILES_MAX = 20_000;
const ALL_BYTES_MAX = 1024 * MIB;
/** Far above what so many files of such names take. */
const LISTING_BYTES_MAX = 16 * MIB;

/** The caller holds the repository's lock. @throws SW0104 when there is no such reference, SW0203, SW0703. */
export async function takeCarried(ask: CarriedAsk): Promise<CarriedRun> {
  const git = new Git();
  const layout = new Layout(ask.stateDir, ask.run);
  await mkdir(ask.stateDir, { recursive: true, mode: 0o700 });
  const origin = await trusting(await locate(git, ask.repository, ask.operator), layout.trusted);
  await ensureHub(git, layout, origin.objectFormat);
  await heal(layout.hub);
  const hub = { gitDir: layout.hub };
  const ref = hubOfferedRef(ask.run);
  const commit = await fetchRef(git, hub.gitDir, origin, ask, ref);
  try {
    return { commit, hub: layout.hub, ref, files: await filesOf(git, hub, commit, carriedRef(ask.run)) };
  } catch (error) {
    await git.run(hub, 'update-ref', ['-d', ref]);
    throw error;
  }
}

async function fetchRef(
  git: Git,
  hub: string,
  origin: Parameters<typeof fetchHere>[0]['origin'],
  { run, from }: CarriedAsk,
  ref: string,
): Promise<CommitId> {
  const named = carriedRef(run);
  if (from) {
    const name = from.remote;
    const ask = { git, gitDir: origin.gitDir, name, purpose: 'fetch' as const, network: from.network };
    const remote = await Remote.open(ask);
    const commit = await remote.at(named);
    if (!commit) throw noRef(named, `the remote ${name}`, `git ls-remote ${name} 'refs/swarm/*'`);
    await remote.fetch(hub, [{ commit, ref }]);
    return commit;
  }
  const state = await readRef({ git, origin }, named);
  if (!state) throw noRef(named, origin.gitDir, 'git for-each-ref refs/swarm; or --from <remote>');
  await fetchHere({ git, origin }, { gitDir: hub }, origin.gitDir, [{ commit: state.commit, ref }]);
  return state.commit;
}

const noRef = (ref: string, where: string, fix: string) =>
  new SwarmError({ code: 'SW0104', what: `there is no ${ref}`, where, fix });

async function filesOf(
  git: Git,
  hub: { gitDir: string },
  commit: CommitId,
  where: string,
): Promise<Map<string, Buffer>> {
  const rows = (await listing(git, hub, commit, where)).map((row) => rowOf(row, where));
  const sum = rows.reduce((total, { size }) => total + size, 0);
  if (rows.length > FILES_MAX || sum > ALL_BYTES_MAX)
    throw notOurs(where, `it has ${rows.length} files of ${sum} bytes`);
  const files = new Map<string, Buffer>();
  for (const { path, id, size, kind } of rows) {
    if (files.has(path)) throw notOurs(where, `it has ${path} twice`);
    if (kind.isUnread) continue;
    const { stdout } = await git.run(hub, 'cat-file', ['blob', id], { maxBytes: size + 1 });
    files.set(path, stdout);
  }
  requireWhole([...files.keys()], where);
  return files;
}

async function listing(
  git: Git,
  hub: { gitDir: string },
  commit: CommitId,
  where: string,
): Promise<string[]> {
  const args = ['-r', '-l', '-z', '--full-tree', '--end-of-options', commit];
  try {
    const told = await git.run(hub, 'ls-tree', args, { maxBytes: LISTING_BYTES_MAX });
    return told.stdout.toString().split('\0').filter(Boolean);
  } catch (error) {
    if (error instanceof SwarmError && error.problems[0]!.why === TOO_MUCH)
      throw notOurs(where, 'its list of files has no end');
    throw error;
  }
}

interface Row {
  readonly path: string;
  readonly id: string;
  readonly size: number;
  readonly kind: Kind;
}

/** An ordinary file of the kinds above: no link, no program, no other repository, no way out. */
function rowOf(row: string, where: string): Row {
  const [, id = '', text = '', path = ''] = /^100644 blob ([0-9a-f]+) +(\d+)\t(.+)$/s.exec(row) ?? [];
  const size = Number(text);
  const kind = KINDS.find(({ name }) => name.test(path));
  const told = JSON.stringify(row.slice(row.indexOf('\t') + 1).slice(0, 100));
  if (!kind) throw notOurs(where, `it has ${told}, which no run of ours writes`);
  if (size > kind.bytes) throw notOurs(where, `its ${told} has ${size} bytes`);
  return { path, id, size, kind };
}

/** A piece in the middle that is not there would not be missed by whoever reads line after line. */
function requireWhole(paths: readonly string[], where: string): void {
  if (!paths.includes('run.json')) throw notOurs(where, 'it has no run.json');
  const pieces = paths.filter((path) => path.startsWith('journal/')).sort();
  const missing = pieces.findIndex(
    (path, i) => Number(path.slice('journal/'.length, -'.ndjson'.length)) !== i + 1,
  );
  if (pieces.length === 0 || missing >= 0)
    throw notOurs(where, `piece ${Math.max(0, missing) + 1} of its journal is missing`);
}

const notOurs = (where: string, why: string) =>
  new SwarmError({
    code: 'SW0203',
    what: 'the reference does not carry a run as swarm writes one',
    where,
    why,
    fix: `git log ${where}   # who wrote it; nothing of it was used`,
  });

/** Gives the hub what the run names: its base, and each attempt's work. Returns the attempts whose work is not there. */
export async function seedRun(
  { stateDir, run }: Pick<CarriedAsk, 'stateDir' | 'run'>,
  base: CommitId,
  works: readonly { readonly attempt: AttemptId; readonly commit: CommitId }[],
): Promise<readonly AttemptId[]> {
  const git = new Git();
  const layout = new Layout(stateDir, run);
  const refs = new RunRefs(run);
  const hub = { gitDir: layout.hub };
  if (!existsSync(layout.hub) || !(await isThere(git, hub, base)))
    throw new SwarmError({
      code: 'SW0203',
      what: `the carried run began on ${base}, and this commit did not come with it`,
      fix: 'git fetch --all; then the same command again',
    });
  const there = await Promise.all(works.map(({ commit }) => isThere(git, hub, commit)));
  const lines = works.flatMap(({ attempt, commit }, i) =>
    there[i] ? [`update ${refs.work(attempt)} ${commit}\n`] : [],
  );
  const stdin = [`update ${refs.base} ${base}\n`, ...lines].join('');
  await git.run(hub, 'update-ref', ['--stdin'], { stdin });
  return works.flatMap(({ attempt }, i) => (there[i] ? [] : [attempt]));
}

const isThere = (git: Git, hub: { gitDir: string }, commit: CommitId): Promise<boolean> =>
  hasCommits(git, hub, [commit]).catch(() => false);

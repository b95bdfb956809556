/**
 * A hub on a host that works for somebody else's run: what it has came as packs, and its origin is a repository of ours.
 * What attempts make of it goes home as a pack, and is judged there like any push.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import type { AttemptId, CommitId, RunId } from '@swarm/core/model/ids';
import type { Identity } from '@swarm/core/ports/git';
import { bareRepository, configOf } from './bare.ts';
import { hasCommits } from './context.ts';
import { Git } from './git.ts';
import { type OpenedHub, openHub } from './hub.ts';

export interface HostHubAsk {
  /** Of this repository and host alone. */
  readonly stateDir: string;
  readonly run: RunId;
  readonly base: CommitId;
  readonly identity: Identity;
  /** Asks home for a pack. */
  readonly fetch: (wants: readonly CommitId[], haves: readonly CommitId[]) => Promise<Uint8Array>;
}

export interface HostHub {
  readonly opened: OpenedHub;
  missing(commits: readonly CommitId[]): Promise<readonly CommitId[]>;
  haves(): Promise<readonly CommitId[]>;
  take(pack: Uint8Array, commits: readonly CommitId[]): Promise<void>;
  work(attempt: AttemptId, base: CommitId): Promise<HostWork>;
}

export type HostWork =
  | { readonly kind: 'work'; readonly head: CommitId; readonly pack: Uint8Array }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly why: string };

const STEP_TIMEOUT_MS = 600_000;
/** Most commits that home is told of as being here. */
const HAVES_MAX = 200;
const GIVEN = 'refs/heads/given';

/** Errors: those of `openHub`, and SW0702 for a pack that git refuses. */
export async function openHostHub(ask: HostHubAsk): Promise<HostHub> {
  const { stateDir, run, base, identity, fetch } = ask;
  const git = new Git();
  const origin = { gitDir: join(stateDir, 'given.git') };
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const format = base.length === 64 ? 'sha256' : 'sha1';
  bareRepository(origin.gitDir, configOf(format, 'hub'));
  const tips = await tipsOf(git, origin);
  if (!(await hasCommits(git, origin, [base]))) {
    await index(git, origin, await fetch([base], tips));
    await mark(git, origin, base);
  }
  // Written whole, as a file of a few bytes is: the branch the run's base is pinned by.
  const branch = `given-${run}`;
  await writeFile(join(origin.gitDir, 'refs/heads', branch), `${base}\n`);
  const opened = await openHub({
    stateDir,
    repository: origin.gitDir,
    run,
    target: branch,
    landOn: `refs/heads/landed-${run}`,
    identity,
  });
  const hub = { gitDir: join(stateDir, 'hub.git') };
  return {
    opened,
    async missing(commits) {
      const there = await Promise.all(commits.map((commit) => hasCommits(git, hub, [commit])));
      return commits.filter((_, i) => !there[i]);
    },
    async haves() {
      return [...new Set([...(await tipsOf(git, hub)), base])].slice(-HAVES_MAX);
    },
    async take(pack, commits) {
      if (pack.length > 0) await index(git, hub, pack);
      for (const commit of commits) {
        if (await hasCommits(git, hub, [commit])) await mark(git, hub, commit);
        else throw new SwarmError({ code: 'SW0702', what: `the pack from home does not hold ${commit}` });
      }
    },
    async work(attempt, from) {
      const taken = await opened.hub.ingest(attempt);
      if (taken.kind === 'nothing') return taken;
      if (taken.kind !== 'commit') return { kind: 'refused', why: taken.why };
      const pieces: Uint8Array[] = [];
      for await (const piece of opened.hub.pack([taken.commit], [from])) pieces.push(piece);
      return { kind: 'work', head: taken.commit, pack: Buffer.concat(pieces) };
    },
  };
}

type Place = { readonly gitDir: string };

async function index(git: Git, place: Place, pack: Uint8Array): Promise<void> {
  const options = { stdin: pack, timeoutMs: STEP_TIMEOUT_MS };
  await git.run(place, 'index-pack', ['--stdin', '--fix-thin', '--strict'], options);
}

/** Nothing here removes what is named, and what is named is not asked for again. */
async function mark(git: Git, place: Place, commit: CommitId): Promise<void> {
  await git.run(place, 'update-ref', ['--stdin'], { stdin: `update ${GIVEN}/${commit} ${commit}\n` });
}

async function tipsOf(git: Git, place: Place): Promise<CommitId[]> {
  const text = await git.text(place, 'for-each-ref', ['--format=%(objectname)', '--', GIVEN]);
  return text.split('\n').filter(Boolean).slice(-HAVES_MAX) as CommitId[];
}

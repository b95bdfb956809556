/** Lands branches by the calls the merge queue makes, and proves at the end that all of them are there. */
import { join } from 'node:path';
import type { CommitId, RunId } from '../packages/core/src/model/ids.ts';
import type { CandidateOutcome } from '../packages/core/src/ports/git.ts';
import { type HubOptions, type OpenedHub, openHub } from '../packages/git/src/index.ts';
import { openFileJournal } from '../packages/journal/src/index.ts';
import { git, IDENTITY } from './landing-repo.ts';
import { tryOf } from './long-run.ts';

export const BRANCHES = 200;
/** Landed before anything is measured: by then the code is compiled and git's processes run. */
export const WARM = 40;
const RUN = 'r-20261121-k3f7' as RunId;

export type Built = CandidateOutcome & { kind: 'clean' };

export interface Lander {
  readonly opened: OpenedHub;
  /** The candidate of branch number `n`. */
  build(n: number, onto: CommitId): Promise<Built>;
  /** Durably: landing number `n` came to be. They are recorded in order. */
  record(n: number): Promise<void>;
  /** Look, build, publish and record, one after the other, as the merge queue does with a gate that is off. */
  land(n: number): Promise<void>;
  verify(): Promise<void>;
}

interface Ends extends Pick<HubOptions, 'push'> {
  /** The bare repository that has the branches, and whose main is landed on. */
  readonly origin: string;
  /** The user's, where that is another one. */
  readonly repository?: string;
}

export async function openLander(folder: string, { origin, repository, push }: Ends): Promise<Lander> {
  const stateDir = join(folder, 'state');
  const opened = await openHub({
    stateDir,
    repository: repository ?? origin,
    run: RUN,
    target: 'main',
    identity: IDENTITY,
    landOn: repository ? `refs/heads/swarm/${RUN}` : 'refs/heads/main',
    ...(push && { push }),
  });
  const { hub } = opened;
  const hubDir = join(stateDir, 'hub.git');
  const workOf = await fetchWork(hubDir, origin);
  const { journal } = await openFileJournal(join(stateDir, 'journal.ndjson'), { create: true });
  const build = async (n: number, onto: CommitId): Promise<Built> => {
    const message = () => messageOf(n);
    const built = await hub.buildCandidate({ onto, work: workOf(n), message, atSeconds: 1_700_000_000 });
    if (built.kind !== 'clean') throw new Error(`work/${n}: ${JSON.stringify(built)}`);
    return built;
  };
  const record = (n: number) => journal.append([tryOf(n)]);
  const land = async (n: number) => {
    const parent = (await hub.targetHead())!;
    const { commit, tree } = await build(n, parent);
    const told = await hub.publish({ parent, commit, tree });
    if (told.kind !== 'published') throw new Error(`work/${n}: ${JSON.stringify(told)}`);
    await record(n);
  };
  const verify = async () => {
    await Promise.all([opened.close(), journal.close()]);
    await verifyLandings(origin, hubDir, opened.base);
  };
  return { opened, build, record, land, verify };
}

/** The branches, as work the hub holds. */
async function fetchWork(hubDir: string, origin: string): Promise<(n: number) => CommitId> {
  await git(hubDir, ['fetch', '--quiet', origin, `refs/heads/work/*:refs/swarm/${RUN}/bench/*`]);
  const told = await git(hubDir, ['for-each-ref', '--format=%(refname:lstrip=4) %(objectname)']);
  const works = new Map(told.split('\n').map((line) => line.split(' ') as [string, CommitId]));
  return (n) => works.get(String(n))!;
}

const messageOf = (n: number) =>
  `Change ${n}\n\nSwarm-Run: ${RUN}\nSwarm-Task: t${n}\nSwarm-Attempt: t${n}.1\nSwarm-Gate: none\n`;

/** By plain git, which knows nothing of ours: every branch on main's first-parent line once, in order, and sound. */
async function verifyLandings(origin: string, hubDir: string, base: string): Promise<void> {
  const format = '--format=%(trailers:key=Swarm-Attempt,valueonly,separator=)';
  const told = await git(origin, ['log', '--first-parent', '--reverse', format, `${base}..main`]);
  const expected = Array.from({ length: WARM + BRANCHES }, (_, i) => `t${i + 1}.1`).join('\n');
  if (told !== expected) throw new Error(`main of the origin does not hold the landings in order:\n${told}`);
  const merged = await git(origin, ['log', '--cherry-pick', '--right-only', '--format=%H', 'main...work/1']);
  if (merged !== '') throw new Error(`a branch is not on main: ${merged}`);
  for (const repository of [origin, hubDir]) await git(repository, ['fsck', '--strict', '--no-dangling']);
}

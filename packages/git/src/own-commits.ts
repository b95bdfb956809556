/** What a branch has that the run's base has not. */
import type { CommitId } from '@swarm/core/model/ids';
import type { HubContext } from './context.ts';
import { forkOfLines } from './fork.ts';
import { expectObject } from './git.ts';

/** Commits with their parents, each before its parents. */
export type Commits = ReadonlyMap<CommitId, readonly CommitId[]>;

export interface Own {
  readonly commits: Commits;
  /** Where it leaves the base. Undefined: it has merges, or comes from far. */
  readonly fork: CommitId | undefined;
}

/** Commits never change, and neither does the base; this many branches are remembered. */
const REMEMBERED = 20_000;
/** Most bytes of names of commits. */
const BYTES_MAX = 256 * 1024 * 1024;

export class OwnCommits {
  readonly #hub: HubContext;
  readonly #known = new Map<CommitId, Promise<Own>>();

  constructor(hub: HubContext) {
    this.#hub = hub;
  }

  of(work: CommitId): Promise<Own> {
    const known = this.#known.get(work);
    if (known) return known;
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    const read = this.#read(work);
    this.#known.set(work, read);
    return read;
  }

  async #read(work: CommitId): Promise<Own> {
    const fork = await forkOfLines(this.#hub, this.#hub.base, work);
    if (!fork) return { commits: await commitsOf(this.#hub, [work]), fork };
    const commits = new Map<CommitId, readonly CommitId[]>();
    for (let at = work; at !== fork; ) {
      const { parents } = await this.#hub.objects.commit(at);
      commits.set(at, parents);
      at = parents[0]!;
    }
    return { commits, fork };
  }
}

/** All that any of these reach and the run's base does not; of those that are not in the hub, nothing. */
export async function commitsOf(
  hub: Pick<HubContext, 'git' | 'hub' | 'base'>,
  tips: readonly CommitId[],
): Promise<Commits> {
  const stdin = [...tips, `^${hub.base}`, ''].join('\n');
  const args = ['--topo-order', '--no-show-signature', '--format=%H %P', '--ignore-missing', '--stdin'];
  const told = await hub.git.text(hub.hub, 'log', args, { stdin, maxBytes: BYTES_MAX });
  const lines = told.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const [name = '', ...parents] = line.trimEnd().split(' ');
      return [expectObject(name, 'git log'), parents.map((parent) => expectObject(parent, 'git log'))];
    }),
  );
}

/** Where two lines of commits part. */
import type { CommitId } from '@swarm/core/model/ids';
import type { HubContext } from './context.ts';
import { expectObject } from './git.ts';

/** Commits read of each line before git is asked. */
const STEPS_MAX = 2_000;
/** Commits of a growing line that are remembered. */
const LINE_MAX = 100_000;

type Ends = Pick<HubContext, 'git' | 'hub' | 'objects'>;

/** The best common ancestor; undefined when the two share no history. */
export async function mergeBase(hub: Ends, a: CommitId, b: CommitId): Promise<CommitId | undefined> {
  return (await forkOfLines(hub, a, b)) ?? askGit(hub, a, b);
}

/**
 * Follows both lines down, step by step, to the first commit they share. While no merge was passed that is their one
 * best common ancestor: whatever lies above it on either line descends from it and is not on the other. A line ends at
 * its first merge, which may itself be what the other comes to. Past that, or past a long way, is for git.
 */
export async function forkOfLines(
  hub: Ends,
  a: CommitId,
  b: CommitId,
  most = STEPS_MAX,
): Promise<CommitId | undefined> {
  return a === b ? a : meet(hub, lineFrom(a), lineFrom(b), most);
}

/** The line of a target that grows: what was walked of it once is not walked again for the next work. */
export class GrowingLine {
  readonly #hub: Ends;
  #top: CommitId | undefined;
  #line: Line | undefined;
  /** One after the other: a line that grows under a walk would show it what its own target has not. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(hub: Ends) {
    this.#hub = hub;
  }

  /** As `mergeBase`, in as many steps as commits came since on either side. */
  async fork(onto: CommitId, work: CommitId): Promise<CommitId | undefined> {
    const found = this.#turn.then(() => this.#find(onto, work));
    this.#turn = found.catch(() => undefined);
    return (await found) ?? askGit(this.#hub, onto, work);
  }

  async #find(onto: CommitId, work: CommitId): Promise<CommitId | undefined> {
    const line = await this.#upTo(onto);
    [this.#top, this.#line] = [onto, line];
    return line.seen.has(work) ? work : meet(this.#hub, line, lineFrom(work), STEPS_MAX);
  }

  /** The line as it was with what came on top of it; a new one where something else came. */
  async #upTo(onto: CommitId): Promise<Line> {
    const line = this.#line;
    if (!line || line.seen.size > LINE_MAX) return lineFrom(onto);
    const fresh: CommitId[] = [];
    let at = onto;
    while (!line.seen.has(at)) {
      const { parents } = await this.#hub.objects.commit(at);
      if (parents.length !== 1 || fresh.length === STEPS_MAX) return lineFrom(onto);
      fresh.push(at);
      at = parents[0]!;
    }
    if (at !== this.#top) return lineFrom(onto);
    for (const each of fresh) line.seen.add(each);
    return line;
  }
}

async function meet(hub: Ends, a: Line, b: Line, most: number): Promise<CommitId | undefined> {
  for (let steps = 0; steps < 2 * most; steps++) {
    // The second goes first: the first may have come a long way before.
    const [mine, other] = steps % 2 === 0 ? [b, a] : [a, b];
    if (!mine.at) {
      if (!other.at) return undefined;
      continue;
    }
    const { parents } = await hub.objects.commit(mine.at);
    mine.at = parents.length > 1 ? undefined : parents[0];
    if (!mine.at) continue;
    mine.seen.add(mine.at);
    if (other.seen.has(mine.at)) return mine.at;
  }
  return undefined;
}

interface Line {
  readonly seen: Set<CommitId>;
  /** The lowest that was reached. Undefined past a root or a merge. */
  at: CommitId | undefined;
}

const lineFrom = (top: CommitId): Line => ({ seen: new Set([top]), at: top });

async function askGit(hub: Ends, a: CommitId, b: CommitId): Promise<CommitId | undefined> {
  const found = await hub.git.run(hub.hub, 'merge-base', ['--end-of-options', a, b], { codes: [0, 1] });
  return found.code === 1 ? undefined : expectObject(found.stdout.toString().trim(), 'git merge-base');
}

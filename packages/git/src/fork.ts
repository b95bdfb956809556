/** Where two lines of commits part. */
import type { CommitId } from '@swarm/core/model/ids';
import type { HubContext } from './context.ts';
import { expectObject } from './git.ts';

/** Commits read of each line before git is asked. */
const STEPS_MAX = 2_000;

/** The best common ancestor; undefined when the two share no history. */
export async function mergeBase(hub: HubContext, a: CommitId, b: CommitId): Promise<CommitId | undefined> {
  return (await forkOfLines(hub, a, b)) ?? askGit(hub, a, b);
}

/**
 * Follows both lines down, step by step, to the first commit they share. While no merge was passed that is their one
 * best common ancestor: whatever lies above it on either line descends from it and is not on the other. A line ends at
 * its first merge, which may itself be what the other comes to. Past that, or past a long way, is for git.
 */
export async function forkOfLines(
  hub: HubContext,
  a: CommitId,
  b: CommitId,
  most = STEPS_MAX,
): Promise<CommitId | undefined> {
  if (a === b) return a;
  const lines: [Line, Line] = [
    { seen: new Set([a]), at: a },
    { seen: new Set([b]), at: b },
  ];
  for (let steps = 0; steps < 2 * most; steps++) {
    const [mine, other] = steps % 2 === 0 ? lines : [lines[1], lines[0]];
    if (!mine.at) {
      if (!other.at) return undefined;
      continue;
    }
    const { parents } = await hub.objects.commit(mine.at);
    mine.at = parents.length > 1 ? undefined : parents[0];
    if (!mine.at) continue;
    if (other.seen.has(mine.at)) return mine.at;
    mine.seen.add(mine.at);
  }
  return undefined;
}

interface Line {
  readonly seen: Set<CommitId>;
  /** Undefined past a root or a merge. */
  at: CommitId | undefined;
}

async function askGit(hub: HubContext, a: CommitId, b: CommitId): Promise<CommitId | undefined> {
  const found = await hub.git.run(hub.hub, 'merge-base', ['--end-of-options', a, b], { codes: [0, 1] });
  return found.code === 1 ? undefined : expectObject(found.stdout.toString().trim(), 'git merge-base');
}

/** What the run's branch says has landed, read from git alone. */
import assert from 'node:assert/strict';
import type { World } from './world.ts';

export interface Landing {
  readonly commit: string;
  readonly subject: string;
  readonly parents: readonly string[];
  readonly task: string;
  readonly attempt: string;
  readonly run: string;
  /** `<gate hash> <tree>`. */
  readonly gate: string;
  readonly tree: string;
}

const FORMAT = [
  '%H',
  '%s',
  '%P',
  '%T',
  ...['Swarm-Task', 'Swarm-Attempt', 'Swarm-Run', 'Swarm-Gate'].map(
    (key) => `%(trailers:key=${key},valueonly,separator=%x2C)`,
  ),
].join('%x1f');

/** First-parent commits of `branch` since `base`, oldest first. */
export async function landings(world: World, base: string, branch: string): Promise<readonly Landing[]> {
  const text = await world.git(
    'log',
    '--first-parent',
    '--reverse',
    `--format=${FORMAT}`,
    `${base}..${branch}`,
  );
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [commit, subject, parents, tree, task, attempt, run, gate] = line.split('\u001f') as string[];
      return {
        ...{ commit: commit!, subject: subject!, parents: parents!.split(' '), tree: tree! },
        ...{ task: task!, attempt: attempt!, run: run!, gate: gate! },
      };
    });
}

/** Each title landed once, under a task of its own: one marked commit each, on the one before it. */
export async function assertLandedOnce(
  world: World,
  base: string,
  titles: readonly string[],
): Promise<readonly Landing[]> {
  const branch = await world.branch();
  const found = await landings(world, base, branch);
  assert.deepEqual(found.map((l) => l.subject).toSorted(), titles.toSorted());
  assert.equal(new Set(found.map((l) => l.task)).size, titles.length);
  let parent = base;
  for (const landing of found) {
    assert.equal(landing.parents[0], parent, `${landing.task} stands on the landing before it`);
    assert.equal(`swarm/${landing.run}`, branch);
    assert.match(landing.attempt, new RegExp(`^${landing.task}\\.\\d+$`));
    assert.match(landing.gate, new RegExp(`^([0-9a-f]{12}|none) ${landing.tree}$`));
    parent = landing.commit;
  }
  return found;
}

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

/** The commits of tasks on `branch` since `base`, oldest first: on the first-parent line, or in a batch on it. */
export async function landings(world: World, base: string, branch: string): Promise<readonly Landing[]> {
  const line = await lineOf(world, base, branch);
  return (await Promise.all(line.map((commit) => membersOf(world, commit)))).flat();
}

const isBatch = ({ parents, task, run }: Landing): boolean =>
  parents.length === 2 && run !== '' && task === '';

async function membersOf(world: World, commit: Landing): Promise<readonly Landing[]> {
  const [onto = '', tip = ''] = commit.parents;
  return isBatch(commit) ? lineOf(world, onto, tip) : [commit];
}

async function lineOf(world: World, from: string, to: string): Promise<readonly Landing[]> {
  const range = ['--first-parent', '--reverse', `--format=${FORMAT}`, `${from}..${to}`];
  const text = await world.git('log', ...range);
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [commit, subject, parents, tree, task, attempt, run, gate] = line.split('\u001f') as string[];
      return {
        commit: commit!,
        subject: subject!,
        parents: parents!.split(' '),
        tree: tree!,
        task: task!,
        attempt: attempt!,
        run: run!,
        gate: gate!,
      };
    });
}

/**
 * Each title landed once, under a task of its own: one marked commit each, on the one before it; alone on the line, or
 * in a batch, whose merge carries what was tested.
 */
export async function assertLandedOnce(
  world: World,
  base: string,
  titles: readonly string[],
): Promise<readonly Landing[]> {
  const branch = await world.branch();
  const found = await landings(world, base, branch);
  assert.deepEqual(found.map((l) => l.subject).toSorted(), titles.toSorted());
  assert.equal(new Set(found.map((l) => l.task)).size, titles.length);
  for (const landing of found) {
    assert.equal(`swarm/${landing.run}`, branch);
    assert.match(landing.attempt, new RegExp(`^${landing.task}\\.\\d+$`));
  }
  let parent = base;
  for (const tested of await lineOf(world, base, branch)) {
    assert.equal(tested.parents[0], parent, `${tested.subject} stands on the landing before it`);
    assert.match(tested.gate, new RegExp(`^([0-9a-f]{12}|none) ${tested.tree}$`));
    if (isBatch(tested)) await assertChain(world, tested);
    parent = tested.commit;
  }
  return found;
}

/** The commits of a batch stand one upon the other, and the last has the tree of the merge. */
async function assertChain(world: World, batch: Landing): Promise<void> {
  const members = await membersOf(world, batch);
  const below = [batch.parents[0], ...members.map((member) => member.commit)];
  for (const [i, member] of members.entries()) {
    assert.deepEqual([member.parents, member.gate], [[below[i]], ''], `${member.task} in ${batch.subject}`);
  }
  assert.equal(members.at(-1)?.tree, batch.tree);
}

/** What the target holds of a branch by landings that say so, as the real hub has it: see `packages/git/src/stacks.ts`. */
import type { CommitId } from '@swarm/core/model/ids';
import type { World } from '../sim/world.ts';
import { membersOf, sameTree, trailer, trailers } from './objects.ts';

/** `onto`, or a commit that stands for it and has what it holds of `work` among its ancestors. */
export function joinedWith(world: World, onto: CommitId, work: CommitId): CommitId {
  const { objects } = world;
  const held = heldOf(world, onto, work);
  if (held.length === 0) return onto;
  const tree = objects.treeOf(onto);
  return objects.commit({ parents: [onto, ...held], tree, message: 'standing', atSeconds: 0 }).id;
}

function heldOf(world: World, onto: CommitId, work: CommitId): readonly CommitId[] {
  const { objects } = world;
  const old = objects.ancestors(world.base);
  const own = new Set([...objects.ancestors(work)].filter((id) => !old.has(id)));
  const brought = landingsOf(world, onto, own);
  const held = new Set<CommitId>();
  for (const [landing, commits] of brought)
    if (isLeftOf(world, landing, onto)) for (const each of commits) held.add(each);
  const isHeld = (id: CommitId): boolean =>
    held.has(id) && objects.get(id).parents.every((parent) => !own.has(parent) || isHeld(parent));
  const whole = [...own].filter(isHeld);
  const below = new Set(whole.flatMap((id) => objects.get(id).parents));
  return whole.filter((id) => !below.has(id)).sort();
}

/** Landings that stand, with what each brought of these commits that was not held before. */
function landingsOf(world: World, onto: CommitId, own: ReadonlySet<CommitId>) {
  const { objects } = world;
  const brought = new Map<CommitId, readonly CommitId[]>();
  const landings = new Map<string, CommitId[]>();
  const line = objects.firstParents(world.base, onto).flatMap((c) => [...membersOf(objects, c), c]);
  for (const { id, message } of line) {
    for (const task of trailers(message, 'Swarm-Undoes'))
      for (const landing of landings.get(task) ?? []) brought.delete(landing);
    const landed = trailer(message, 'Swarm-Branch')?.split('@').at(-1) as CommitId | undefined;
    const task = trailer(message, 'Swarm-Task');
    if (!landed || !task || !objects.has(landed)) continue;
    const before = new Set([...brought.values()].flat());
    const fresh = [...objects.ancestors(landed)].filter((each) => own.has(each) && !before.has(each));
    brought.set(id, fresh);
    landings.set(task, [...(landings.get(task) ?? []), id]);
  }
  return brought;
}

/** Does taking it back change anything, or conflict? */
function isLeftOf({ objects }: World, landing: CommitId, onto: CommitId): boolean {
  const parent = objects.get(landing).parents[0]!;
  const tree = objects.treeOf(parent);
  const without = objects.commit({ parents: [landing], tree, message: 'without it', atSeconds: 0 });
  const merged = objects.merge(onto, without.id);
  return merged.kind === 'conflict' || !sameTree(merged.tree, objects.treeOf(onto));
}

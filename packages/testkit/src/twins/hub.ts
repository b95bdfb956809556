import type { MeasuredChange } from '@swarm/core/model/handoff';
import {
  type AttemptId,
  attemptId,
  type CommitId,
  parseAttemptId,
  parseRunId,
  parseTaskId,
  type TreeId,
} from '@swarm/core/model/ids';
import type { Candidate } from '@swarm/core/model/landing';
import type { PatchId } from '@swarm/core/model/review';
import type {
  CandidateOutcome,
  Hub,
  IngestOutcome,
  LandedMark,
  PublishOutcome,
  RevertOutcome,
  UndoneMark,
} from '@swarm/core/ports/git';
import { race } from '../sim/actors.ts';
import type { Incarnation } from '../sim/scheduler.ts';
import type { World } from '../sim/world.ts';
import { changedPaths, linesChanged, membersOf, sameTree, trailer, trailers } from './objects.ts';
import { joinedWith } from './stacks.ts';

/** The hub in memory, and the target somebody else may move at any time. */
export function twinHub(world: World, inc: Incarnation): Hub {
  const { objects } = world;
  const quick = <T>(effect: () => T): Promise<T> => world.happen(inc, world.random.between(1, 40), effect);
  const written = <T>(effect: () => T): Promise<T> =>
    world.act(inc, () => {
      world.write('the hub');
      return effect();
    });
  return {
    targetHead: () =>
      quick(() => {
        race(world);
        world.lastLook = { at: world.scheduler.now, head: world.target };
        return world.target;
      }),
    landedSince: (base, head) => quick(() => marksOn(world, base, head)),
    undoneSince: (base, head) => quick(() => undosOn(world, base, head)),
    isAncestor: (ancestor, of) => quick(() => objects.isAncestor(ancestor, of)),
    buildCandidate: (ask) => {
      world.expect(world.handedIn.has(ask.work), `P6: ${ask.work} is merged before its handoff is on disk`);
      return written(() => candidateOf(world, ask));
    },
    buildRevert: (ask) => written(() => revertOf(world, ask)),
    probe: (a, b) => quick(() => conflictsOf(world, a, b)),
    sealBatch: (ask) => written(() => seal(world, ask)),
    publish: (candidate) => publish(world, inc, candidate),
    receive: (attempt, _base, pack) =>
      quick(() => {
        world.intakes.set(attempt, pack.head);
        return { kind: 'received' } as const;
      }),
    pack: (wants) => packOf(wants),
    ingest: (attempt) => written(() => ingest(world, attempt)),
    measure: (commit, target) => quick(() => measure(world, commit, target)),
    observe: () =>
      quick(() => ({
        target: world.target,
        work: [...world.work].map(([attempt, commit]) => ({ attempt, commit })),
        intakes: [...world.intakes.keys()],
        workspaces: [...world.workspaces.keys()].filter((name) => !name.includes(':')),
      })),
    tidy: (keep) => {
      const { liveAttempts, queue, byState, tasks } = world.durable;
      const voted = [...byState.reviewing].map((id) => attemptId(id, tasks.get(id)!.attempts));
      for (const attempt of [...liveAttempts, ...queue, ...voted])
        world.expect(keep.has(attempt), `P1: the work of ${attempt} is tidied away while it is wanted`);
      return world.act(inc, () => {
        for (const map of [world.work, world.intakes]) {
          for (const attempt of map.keys()) if (!keep.has(attempt)) map.delete(attempt);
        }
      });
    },
  };
}

/** Every landing, on the first-parent line or under the merge of its batch, by its trailers; not only of this run. */
export function marksOn(world: World, base: CommitId | undefined, head: CommitId): LandedMark[] {
  const marks: LandedMark[] = [];
  for (const { id, message } of world.objects
    .firstParents(base, head)
    .flatMap((c) => [...membersOf(world.objects, c), c])) {
    const run = parseRunId(trailer(message, 'Swarm-Run') ?? '');
    const task = parseTaskId(trailer(message, 'Swarm-Task') ?? '');
    const attempt = parseAttemptId(trailer(message, 'Swarm-Attempt') ?? '');
    if (run && task && attempt) marks.push({ run, task, attempt, commit: id });
  }
  return marks;
}

/** Every undo on the first-parent line, by its trailers. */
export function undosOn(world: World, base: CommitId, head: CommitId): UndoneMark[] {
  return world.objects.firstParents(base, head).flatMap(({ id, message }) => {
    const run = parseRunId(trailer(message, 'Swarm-Run') ?? '');
    const tasks = trailers(message, 'Swarm-Undoes').flatMap((name) => parseTaskId(name) ?? []);
    return run && tasks.length > 0 ? [{ run, tasks, commit: id }] : [];
  });
}

/** As the real one: merges of commits made so that each reverted one is their only common ancestor. */
function revertOf(world: World, ask: Parameters<Hub['buildRevert']>[0]): RevertOutcome {
  const { objects } = world;
  const { onto, message, atSeconds } = ask;
  const make = (tree: ReadonlyMap<string, string>, parent: CommitId, text: typeof message) =>
    objects.commit({ parents: [parent], tree, message: text, atSeconds });
  const own = new Set<string>();
  let now = onto;
  for (const commit of ask.commits) {
    const parent = objects.has(commit) ? objects.get(commit).parents[0] : undefined;
    if (!parent) return { kind: 'missing', of: commit };
    const before = objects.treeOf(parent);
    for (const path of changedPaths(before, objects.treeOf(commit))) own.add(path);
    const merged = objects.merge(now, make(before, commit, () => 'without it').id);
    if (merged.kind === 'conflict')
      return { kind: 'conflict', of: commit, files: merged.files, detail: 'changed later' };
    now = make(merged.tree, onto, () => 'standing').id;
  }
  const paths = changedPaths(objects.treeOf(onto), objects.treeOf(now));
  if (paths.length === 0) return { kind: 'empty' };
  const foreign = paths.filter((path) => !own.has(path));
  if (foreign.length > 0) return { kind: 'collateral', paths: foreign };
  const made = make(objects.treeOf(now), onto, message);
  return { kind: 'clean', commit: made.id, tree: made.tree, paths };
}

function seal(world: World, ask: Parameters<Hub['sealBatch']>[0]): { commit: CommitId; tree: TreeId } {
  const { onto, tip, message, atSeconds } = ask;
  const tree = world.objects.treeOf(tip);
  const made = world.objects.commit({ parents: [onto, tip], tree, message, atSeconds });
  return { commit: made.id, tree: made.tree };
}

function candidateOf(world: World, ask: Parameters<Hub['buildCandidate']>[0]): CandidateOutcome {
  const { objects } = world;
  const isHeld = [...world.work.values()].includes(ask.work);
  if (!isHeld) return { kind: 'missing' };
  const merged = objects.merge(joinedWith(world, ask.onto, ask.work), ask.work);
  if (merged.kind === 'conflict') {
    const others = world.conflicts.get(ask.work) ?? new Set<CommitId>();
    world.conflicts.set(ask.work, others.add(ask.onto));
    return { kind: 'conflict', files: merged.files, detail: 'both changed it' };
  }
  const before = objects.treeOf(ask.onto);
  if (sameTree(before, merged.tree)) return { kind: 'empty' };
  const made = objects.commit({
    parents: [ask.onto],
    tree: merged.tree,
    message: ask.message,
    atSeconds: ask.atSeconds,
  });
  const paths = changedPaths(before, merged.tree);
  return { kind: 'clean', commit: made.id, tree: made.tree, paths, ...patchOf(world, ask.onto, made.id) };
}

/** Named only where somebody votes: a journal that nobody asked for votes says nothing of it. */
function patchOf({ objects, isVotedOn }: World, from: CommitId, to: CommitId): { readonly patch?: PatchId } {
  if (!isVotedOn) return {};
  return { patch: linesChanged(objects.treeOf(from), objects.treeOf(to)) as PatchId };
}

function conflictsOf({ objects }: World, a: CommitId, b: CommitId): readonly string[] {
  if (!objects.has(a) || !objects.has(b)) return [];
  const merged = objects.merge(a, b);
  return merged.kind === 'conflict' ? merged.files : [];
}

function publish(world: World, inc: Incarnation, candidate: Candidate): Promise<PublishOutcome> {
  const isRefused = world.hits('publish');
  const isUnsure = !isRefused && world.hits('publish');
  const knownSeq = world.acked.length;
  world.expect(isPassed(world, candidate), `P3: ${candidate.commit} is published before its pass is on disk`);
  world.working = inc;
  return world.happen(inc, world.random.between(1, 300), () => {
    if (isRefused) return { kind: 'refused', why: 'a hook declined' } as const;
    if (isUnsure && world.random.chance(0.5))
      return { kind: 'unknown', why: 'the connection was lost' } as const;
    if (world.target === candidate.commit) return { kind: 'published' } as const;
    if (world.target !== candidate.parent) return { kind: 'moved', head: world.target } as const;
    // A line of landings is one move, and each of them has been the target's head to whoever reads its history.
    for (const { id } of world.objects.firstParents(candidate.parent, candidate.commit).slice(0, -1))
      moveTarget(world, id, knownSeq);
    moveTarget(world, candidate.commit, knownSeq);
    if (isUnsure) return { kind: 'unknown', why: 'the connection was lost' } as const;
    return { kind: 'published' } as const;
  });
}

/** Does the journal hold a verdict on exactly this commit? */
function isPassed({ durable }: World, { commit }: Candidate): boolean {
  if (durable.passedUndo?.candidate.commit === commit) return true;
  return [...durable.landings.values()].some((l) => l.candidate.commit === commit && l.gate !== undefined);
}

/** The one place where a commit of ours becomes the target. */
export function moveTarget(world: World, commit: CommitId, knownSeq = world.acked.length): void {
  world.target = commit;
  world.published.push({ commit, durableSeq: world.acked.length, knownSeq });
  world.tell('target', `moved by us to ${commit.slice(0, 8)}`);
}

function ingest(world: World, attempt: AttemptId): IngestOutcome {
  if (world.hits('save')) return { kind: 'refused', why: 'a path is too long' };
  const pushed = world.intakes.get(attempt) ?? world.work.get(attempt);
  if (!pushed) return { kind: 'nothing' };
  world.work.set(attempt, pushed);
  return { kind: 'commit', commit: pushed };
}

function measure(world: World, commit: CommitId, target: CommitId): MeasuredChange | undefined {
  const base = world.objects.mergeBase(commit, target);
  const filesChanged = changedPaths(world.objects.treeOf(base), world.objects.treeOf(commit));
  if (filesChanged.length === 0) return undefined;
  const patch = patchOf(world, base, commit);
  return { commit, base, filesChanged, linesAdded: filesChanged.length, linesRemoved: 0, ...patch };
}

/** Every repository of the simulated world has the same objects: their names are all that travels. */
async function* packOf(wants: readonly CommitId[]): AsyncGenerator<Uint8Array> {
  yield Buffer.from(wants.join('\n'));
}

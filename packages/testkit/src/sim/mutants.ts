/**
 * Faults planted on purpose: what the simulator must find to be worth anything. Each is switched on from outside,
 * in a twin or around a port; the product has no flag for it.
 */
import type { Hub, Workspaces } from '@swarm/core/ports/git';
import { MemoryFile } from '@swarm/journal';
import { moveTarget } from '../twins/hub.ts';
import type { Incarnation } from './scheduler.ts';
import type { World } from './world.ts';

export interface Mutant {
  readonly means: string;
  /** The disk, given what is on it. */
  readonly file?: (world: World, bytes: Uint8Array) => MemoryFile;
  readonly hub?: (world: World, inc: Incarnation, hub: Hub) => Hub;
  readonly workspaces?: (world: World, inc: Incarnation, workspaces: Workspaces) => Workspaces;
}

export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'ack-before-fsync': {
    means: 'the journal says a decision is durable while its bytes are still in the cache',
    file: (world, bytes) => new LyingFile(world, bytes),
  },
  'no-compare-and-swap': {
    means: 'publishing overwrites whatever the target is at',
    hub: (world, inc, hub) => ({
      ...hub,
      publish: (candidate) =>
        world.happen(inc, world.random.between(1, 300), () => {
          moveTarget(world, candidate.commit);
          return { kind: 'published' } as const;
        }),
    }),
  },
  'moved-taken-for-landed': {
    means: 'a compare-and-swap that failed is taken for one that succeeded',
    hub: (_world, _inc, hub) => ({
      ...hub,
      publish: async (candidate) => {
        const outcome = await hub.publish(candidate);
        return outcome.kind === 'moved' ? { kind: 'published' } : outcome;
      },
    }),
  },
  'unknown-taken-for-landed': {
    means: 'a publication nobody heard of is taken for one that happened',
    hub: (_world, _inc, hub) => ({
      ...hub,
      publish: async (candidate) => {
        const outcome = await hub.publish(candidate);
        return outcome.kind === 'unknown' ? { kind: 'published' } : outcome;
      },
    }),
  },
  'gate-on-the-base': {
    means: 'the gate looks at the commit the candidate stands on, not at the candidate',
    workspaces: (world, _inc, workspaces) => ({
      ...workspaces,
      create: (ask) => {
        const [parent] = world.objects.get(ask.base).parents;
        return workspaces.create(ask.name.startsWith('gate-') && parent ? { ...ask, base: parent } : ask);
      },
    }),
  },
  'rebuilt-after-the-gate': {
    means: 'what is published is built anew after the gate, on the target as it is then',
    hub: (world, _inc, hub) => ({
      ...hub,
      publish: (candidate) => {
        const tested = world.objects.get(candidate.commit);
        const anew = world.objects.merge(world.target, candidate.commit);
        if (world.target === candidate.parent || anew.kind === 'conflict') return hub.publish(candidate);
        const { id, tree } = world.objects.commit({
          parents: [world.target],
          tree: anew.tree,
          message: tested.message,
          atSeconds: 0,
        });
        return hub.publish({ parent: world.target, commit: id, tree });
      },
    }),
  },
  'members-unmarked': {
    means: 'the commits in a batch do not say whose they are',
    hub: (_world, _inc, hub) => ({
      ...hub,
      buildCandidate: (ask) => hub.buildCandidate({ ...ask, message: (tree) => unmarked(ask.message(tree)) }),
    }),
  },
  'no-trailer-check': {
    means: 'nobody looks whether a landing is on the target already',
    hub: (_world, _inc, hub) => ({ ...hub, landedSince: async () => [] }),
  },
};

const unmarked = (message: string): string =>
  message.includes('Swarm-Gate: ') ? message : message.replace(/^Swarm-Task: .*\n/m, '');

/** Says it has synced, and syncs ten seconds later. */
class LyingFile extends MemoryFile {
  readonly #world: World;

  constructor(world: World, bytes: Uint8Array) {
    super(bytes);
    this.#world = world;
  }

  override async datasync(): Promise<void> {
    this.#world.scheduler.after(10_000, () => void super.datasync());
  }
}

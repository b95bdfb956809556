/**
 * Faults planted on purpose: what the simulator must find to be worth anything. Each is switched on from outside,
 * in a twin or around a port; the product has no flag for it.
 */
import type { Hub } from '@swarm/core';
import { MemoryFile } from '@swarm/journal';
import { moveTarget } from '../twins/hub.ts';
import type { Incarnation } from './scheduler.ts';
import type { World } from './world.ts';

export interface Mutant {
  readonly means: string;
  /** The disk, given what is on it. */
  readonly file?: (world: World, bytes: Uint8Array) => MemoryFile;
  readonly hub?: (world: World, inc: Incarnation, hub: Hub) => Hub;
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
  'no-trailer-check': {
    means: 'nobody looks whether a landing is on the target already',
    hub: (_world, _inc, hub) => ({ ...hub, landedSince: async () => [] }),
  },
};

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

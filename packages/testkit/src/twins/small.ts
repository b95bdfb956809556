/** Twins too small for a file of their own. */
import type { Branches, Delivery, RepositoryReader } from '@swarm/core/ports/git';
import type { EnvironmentStore } from '@swarm/core/ports/running';
import type { Log, Prompts, RunFiles } from '@swarm/core/ports/world';
import type { Incarnation } from '../sim/scheduler.ts';
import type { World } from '../sim/world.ts';
import { environmentOf } from './sandbox.ts';
import { workspaceAt } from './workspaces.ts';

export const twinPrompts: Prompts = {
  render: (name, variables) => ({
    system: `rules of ${name}`,
    text: [name, ...Object.entries(variables).map(([k, v]) => `${k}: ${v}`)].join('\n'),
    hash: `hash-of-${name}`,
  }),
  hash: (name) => `hash-of-${name}`,
};

export function twinFiles(world: World, inc: Incarnation): RunFiles {
  const write = (): Promise<void> =>
    world.happen(inc, world.random.between(1, 10), () => world.write('a file of the run'));
  return {
    writeHandoff: write,
    writeReport: write,
    writePlannerAnswer: write,
    writeGateOutput: (name) => write().then(() => name),
    writeEvidence: async () => undefined,
    readEvidence: async () => undefined,
  };
}

/** Environments by key, each with what its lockfile asked for; one that is not there cannot be put into a workspace. */
export function twinEnvironments(world: World, inc: Incarnation): EnvironmentStore {
  const quick = <T>(effect: () => T): Promise<T> => world.happen(inc, world.random.between(1, 100), effect);
  return {
    needOf: (path) => quick(() => ({ hash: environmentOf(workspaceAt(world, path)?.tree), isKnown: true })),
    has: (key) => quick(() => world.environments.has(key)),
    pin: () => {},
    snapshot: () => quick(() => new Set<string>()),
    keep: (key, { workspace }) =>
      quick(() => {
        world.write('an environment');
        const made = workspaceAt(world, workspace)?.environment;
        world.expect(
          made !== undefined && key.startsWith(made),
          `setup: ${made ?? 'nothing'} is kept as ${key}`,
        );
        world.environments.set(key, world.environments.get(key) ?? made!);
      }),
    install: (key, place) =>
      quick(() => {
        world.write('an environment');
        const made = world.environments.get(key);
        const workspace = workspaceAt(world, place.workspace);
        if (made !== undefined && workspace) workspace.environment = made;
        return made === undefined ? undefined : [];
      }),
    lendHome: () => quick(() => {}),
  };
}

export function twinReader(world: World, inc: Incarnation): RepositoryReader {
  const quick = <T>(effect: () => T): Promise<T> => world.happen(inc, world.random.between(1, 20), effect);
  return {
    list: (commit) => quick(() => [...world.objects.treeOf(commit).keys()]),
    files: (commit) =>
      quick(() =>
        [...world.objects.treeOf(commit)].map(([path, text]) => ({
          path,
          kind: 'file' as const,
          bytes: text.length,
        })),
      ),
    read: (commit, path) => quick(() => world.objects.treeOf(commit).get(path)),
    grep: () => quick(() => []),
    log: () => quick(() => []),
    changes: () => quick(() => new Map()),
  };
}

export function twinDelivery(world: World, inc: Incarnation): Delivery {
  return {
    apply: (to) => {
      world.expect(world.durable.closed !== undefined, 'P6: the work is delivered before the end is on disk');
      return world.happen(inc, 10, () => ({ kind: 'done', from: world.base, to }) as const);
    },
  };
}

/** What is told goes into the world's trace, and so into the hash that makes two runs the same. */
export function twinLog(world: World, inc: Incarnation): Log {
  return {
    write: (name, fields) => {
      if (inc.isAlive) world.tell(name, fields.msg);
    },
  };
}

/** People's branches, judged as strictly as an attempt's own push. */
export function twinBranches(world: World, inc: Incarnation): Branches {
  return {
    take: (attempt, commit) => {
      const isKnown = world.durable.attempts.get(attempt)?.state === 'running';
      world.expect(isKnown, `P6: the branch of ${attempt} is taken in before its start is on disk`);
      const isRefused = world.hits('save');
      world.working = inc;
      return world.happen(inc, world.random.between(1, 2_000), () => {
        if (isRefused) return { kind: 'refused', why: 'a path is too long' } as const;
        if (world.objects.isAncestor(commit, world.base)) return { kind: 'nothing' } as const;
        world.work.set(attempt, commit);
        return { kind: 'commit', commit } as const;
      });
    },
  };
}

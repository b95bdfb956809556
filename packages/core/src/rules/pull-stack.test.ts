import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { TaskId } from '../model/ids.ts';
import type { Task } from '../model/task.ts';
import type { TargetStep } from '../state.ts';
import { commit } from '../testing.ts';
import { type StackedPull, stackOf } from './pull-stack.ts';

interface Given {
  readonly dependsOn?: readonly number[];
  readonly paths?: readonly string[];
  readonly state?: 'landed' | 'gathered' | 'undone';
  readonly parent?: number;
}

const id = (n: number): TaskId => `t${n}` as TaskId;

/** Tasks t1, t2 …, landed in this order. */
function stack(given: readonly Given[], order = given.map((_, i) => i)): readonly StackedPull[] {
  const tasks = new Map(
    given.map(({ dependsOn = [], state = 'landed', parent }, i) => [
      id(i + 1),
      {
        id: id(i + 1),
        state: state === 'undone' ? 'cancelled' : state,
        spec: { dependsOn: dependsOn.map(id), ...(parent && { parent: id(parent) }) },
      } as unknown as Task,
    ]),
  );
  const steps: TargetStep[] = order
    .filter((i) => given[i]!.state !== 'gathered')
    .map((i) => ({ commit: commit(`c${i + 1}`), task: id(i + 1) }));
  const undone = new Set(given.flatMap(({ state }, i) => (state === 'undone' ? [id(i + 1)] : [])));
  const paths = new Map(given.map((one, i) => [id(i + 1), one.paths ?? [`${i + 1}.ts`]]));
  return stackOf({ tasks, steps, undone }, paths);
}

const below = (pulls: readonly StackedPull[]): Record<string, string> =>
  Object.fromEntries(pulls.map((one) => [one.task, one.below ?? 'base']));

describe('a stack of pull requests', () => {
  const ROWS: Readonly<Record<string, readonly [readonly Given[], Record<string, string>]>> = {
    'stands on the base where nothing depends on anything, whatever landed first': [
      [{}, {}, {}],
      { t1: 'base', t2: 'base', t3: 'base' },
    ],
    'follows dependencies': [
      [{}, { dependsOn: [1] }, { dependsOn: [2] }],
      { t1: 'base', t2: 't1', t3: 't2' },
    ],
    'is a tree where two depend on one': [
      [{}, { dependsOn: [1] }, { dependsOn: [1] }],
      { t1: 'base', t2: 't1', t3: 't1' },
    ],
    'puts one of two on the other where a third depends on both': [
      [{}, {}, { dependsOn: [1, 2] }, {}],
      { t1: 'base', t2: 't1', t3: 't2', t4: 'base' },
    ],
    'goes by files too: who changes what another changed stands on it': [
      [{ paths: ['a.ts'] }, {}, { paths: ['a.ts', 'b.ts'] }],
      { t1: 'base', t2: 'base', t3: 't1' },
    ],
    'takes a file and a folder of the same name for one': [
      [{ paths: ['lib/a.ts'] }, { paths: ['lib'] }, { paths: ['lib/b.ts'] }],
      { t1: 'base', t2: 't1', t3: 't2' },
    ],
    'takes what a task with parts was made of for it': [
      [{ state: 'gathered' }, { parent: 1 }, { parent: 1 }, { dependsOn: [1] }],
      { t2: 'base', t3: 't2', t4: 't3' },
    ],
    'keeps the place of what was taken back': [
      [{}, { dependsOn: [1], state: 'undone' }, { dependsOn: [2] }],
      { t1: 'base', t2: 't1', t3: 't2' },
    ],
  };
  for (const [law, [given, expected]] of Object.entries(ROWS))
    it(law, () => assert.deepEqual(below(stack(given)), expected));

  it('has everything a task depends on below it, and nothing that landed later', () => {
    const task = (i: number) =>
      fc.record({
        dependsOn: fc.uniqueArray(fc.integer({ min: 1, max: Math.max(1, i) }), {
          maxLength: i === 0 ? 0 : 3,
        }),
        paths: fc.array(fc.constantFrom('a', 'b', 'a/x', 'a/y', 'c/z'), { maxLength: 2 }),
      });
    const tasks = fc
      .integer({ min: 1, max: 12 })
      .chain((n) => fc.tuple(...Array.from({ length: n }, (_, i) => task(i))));
    fc.assert(
      fc.property(tasks, (given) => {
        const pulls = stack(given);
        const place = new Map(pulls.map(({ task: name }, i) => [name, i]));
        const under = (name: TaskId): readonly TaskId[] => {
          const next = pulls[place.get(name)!]!.below;
          return next === undefined ? [] : [next, ...under(next)];
        };
        for (const [i, { dependsOn, paths }] of given.entries()) {
          const standsOn = under(id(i + 1));
          for (const one of standsOn) assert.ok(place.get(one)! < i);
          for (const one of dependsOn)
            if (one !== i + 1) assert.ok(standsOn.includes(id(one)), `t${i + 1} on t${one}`);
          for (const [j, before] of given.slice(0, i).entries())
            if (before.paths.some((path) => paths.includes(path))) assert.ok(standsOn.includes(id(j + 1)));
        }
      }),
    );
  });
});

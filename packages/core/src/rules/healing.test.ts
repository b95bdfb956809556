import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Event } from '../events.ts';
import type { CommitId, TaskId } from '../model/ids.ts';
import type { Finding } from '../model/request.ts';
import type { OpenedState } from '../state.ts';
import { acceptedTask, commit, failedTask, landedTask, openedRun, openedStateOf } from '../testing.ts';
import {
  culpritsToFind,
  culpritsToRevert,
  failedFixes,
  findingsToFile,
  nextFixAt,
  nextGeneration,
  nextProbe,
  suspectsOf,
} from './healing.ts';

const RED = 'go TestA';
const finding = (head: string, signature = RED): Finding => ({ signature, detail: '', head: commit(head) });
const opened = (head: string, signature = RED): Event => ({
  type: 'finding.opened',
  finding: finding(head, signature),
});
const closed = (head: string, signature = RED): Event => ({
  type: 'finding.closed',
  signature,
  head: commit(head),
});
const checked = (head: string, ...signatures: string[]): Event => ({
  type: 'checks.ended',
  result: {
    head: commit(head),
    outcome: signatures.length > 0 ? 'failed' : 'passed',
    signatures,
    durationMs: 1,
  },
});
const fix = (id: string, generation = 1, signature = RED): Event =>
  acceptedTask(id, {}, { by: 'reconciler', signatures: [signature], generation });
const blamed = (task: string): Event => ({
  type: 'culprit.found',
  signature: RED,
  commit: commit(`landed ${task}.1`),
  task: task as TaskId,
});
const landed = (id: string, n: number): Event[] => [acceptedTask(id), ...landedTask(id, `l${n}`)];
const after = (revertAfter: number | undefined, ...events: readonly Event[]): OpenedState =>
  openedStateOf([
    openedRun({ checks: 'pnpm test', ...(revertAfter !== undefined && { revertAfter }) }),
    ...events,
  ]);
/** Long after everything that was decided. */
const LATER = Number.MAX_SAFE_INTEGER;

describe('fix tasks', () => {
  test('are filed at once for a new failure, and once', () => {
    const seen = [...landed('t1', 1), checked('landed t1.1', RED), opened('landed t1.1')];
    assert.deepEqual(findingsToFile(after(0, ...seen), 0), [RED]);
    assert.deepEqual(findingsToFile(after(0, ...seen, fix('t2')), LATER), []);
  });

  test('are not filed again when they fail, but where so many failures are to cost the culprit its landing', () => {
    const failed = [opened('base'), fix('t1'), failedTask('t1', 'attempts')];
    assert.deepEqual(findingsToFile(after(0, ...failed), LATER), []);
    assert.deepEqual(findingsToFile(after(1, ...failed), LATER), []);
    assert.deepEqual(findingsToFile(after(2, ...failed), LATER), [RED]);
  });

  test('for a failure that comes back wait twice as long each time, while other work goes on', () => {
    const busy = acceptedTask('t9');
    const round = (id: string, n: number): Event[] => [
      ...[opened('base'), fix(id, n), ...landedTask(id, `l${n}`)],
      closed('base'),
    ];
    const waits = [round('t1', 1), [...round('t1', 1), ...round('t2', 2)]].map((rounds) => {
      const s = after(0, busy, ...rounds, opened('base'));
      const dueAt = nextFixAt(s, s.at)!;
      assert.deepEqual([findingsToFile(s, dueAt - 1), findingsToFile(s, dueAt)], [[], [RED]]);
      const last = s.tasks.get([...s.byState.landed].at(-1)!)!;
      return dueAt - (last.state === 'landed' ? last.endedAt : 0);
    });
    assert.deepEqual(waits, [60_000, 120_000]);
  });

  test('wait for nothing when nothing else goes on', () => {
    const s = after(0, opened('base'), fix('t1'), ...landedTask('t1', 'l1'), closed('base'), opened('base'));
    assert.deepEqual(findingsToFile(s, s.at), [RED]);
  });

  test('of the third generation have no children: what they break is only told', () => {
    const broken = (generation: number): OpenedState =>
      after(
        0,
        ...[opened('base', 'other'), fix('t1', generation, 'other'), ...landedTask('t1', 'l1')],
        ...[closed('landed t1.1', 'other'), opened('landed t1.1'), blamed('t1')],
      );
    assert.deepEqual(
      [2, 3].map((n) => findingsToFile(broken(n), LATER)),
      [[RED], []],
    );
    assert.equal(nextGeneration(broken(2), [RED]), 3);
  });

  test('are blamed without proof only when nothing else landed since', () => {
    const events = [fix('t1', 2, 'other'), ...landedTask('t1', 'l1')];
    const alone = after(0, ...events, opened('landed t1.1'));
    const beside = after(0, ...events, ...landed('t2', 2), opened('landed t2.1'));
    assert.deepEqual([nextGeneration(alone, [RED]), nextGeneration(beside, [RED])], [3, 1]);
  });

  test('that landed have failed when the checks still show the failure on a head that has them', () => {
    const events = [...landed('t1', 1), opened('landed t1.1'), fix('t2'), ...landedTask('t2', 'l2')];
    assert.deepEqual(failedFixes(after(1, ...events), RED), []);
    assert.deepEqual(failedFixes(after(1, ...events, checked('landed t1.1', RED)), RED), []);
    assert.deepEqual(failedFixes(after(1, ...events, checked('landed t2.1', RED)), RED), ['t2']);
  });
});

describe('a culprit', () => {
  const three = [...landed('t1', 1), checked('landed t1.1'), ...landed('t2', 2), ...landed('t3', 3)];
  const red = [checked('landed t3.1', RED), opened('landed t3.1')];

  test('is among what landed after the last head without the failure, up to the one with it', () => {
    const s = after(0, ...three, ...red, ...landed('t4', 4));
    assert.deepEqual(
      suspectsOf(s, RED).map((step) => step.task),
      ['t2', 't3'],
    );
  });

  test('is anybody who landed, when no head without the failure is known', () => {
    const s = after(
      0,
      ...landed('t1', 1),
      ...landed('t2', 2),
      checked('landed t2.1', RED),
      opened('landed t2.1'),
    );
    assert.deepEqual(
      suspectsOf(s, RED).map((step) => step.task),
      ['t1', 't2'],
    );
  });

  test('is not looked for once it is named, or a fix has landed and was not checked yet', () => {
    assert.deepEqual(culpritsToFind(after(0, ...three, ...red)), [RED]);
    assert.deepEqual(culpritsToFind(after(0, ...three, ...red, blamed('t2'))), []);
    const fixed = [...three, ...red, fix('t4'), ...landedTask('t4', 'l4')];
    assert.deepEqual(culpritsToFind(after(0, ...fixed)), []);
    assert.deepEqual(culpritsToFind(after(0, ...fixed, checked('landed t4.1', RED))), [RED]);
  });

  test('loses its landing after as many failed fixes as were allowed, and only if that is wanted', () => {
    const failed = [...three, ...red, blamed('t2'), fix('t4'), failedTask('t4', 'attempts')];
    assert.deepEqual(
      [undefined, 1, 2].map((n) => culpritsToRevert(after(n, ...failed))),
      [[], ['t2'], []],
    );
    assert.deepEqual(culpritsToRevert(after(0, ...failed)), [], 'as old journals say never');
    const refused: Event = {
      type: 'undo.refused',
      tasks: ['t2' as TaskId],
      by: 'reconciler',
      reason: 'conflict',
      detail: '',
    };
    assert.deepEqual(culpritsToRevert(after(1, ...failed, refused)), [], 'tried once');
  });
});

test('bisection finds the first bad step of any, in at most log2 of them looks', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), fc.nat(), (count, n) => {
      const first = n % count;
      let [good, bad, looks] = [-1, count - 1, 0];
      for (let at = nextProbe(good, bad); at !== undefined; at = nextProbe(good, bad)) {
        looks += 1;
        if (at >= first) bad = at;
        else good = at;
      }
      assert.equal(bad, first);
      assert.ok(looks <= Math.ceil(Math.log2(count + 1)), `${looks} looks at ${count}`);
    }),
  );
});

test('a batch is a step for each of its tasks, and an undo of several is one', () => {
  const s = after(0, ...landed('t1', 1), ...landed('t2', 2));
  const undone = (task: string): Event => ({
    type: 'landing.undone',
    task: task as TaskId,
    commit: commit('undo'),
    by: 'operator',
  });
  assert.deepEqual(
    s.steps.map((step) => step.task),
    ['t1', 't2'],
  );
  const taken = after(0, ...landed('t1', 1), ...landed('t2', 2), undone('t2'), undone('t1'));
  assert.deepEqual(taken.steps.at(-1), { commit: commit('undo') as CommitId, task: undefined });
  assert.equal(taken.steps.length, 3);
});

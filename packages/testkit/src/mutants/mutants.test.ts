import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { copyWith, misfitsOf } from './copy.ts';
import { core, placesOf } from './mutant.ts';
import { readRow, renderTable, verdictOf } from './report.ts';
import { PRODUCT_MUTANTS } from './table.ts';
import { testsOf, tryMutant } from './try.ts';

test('every mutant has its one place in the sources as they are now', () => {
  const misfits = Object.entries(PRODUCT_MUTANTS).flatMap(([name, mutant]) => misfitsOf(name, mutant));
  assert.deepEqual(misfits, []);
  assert.ok(Object.keys(PRODUCT_MUTANTS).length >= 30);
});

test('a place is found however it is laid out, and told how often it is there', () => {
  assert.equal(placesOf('if (a) return b;', 'x; if (a)\n    return b; y').length, 1);
  assert.equal(placesOf('f(x)', 'f(x) f(x)').length, 2);
  assert.equal(placesOf('f(x)', 'f(y)').length, 0);
});

test('a patch that fits nowhere is refused by the name of its mutant', () => {
  const mutant = { means: 'nothing', patches: [core('this stands nowhere at all', '')] };
  assert.throws(() => copyWith('nowhere', mutant), /mutant nowhere: this stands 0 times/);
});

test('a mutant is planted in a copy, and the sources stay as they are', () => {
  const mutant = PRODUCT_MUTANTS['cut-plan-is-whole']!;
  const copy = copyWith('cut-plan-is-whole', mutant);
  try {
    const file = join('packages', 'orchestrator', 'src', 'planning', 'planner.ts');
    const root = join(import.meta.dirname, '..', '..', '..', '..');
    assert.notEqual(readFileSync(join(copy.root, file), 'utf8'), readFileSync(join(root, file), 'utf8'));
    assert.deepEqual(misfitsOf('cut-plan-is-whole', mutant), []);
  } finally {
    copy.remove();
  }
});

const tried = (found: number, lost: number, redundant?: string) => [
  ...Array.from({ length: found }, (_, i) => ({
    name: `f${i}`,
    mutant: { means: 'm', patches: [] },
    seed: 1,
    said: 'P1: gone',
  })),
  ...Array.from({ length: lost }, (_, i) => ({
    name: `l${i}`,
    mutant: { means: 'm', patches: [], ...(redundant && { redundant }) },
  })),
];

test('the table is good when four in five are found by the simulator, and every other one is explained', () => {
  assert.equal(verdictOf(tried(8, 2, 'another defence')).isGood, true);
  assert.equal(verdictOf(tried(7, 3, 'another defence')).isGood, false);
  const unexplained = verdictOf(tried(9, 1));
  assert.equal(unexplained.isGood, false);
  assert.match(unexplained.text, /nothing finds l0/);
  assert.match(renderTable(tried(1, 0)), /\| `f0` \| m \| seed 1: P1: gone \| not asked \|/);
});

test('a row that was written is read back: what is not tried again keeps its place', () => {
  const mutant = { means: 'm', focus: ['land', 'late'] as const, patches: [] };
  const bySim = { name: 'a', mutant, seed: 12, said: 'P1: this | that' };
  const byTest = { name: 'b', mutant, unfoundIn: 2_000, test: 'a fact' };
  const table = renderTable([bySim, byTest]);
  assert.deepEqual([readRow(table, 'a', mutant), readRow(table, 'b', mutant)], [bySim, byTest]);
  assert.equal(readRow(table, 'c', mutant), undefined);
});

/** One each of the writer, the loop and landing; all that is planted is tried by `pnpm sim --mutants`. */
const SOON_FOUND = ['folded-before-the-disk', 'answers-before-the-disk', 'ungated'];

for (const name of SOON_FOUND) {
  test(`it is found out within a few seeds when ${PRODUCT_MUTANTS[name]!.means} (${name})`, async () => {
    const { seed } = await tryMutant(name, PRODUCT_MUTANTS[name]!, { seeds: 60, isWithUnits: false });
    assert.ok(seed !== undefined);
  });
}

test('a mutant is shown to the tests beside what it changes, and to those it names', () => {
  const root = join(import.meta.dirname, '..', '..', '..', '..');
  const mutant = PRODUCT_MUTANTS['innocents-rejected']!;
  assert.deepEqual(testsOf('innocents-rejected', mutant, root), [
    'orchestrator/src/landing/publish.test.ts',
    'core/src/decisions/landings.test.ts',
  ]);
  const wrong = { ...mutant, tests: ['core/src/nowhere.test.ts'] };
  assert.throws(() => testsOf('innocents-rejected', wrong, root), /there is no test/);
  for (const [each, planted] of Object.entries(PRODUCT_MUTANTS)) testsOf(each, planted, root);
});

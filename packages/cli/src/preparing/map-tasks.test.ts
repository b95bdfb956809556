import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapDrafts } from './map-tasks.ts';

test('each place is a task: its prompt filled in, its scope the place, its check quoted', () => {
  const [one] = mapDrafts(["src/it's.ts"], {
    prompt: 'Tidy {place} up.\nAll of {place}.',
    verify: 'lint {place}',
  });
  assert.deepEqual(one, {
    label: "src/it's.ts",
    title: "Tidy src/it's.ts up.",
    description: "Tidy src/it's.ts up.\nAll of src/it's.ts.",
    scope: ["src/it's.ts"],
    acceptance: '',
    verify: "lint 'src/it'\\''s.ts'",
    priority: 5,
    dependsOn: [],
    kind: 'change',
    requires: [],
  });
});

test('a prompt that does not say where has the place at its end, and in the title', () => {
  const [one] = mapDrafts(['a.ts'], { prompt: 'Tidy up', isAsking: true });
  assert.equal(one!.title, 'Tidy up: a.ts');
  assert.equal(one!.description, 'Tidy up\n\nThe place: a.ts');
  assert.equal(one!.kind, 'answer');
});

test('a title keeps the place, whatever the prompt is', () => {
  const place = `src/${'deep/'.repeat(20)}a.ts`;
  const [one] = mapDrafts([place], { prompt: `Do ${'much '.repeat(60)}in {place}` });
  assert.ok(one!.title.length <= 200 && one!.title.endsWith(`: ${place}`), one!.title);
  const long = `${'d/'.repeat(199)}a.ts`;
  const [other] = mapDrafts([long], { prompt: 'x' });
  assert.ok(other!.title.length <= 200 && other!.title.endsWith('d/a.ts'));
});

test('the reduce waits for every end, and takes no place’s name', () => {
  const drafts = mapDrafts(['reduce', 'b'], { prompt: 'x', reduce: 'Sum it up\nin a table' });
  assert.deepEqual(
    drafts.map(({ label, kind, dependsOn, anyEnd }) => [label, kind, dependsOn, anyEnd]),
    [
      ['reduce', 'change', [], undefined],
      ['b', 'change', [], undefined],
      ['reduce-', 'answer', ['reduce', 'b'], true],
    ],
  );
  assert.equal(drafts[2]!.title, 'Sum it up');
});

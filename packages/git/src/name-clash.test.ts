import assert from 'node:assert/strict';
import { test } from 'node:test';
import { People } from '../test/stack.ts';

const FILES = { 'docs/guide.md': 'guide\n', 'a.txt': 'a\n' };
const CASES: Record<string, readonly [there: string, mine: string, clashes: boolean]> = {
  'a name that differs in case': ['docs/Notes.md', 'docs/notes.md', true],
  'a name that is composed otherwise': ['caf\u00e9.txt', 'cafe\u0301.txt', true],
  'a folder that differs in case': ['Lib/one.txt', 'lib/two.txt', true],
  'a file that is called like a folder': ['Build/one.txt', 'build', true],
  'the very same name': ['same.txt', 'same.txt', false],
  'another name': ['docs/notes.md', 'docs/notes-2.md', false],
};

for (const [what, [there, mine, clashes]] of Object.entries(CASES)) {
  test(`${what}, beside what the target got meanwhile, ${clashes ? 'is refused by name' : 'lands'}`, async (t) => {
    const people = await People.with(t, FILES);
    people.branch('first', 'main', { [there]: 'same\n' });
    people.branch('second', 'main', { [mine]: 'same\n', 'second.txt': 'second\n' });
    await people.nextRun();
    await people.land('first');
    const built = await people.build('second');
    assert.equal(built.kind, clashes ? 'conflict' : 'clean', JSON.stringify(built));
    if (built.kind === 'conflict') assert.match(built.detail, /is the same as .*which the target has/);
  });
}

test('a name that is gone from the target again clashes no more', async (t) => {
  const people = await People.with(t, FILES);
  people.branch('first', 'main', { 'Notes.md': 'first\n' });
  people.branch('second', 'main', { 'notes.md': 'second\n' });
  await people.nextRun();
  const landed = await people.land('first');
  assert.equal((await people.build('second')).kind, 'conflict');
  await people.undo(landed);
  assert.equal((await people.build('second')).kind, 'clean');
});

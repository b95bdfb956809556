/** Notes that are shared: nobody's is lost without being told, and there are only so many. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Command } from '../commands.ts';
import { decide } from '../decide.ts';
import type { AttemptId } from '../model/ids.ts';
import { NOTE_BYTES_MAX, SHARED_NOTES_MAX } from '../model/shared-note.ts';
import { concerns, sharedNotes } from '../rules/shared-notes.ts';
import { acceptedTask, apply, check, openedRun, openedStateOf, running } from '../testing.ts';

const set = (key: string, version: number, value = 'text', by: string = 'operator'): Command => ({
  type: 'setNote',
  key,
  value,
  version,
  by: by as AttemptId,
});
const given = [openedRun(), acceptedTask('t1'), ...running('t1.1')];

describe('a note of the run', () => {
  it('is set by whoever has seen what it replaces, and by nobody else', () => {
    const state = openedStateOf(given);
    apply(state, set('a', 0, 'one', 't1.1'));
    const lost = decide(state, set('a', 0, 'two'));
    assert.equal(lost.kind === 'refusal' && lost.reason, 'late');
    assert.match(lost.kind === 'refusal' ? lost.detail : '', /version 1, and not at 0/);
    apply(state, set('a', 1, 'two'));
    assert.deepEqual(
      sharedNotes(state).map(({ key, text, version, by }) => [key, text, version, by]),
      [['a', 'two', 2, 'operator']],
    );
  });

  it('keeps its version when it is taken away, so that an old one is never taken for a new one', () => {
    const state = openedStateOf(given);
    apply(state, set('a', 0));
    apply(state, set('a', 1, ''));
    assert.deepEqual(sharedNotes(state), []);
    assert.equal(decide(state, set('a', 0)).kind, 'refusal');
    apply(state, set('a', 2));
  });

  it('is bounded in number, length and letters', () => {
    const state = openedStateOf(given);
    for (let n = 0; n < SHARED_NOTES_MAX; n++) apply(state, set(`key ${n}`, 0));
    assert.equal(decide(state, set('more', 0)).kind, 'refusal');
    apply(state, set('key 7', 1, ''));
    apply(state, set('more', 0));
    for (const when of [
      set('', 0),
      set('a\nb', 0),
      set('x'.repeat(101), 0),
      set('a', 0, 'é'.repeat(NOTE_BYTES_MAX / 2 + 1)),
      set('a', 0, '\u001b[2J'),
    ])
      check({ given, when, gives: 'out-of-range' });
    check({ given, when: set('a', 0, 'é'.repeat(NOTE_BYTES_MAX / 2)), gives: ['note.set'] });
  });

  it('is not set by an attempt that is over', () =>
    check({ given: [openedRun(), acceptedTask('t1')], when: set('a', 0, 'x', 't1.1'), gives: 'late' }));

  it('concerns whoever may touch the path it begins with, and everybody where it begins with none', () => {
    const about = (key: string, ...scope: string[]) => concerns({ key }, scope);
    assert.ok(about('src/parser: quoting', 'src/parser/read.ts'));
    assert.ok(about('src/parser/read.ts', 'src/**'));
    assert.ok(!about('src/parser: quoting', 'docs/'));
    assert.ok(about('src/parser: quoting'));
    assert.ok(about('decision: names', 'docs/'));
  });
});

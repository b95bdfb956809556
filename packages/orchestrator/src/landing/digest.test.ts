import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DETAIL_MAX } from '../settings.ts';
import { digest } from './digest.ts';

const failure = (name: string) => ({ signature: `jest ${name}`, detail: `● ${name}\n  expected 1, got 2` });
const told = (...names: string[]) => ({ failures: names.map(failure), doubts: [] });
const LONG = Array.from({ length: 5_000 }, (_, n) => `line ${n}`).join('\n');

describe('what a failed gate said', () => {
  it('begins with the names, new ones first, then shows the first three in their own words', () => {
    const text = digest(told('a', 'b', 'c', 'd'), 'the end', new Set(['jest a']));
    const [first] = text.split('\n');
    assert.equal(first, '4 failures: jest b; jest c; jest d; jest a');
    const shown = [...text.matchAll(/● (\w)\n {2}expected/g)].map((match) => match[1]);
    assert.deepEqual(shown, ['b', 'c', 'd']);
    assert.match(text, /the end$/);
  });
  it('fits its room however much there is to say, in whole lines, with the end in it and no mark first', () => {
    const names = Array.from({ length: 900 }, (_, n) => `${'long name '.repeat(30)} ${n}`);
    for (const text of [
      digest(told(...names), LONG),
      digest(told('a'), LONG),
      digest(told('a'), 'x'.repeat(90_000)),
    ]) {
      assert.ok(text.length <= DETAIL_MAX);
      assert.match(text, /^\d+ failures?: jest /);
    }
    assert.match(digest(told('a'), LONG), /\nline 4998\nline 4999$/);
    assert.match(digest(told('a'), LONG), /It ended with:\nline \d+\n/);
  });
  it('of an output nobody can read begins with its telling line', () => {
    const failures = [{ signature: 'output Error: port 80 is taken', detail: 'Error: port 80 is taken' }];
    const text = digest({ failures, doubts: ['unread'] }, `${LONG}\nError: port 80 is taken\nbye`);
    assert.match(text, /^Error: port 80 is taken\.\nNot all is told: /);
  });
  it('of one line is that line', () => {
    const failures = [{ signature: 'output this is red', detail: 'this is red' }];
    assert.equal(digest({ failures, doubts: ['unread'] }, 'this is red\n'), 'this is red');
  });
  it('says why not all of it is known', () => {
    assert.match(
      digest({ ...told('a'), doubts: ['stopped'] }, ''),
      /^1 failure: jest a\.\nNot all is told: .*before all of it ran/,
    );
  });
});

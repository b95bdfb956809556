import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readAsk } from '../server/ask.ts';
import { faultOf, type QuirkResult } from './quirk.ts';
import { PLAIN, QUIRKS, SHORT_QUIRKS } from './table.ts';

/** A request of a worker whose only odd thing is `odd`, which stands among its messages or its tools. */
function askWith(odd: string) {
  const isTool = odd.includes('"parameters"');
  const tools = isTool ? `[{"type":"function","function":${odd}}]` : '[]';
  const messages = isTool ? '' : `,${odd}`;
  const raw = `{"model":"m","tools":${tools},"messages":[{"role":"system","content":"You are a worker: x"}${messages}]}`;
  return { ...readAsk(raw), raw, before: 0, again: 0 };
}

describe('the table of habits', () => {
  test('has at least 25, each under a name of its own, and those of the short form among them', () => {
    const names = QUIRKS.map(({ name }) => name);
    assert.ok(names.length >= 25, `${names.length}`);
    assert.equal(new Set(names).size, names.length);
    assert.deepEqual(
      SHORT_QUIRKS.filter((name) => !names.includes(name)),
      [],
    );
  });

  for (const { name, habit, control } of QUIRKS.filter((quirk) => quirk.control !== undefined))
    test(`a server of which “${name}” is true refuses what it does not take`, () => {
      const refusal = habit().refuse?.(askWith(control!));
      assert.ok(refusal && refusal.status >= 400, JSON.stringify(refusal));
      assert.equal(habit().refuse?.(askWith('{"role":"user","content":"x"}')), undefined);
    });

  test('counts a habit as met only where both tasks landed, within two calls more, and it showed itself', () => {
    const result = (more: Partial<QuirkResult>): QuirkResult => ({
      name: 'x',
      landed: true,
      calls: 9,
      refusals: 1,
      why: '',
      ...more,
    });
    const refuses = { ...PLAIN, habit: () => ({ refuse: () => undefined }) };
    const fault = (more: Partial<QuirkResult>) => faultOf(refuses, result(more), result({}));
    assert.equal(fault({ calls: 11 }), undefined);
    assert.match(fault({ calls: 12 }) ?? '', /3 extra calls/);
    assert.match(fault({ landed: false, why: 'it fell' }) ?? '', /it fell/);
    assert.match(fault({ refusals: 0 }) ?? '', /did not show/);
  });
});

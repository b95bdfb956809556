/** Keys without a terminal: where each leads, and what is never done by one key alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fold } from '@swarm/core/fold';
import { emptyState, type State } from '@swarm/core/state';
import { acceptedTask, endedAttempt, entry, openedRun, running } from '@swarm/core/testing';
import { type Acted, act } from './acting.ts';
import { nextOf } from './choices.ts';
import { keysOf } from './draw.ts';
import { edited, typed } from './editing.ts';
import { Gatherer } from './facts.ts';
import type { Key } from './keys.ts';
import { FIRST, type Ui } from './ui.ts';

function run(): State {
  const state = emptyState();
  const events = [
    openedRun(),
    ...['t1', 't2', 't3'].map((id) => acceptedTask(id)),
    ...['t1.1', 't2.1', 't3.1'].flatMap((id) => running(id)),
  ];
  for (const [i, event] of events.entries()) fold(state, entry(i + 1, [event]));
  return state;
}
const stage = (state: State, filter = '') => ({
  facts: new Gatherer().gather(
    { state, holder: { pid: 1, since: 0 }, acts: new Map(), happened: [], trouble: undefined },
    filter,
    10_000,
  ),
  size: { columns: 100, rows: 30 },
  detailCount: 0,
});
const keyOf = (key: string): Key => (key.length === 1 ? { text: key } : { name: key as never });
const pressed = (ui: Ui, state: State, ...keys: string[]): Acted => {
  let acted: Acted = { ui, effects: [] };
  for (const key of keys) acted = act(acted.ui, keyOf(key), stage(state));
  return acted;
};

test('a key that costs asks first, names its task, and only a yes does it', () => {
  const state = run();
  for (const [key, what] of [
    ['x', /^Cancel t2 /],
    ['u', /^Take t2 back/],
    ['X', /^Cancel the whole run/],
    ['U', /^Take back all/],
    ['S', /^Stop the run/],
  ] as const) {
    const asked = pressed(FIRST, state, 'j', key);
    assert.match(asked.ui.question!.label, what);
    assert.deepEqual(asked.effects, []);
    for (const no of ['n', 'enter', 'escape', 'x', ' '])
      assert.deepEqual(pressed(asked.ui, state, no).effects, [], `${key} ${no}`);
    assert.equal(pressed(asked.ui, state, 'y').effects[0]?.kind, 'steer', key);
    assert.deepEqual(act(asked.ui, { text: 'y', isPasted: true }, stage(state)).effects, []);
  }
});

test('the chosen row stays the chosen one while others come and go, and its question keeps its task', () => {
  const state = run();
  const { ui } = pressed(FIRST, state, 'j');
  const asked = pressed(ui, state, 't');
  fold(state, entry(state.seq + 1, [endedAttempt('t1.1', 'agent-failed')]));
  assert.match(pressed(ui, state, 't').ui.question!.label, /^tell t2:/);
  fold(state, entry(state.seq + 1, [endedAttempt('t2.1', 'agent-failed')]));
  const { effects } = pressed(asked.ui, state, 'h', 'i', 'enter');
  assert.deepEqual(effects, [{ kind: 'steer', steer: { do: 'tell', task: 't2', text: 'hi' } }]);
});

test('nothing typed is nothing said, and a paste outside a question is no key', () => {
  const state = run();
  assert.deepEqual(pressed(FIRST, state, 't', 'enter').effects, []);
  assert.deepEqual(pressed(FIRST, state, 'n', ' ', 'enter').effects, []);
  const pasted = act(FIRST, { text: 'X', isPasted: true }, stage(state));
  assert.deepEqual([pasted.effects, pasted.ui.question], [[], undefined]);
});

test('the line that is typed: moves, words and wide characters, and a paste is one line', () => {
  const after = (...keys: readonly (string | Key)[]) =>
    keys.reduce((now, key) => edited(now, typeof key === 'string' ? keyOf(key) : key) ?? now, typed('ab cd'));
  assert.deepEqual(after('left', 'X'), { before: 'ab cX', after: 'd' });
  assert.deepEqual(after('backspace', 'backspace'), { before: 'ab ', after: '' });
  assert.deepEqual(after('ctrl-a', 'delete', 'end'), { before: 'b cd', after: '' });
  assert.deepEqual(after('ctrl-w'), { before: 'ab ', after: '' });
  assert.deepEqual(after('ctrl-u'), { before: '', after: '' });
  assert.deepEqual(after({ text: '👩‍💻' }, 'backspace'), { before: 'ab cd', after: '' });
  assert.deepEqual(after({ text: 'x\ny\u001b[2J', isPasted: true }).before, 'ab cdx y [2J');
});

test('every choice of what needs somebody leads on, or says what to type', () => {
  const kinds = (command: string) => nextOf({ command, means: 'it is so' });
  assert.deepEqual(kinds('swarm continue'), { kind: 'steer', steer: { do: 'continue' } });
  assert.equal(kinds('swarm retry t2 --with "…"').kind, 'ask');
  assert.equal(kinds('swarm undo t2').kind, 'ask');
  assert.equal(kinds('swarm submit "…"').kind, 'ask');
  assert.equal(kinds('swarm cancel').kind, 'ask');
  assert.deepEqual(kinds('swarm explain t2'), { kind: 'open', detail: { kind: 'story', task: 't2' } });
  for (const typed of ['swarm resume', 'swarm doctor --run-gate', 'swarm checkout t2', 'swarm clean'])
    assert.match(JSON.stringify(kinds(typed)), /type this in a terminal/);
});

test('keys that come together each count, and Enter ends what was typed', () => {
  const none = Object.fromEntries(['tab', 'shift', 'ctrl', 'meta'].map((name) => [name, false])) as never;
  assert.deepEqual(keysOf('ab\r', none), [{ text: 'a' }, { text: 'b' }, { name: 'enter' }]);
  assert.deepEqual(keysOf('\u0007', none), []);
});

/** The screen as lines, without a terminal: any size, any words, any state of a run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fold } from '@swarm/core/fold';
import type { AttemptId } from '@swarm/core/model/ids';
import { emptyState, type State } from '@swarm/core/state';
import {
  acceptedTask,
  aSpec,
  entry,
  failedTask,
  handedIn,
  landedTask,
  openedRun,
  running,
  startedLanding,
} from '@swarm/core/testing';
import { widthOf } from '@swarm/core/views/width';
import { share } from './arrange.ts';
import { Opened } from './detail.ts';
import { painted } from './draw.ts';
import { Gatherer, type Seen } from './facts.ts';
import { lineWidth, textOf, wrapped } from './lines.ts';
import { screen } from './screen.ts';
import { FIRST, PANES, type Ui } from './ui.ts';

const WIDE = '買い物かごの合計を計算するレジを実装し 👩‍💻🎉 with a long tail of words';
const EVIL = '\u001b]0;x\u0007\u001b[2J\u202eevil\u200b\u009b31m\r\ntwo';

function runWith(tasks: number, working: number): State {
  const state = emptyState();
  const events = [
    openedRun({ text: `Do it ${EVIL}`, gate: 'make check' }),
    ...[...Array(tasks).keys()].map((i) =>
      acceptedTask(`t${i + 1}`, aSpec({ title: i % 3 === 0 ? WIDE : i % 3 === 1 ? EVIL : `Task ${i}` })),
    ),
    ...landedTask('t1', 'l1'),
    failedTask('t2', 'blocked'),
    ...handedIn('t3.1'),
    ...handedIn('t4.1'),
    startedLanding('l2', ['t3.1']),
    ...[...Array(working).keys()].flatMap((i) => running(`t${i + 5}.1`)),
  ];
  for (const [i, event] of events.entries()) fold(state, entry(i + 1, [event]));
  return state;
}

const seenOf = (state: State): Seen => ({
  state,
  holder: { pid: 7, since: 0 },
  acts: new Map([['t5.1' as AttemptId, { attempt: 't5.1' as AttemptId, at: 1_000, text: `bash ${EVIL}` }]]),
  happened: [...Array(30).keys()].map((i) => ({
    id: `${30 - i}.0`,
    at: 1_000 * i,
    event: 'task.accepted',
    task: undefined,
    text: `happened ${i}`,
  })),
  trouble: undefined,
});

const facts = (state: State, filter = '') => new Gatherer().gather(seenOf(state), filter, 100_000);

test('whatever is shown, at every size, the screen has as many lines as the terminal, each as wide, and nothing but text', () => {
  const state = runWith(40, 20);
  const details = [
    undefined,
    new Opened({ kind: 'help' }, undefined),
    new Opened({ kind: 'said', text: `${WIDE}\n${EVIL}` }, undefined),
    new Opened(
      { kind: 'diff', task: 't1' as never },
      { kind: 'text', title: EVIL, lines: [EVIL, `+${WIDE}`] },
    ),
  ];
  for (const columns of [20, 40, 80, 81, 139, 140, 200])
    for (const rows of [5, 12, 24, 50])
      for (const focus of PANES)
        for (const opened of details) {
          const ui: Ui = {
            ...FIRST,
            focus,
            detail: opened?.detail,
            said: { isRefused: true, text: `error: ${EVIL}\n  fix ${WIDE}` },
          };
          const lines = screen({ facts: facts(state), ui, opened }, { columns, rows });
          assert.equal(lines.length, rows, `${columns} by ${rows}`);
          for (const line of lines) {
            assert.equal(lineWidth(line), columns, textOf(line));
            assert.doesNotMatch(textOf(line), /[\p{Cc}\u200b\u202e]/u);
            assert.doesNotMatch(painted(line, false), /\p{Cc}/u);
          }
        }
});

test('what needs somebody stands above all panes, with what can be typed for it', () => {
  const lines = screen(
    { facts: facts(runWith(8, 2)), ui: FIRST, opened: undefined },
    { columns: 100, rows: 30 },
  );
  const text = lines.map((line) => textOf(line).trimEnd());
  const at = (pattern: RegExp) => text.findIndex((line) => pattern.test(line));
  assert.ok(at(/1 thing needs you/) > 0);
  assert.ok(at(/›t2 .* is blocked/) < at(/swarm retry t2 --with "…"/));
  assert.ok(at(/swarm retry t2/) < at(/agents {2}2 of 4 at work/));
  assert.ok(at(/merge queue {2}1 under test, 1 to land/) < at(/l2 under test t3/));
  assert.ok(at(/l2 under test/) < at(/t4 waits to land/));
});

test('only the tasks with all the words of the filter are left; an id means that very task', () => {
  const state = runWith(40, 2);
  assert.deepEqual(facts(state, 't1').tasks, ['t1']);
  assert.deepEqual(facts(state, 'failed').tasks, ['t2']);
  assert.deepEqual(facts(state, 'TASK 38 pending').tasks, ['t39']);
  assert.equal(facts(state, 'no such words').tasks.length, 0);
  assert.equal(facts(state).tasks.length, 40);
});

test('panes share what there is: each has a title and a row while there is room, and what nobody wants is the last one’s', () => {
  for (let height = 0; height <= 60; height += 1)
    for (const first of [0, 1, 2, 3]) {
      const parts = [14, 3, 2_000, 501].map((want, i) => ({ want, isFirst: i === first }));
      const heights = share(height, parts);
      assert.equal(
        heights.reduce((sum, n) => sum + n, 0),
        height,
      );
      if (height >= 8)
        assert.ok(
          heights.every((n) => n >= 2),
          `${height}: ${heights}`,
        );
    }
  assert.deepEqual(
    share(30, [
      { want: 4, isFirst: true },
      { want: 3, isFirst: false },
    ]),
    [4, 26],
  );
});

test('a text is broken at blanks and between wide characters, no line is wider, and no character is lost', () => {
  const texts = [WIDE, `${'x'.repeat(70)} ${'y'.repeat(5)}`, 'a b  c', '', '買'.repeat(50)];
  for (const text of texts)
    for (const width of [10, 21, 80]) {
      const lines = wrapped(text, width, 3);
      assert.ok(
        lines.every((line) => widthOf(line) <= width),
        `${width}: ${lines.join('|')}`,
      );
      assert.equal(lines.join('').replaceAll(/\s/g, ''), text.replaceAll(/\s/g, ''));
    }
});

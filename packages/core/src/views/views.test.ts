import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { EventOf } from '../events.ts';
import { attemptId, taskId } from '../model/ids.ts';
import { NO_USAGE } from '../model/usage.ts';
import type { State } from '../state.ts';
import {
  acceptedTask,
  endedAttempt,
  handedIn,
  landedTask as landed,
  openedRun,
  rejected,
  startedAttempt,
  stateOf,
} from '../testing.ts';
import { board } from './board.ts';
import {
  base,
  candidate,
  commit,
  HOSTILE,
  landedTask,
  minute,
  openState,
  put,
  spec,
  usage,
} from './example.ts';
import { explainTask } from './explain.ts';
import { HOLDERS_TOLD, queue, waitsFor } from './queue.ts';
import { report } from './report.ts';
import { renderReportMarkdown } from './report-markdown.ts';
import { votesText } from './votes.ts';
import { countText, durationText, markdownText, plain } from './words.ts';

/** t2 runs in src/; t3 waits for its scope, t4 for t2, t5 for nobody and is more urgent than t6. */
function busyState(): State {
  const state = openState();
  const attempt = attemptId(taskId(2), 1);
  put(state, { ...base(2, spec(`Lexer ${HOSTILE}`, { scope: ['src/'] }), 1), state: 'running', attempt });
  put(state, { ...base(3, spec('Same file', { scope: ['src/a.ts'] })), state: 'pending' });
  put(state, { ...base(4, spec('After', { dependsOn: [taskId(2)] })), state: 'pending' });
  put(state, { ...base(6, spec('Later', { scope: ['docs/'] })), state: 'pending' });
  put(state, { ...base(5, spec('Sooner', { priority: 1 })), state: 'pending' });
  state.attempts.set(attempt, {
    id: attempt,
    task: taskId(2),
    base: commit('0'),
    worker: 'w1',
    startedAt: minute(3),
    reserved: { tokens: 1, usd: 0 },
    driver: 'builtin',
    state: 'running',
  });
  state.liveAttempts.add(attempt);
  return state;
}

describe('the board', () => {
  it('shows who works on what, since when, with which agent', () => {
    const { rows, counts } = board(busyState(), minute(5));
    assert.deepEqual(rows, [
      {
        attempt: 't2.1',
        task: 't2',
        title: 'Lexer | <b>x</b> [a](javascript:1) # b',
        doing: 'running',
        driver: 'builtin',
        worker: 'w1',
        since: minute(3),
        elapsedMs: 120_000,
      },
    ]);
    assert.equal(counts.pending, 4);
  });
});

describe('the queue', () => {
  it('says who is ready, in order, and what each of the others waits for', () => {
    const { ready, blocked } = queue(busyState());
    assert.deepEqual(
      ready.map((t) => t.task),
      ['t5', 't6'],
    );
    assert.deepEqual(
      blocked.map((t) => [t.task, t.waits]),
      [
        ['t3', [{ kind: 'scope', heldBy: 't2', entry: 'src' }]],
        ['t4', [{ kind: 'dependency', task: 't2', state: 'running' }]],
      ],
    );
  });
  it(`names ${HOLDERS_TOLD} at most of those that hold part of a scope`, () => {
    const tasks = Array.from({ length: 20 }, (_, i) => acceptedTask(`t${i + 1}`, { scope: [`src/${i}.ts`] }));
    const all = ['t99', 't98'].map((id) => acceptedTask(id, { scope: ['src/'] }));
    const state = stateOf([
      openedRun(),
      ...tasks,
      ...all,
      ...tasks.map(({ task }) => startedAttempt(`${task}.1`)),
    ]);
    const { blocked } = queue(state);
    assert.deepEqual(
      blocked.map((b) => [b.task, b.waits.length]),
      [
        ['t98', HOLDERS_TOLD],
        ['t99', HOLDERS_TOLD],
      ],
    );
    assert.equal(waitsFor(state, state.tasks.get(taskId(99))!).length, 20, 'its own page tells all');
  });
  it('says what is landing and which handoffs wait behind it', () => {
    const state = busyState();
    const [first, second] = [attemptId(taskId(5), 1), attemptId(taskId(6), 1)];
    state.queue.add(first).add(second);
    const landing = 'l1' as never;
    const members = [{ task: taskId(5), attempt: first, commit: commit('d') }];
    state.landings.set(landing, {
      id: landing,
      members,
      candidate: candidate('d'),
      startedAt: 7,
      state: 'testing',
    });
    state.openLandings.add(landing);
    const view = queue(state);
    assert.deepEqual(view.landing, [{ landing: 'l1', tasks: ['t5'], since: 7, gate: undefined }]);
    assert.deepEqual(view.waiting, [{ attempt: 't6.1', task: 't6', title: 'Later' }]);
  });
  it('names what keeps everything from starting', () => {
    const state = busyState();
    assert.deepEqual(queue(state).holdups, []);
    state.paused = { reason: 'quota', detail: `no credit ${HOSTILE}`, at: 1 };
    state.spending.reached = 'usd';
    assert.deepEqual(queue(state).holdups, [
      'paused (quota): no credit | <b>x</b> [a](javascript:1) # b',
      'the limit of usd is reached',
    ]);
  });
});

describe('the story of a task', () => {
  it('is told in the order it happened, to how it stands now', () => {
    const state = openState();
    assert.deepEqual(explainTask(state, landedTask(state), taskId(1)), [
      '2026-11-21 10:01:00  t1 was accepted from the operator: “Parser | <b>x</b> [a](javascript:1) # b”, priority 5, touching src/parser.ts.',
      '2026-11-21 10:01:00  t1.1 started on worker w1 at 0000000000.',
      '2026-11-21 10:05:00  t1.1 ended after 4m 0s and 100 tokens ($0.2500): delivered a commit cccccccccc (1 file, +3 −1): Did it | <b>x</b> [a](javascript:1) # b. Outside its scope it touched a.',
      '2026-11-21 10:05:00  t1.1 was not put on the target: does not merge with the target (src/parser.ts).',
      '2026-11-21 10:06:00  t1.2 started on worker w1 at 0000000000.',
      '2026-11-21 10:06:00  t1.2’s agent runs (builtin, prompt p).',
      '2026-11-21 10:10:00  t1.2 ended after 4m 0s and 40 tokens ($0.2500): delivered a commit cccccccccc (1 file, +3 −1): Did it | <b>x</b> [a](javascript:1) # b. Outside its scope it touched a.',
      '2026-11-21 10:19:00  l1 tests it as dddddddddd on 0000000000.',
      '2026-11-21 10:20:00  The gate of l1: passed in 4s.',
      '2026-11-21 10:20:00  It landed as dddddddddd (l1).',
      'In all: 2 attempts, 8m 0s and 140 tokens ($0.5000).',
      'Now: landed as dddddddddd.',
    ]);
  });
  it('leaves out what happened to others', () => {
    const state = busyState();
    assert.deepEqual(explainTask(state, landedTask(state), taskId(3)), [
      'Now: pending, waiting for scope held by t2 (src).',
    ]);
    assert.deepEqual(explainTask(state, [], taskId(99)), []);
  });
});

describe('the report', () => {
  const closedState = (): State => {
    const state = openState();
    landedTask(state);
    state.closed = { reason: 'done', head: commit('d'), green: true, at: minute(30) };
    return state;
  };

  it('lists what was asked for, and what the planner calls met that none of its tasks has brought', () => {
    const state = closedState();
    put(state, { ...base(3, spec('Never done')), state: 'pending' });
    const one = (id: string, status: 'open' | 'met', ...tasks: string[]) =>
      state.planning.requirements.set(id, {
        id,
        text: `wish ${id}`,
        status,
        tasks: tasks.map(Number).map(taskId),
      });
    one('R1', 'met', '1');
    one('R2', 'met', '3');
    one('R3', 'open');
    const r = report(state);
    assert.deepEqual(
      r.requirements.map(({ id, isSettled }) => [id, isSettled]),
      [
        ['R1', true],
        ['R2', false],
        ['R3', false],
      ],
    );
    const text = renderReportMarkdown(r);
    assert.match(
      text,
      /- R1: wish R1: met \(t1\)\n- R2: wish R2: met, it says, and none of its tasks is there \(t3\)/,
    );
    assert.match(text, /- R3: wish R3: open$/m);
    assert.equal(r.verdict, 'incomplete');
  });

  it('begins with work that was held because of a secret, and says nothing of it where there is none', () => {
    const clean = report(closedState());
    assert.equal(clean.alarms, undefined);
    assert.doesNotMatch(renderReportMarkdown(clean), /Secrets/);
    const why = 'rule github finds what looks like a secret in "a.ts", line 2';
    const held = stateOf([
      openedRun(),
      acceptedTask('t1'),
      startedAttempt('t1.1'),
      { ...(endedAttempt('t1.1', 'secret-found') as EventOf<'attempt.ended'>), detail: why },
    ]);
    const r = report(held);
    assert.deepEqual(r.alarms, [{ attempt: 't1.1', detail: why }]);
    assert.match(
      renderReportMarkdown(r),
      /\*\*Secrets\*\*, or what looks like them, [^\n]*\n\n- t1\.1: rule github finds/,
    );
  });

  it('counts landed work, and tells what was tried apart from it', () => {
    const state = closedState();
    const r = report(state);
    assert.equal(r.verdict, 'complete');
    assert.deepEqual([r.landed, r.landedPerHour, r.wallMs, r.activeMs], [1, 3, 1_800_000, 1_200_000]);
    assert.deepEqual([r.attempts, r.handoffs, r.tasksHandedIn, r.firstTryLandings], [2, 2, 1, 0]);
    assert.deepEqual([r.conflicts, r.rejections], [1, { conflict: 1 }]);
    assert.deepEqual([r.tokens, r.retryTokens, r.used.costUsd], [200, 40, 0.75]);
    assert.deepEqual([r.gateRuns, r.gateMs], [1, 4_000]);
    assert.deepEqual([r.list[0]?.commit, r.list[0]?.verified], [commit('d'), 'verified']);
  });
  it('is the same account when it is folded from events', () => {
    const state = stateOf([
      openedRun(),
      acceptedTask('t1'),
      acceptedTask('t2'),
      ...handedIn('t1.1'),
      rejected('t1.1', 'conflict'),
      ...landed('t2', 'l1'),
    ]);
    const r = report(state);
    assert.deepEqual(
      [r.landed, r.handoffs, r.tasksHandedIn, r.firstTryLandings, r.conflicts],
      [1, 2, 2, 1, 1],
    );
    assert.deepEqual(
      [r.verdict, r.gateRuns, r.list.map((t) => t.verified)],
      ['open', 1, ['unverified', 'verified']],
    );
  });
  it('says what reviewers came to, and nothing where nobody voted', () => {
    const about = { attempt: attemptId(taskId(1), 1), commit: commit('a') };
    const usage = NO_USAGE;
    const given = { type: 'review.given', ...about, confidence: 0.8, usage } as const;
    const state = stateOf([
      openedRun({ review: { reviewers: 2, threshold: 0.6, quorum: 2 } }),
      ...[acceptedTask('t1'), acceptedTask('t2'), ...handedIn('t1.1')],
      { type: 'review.asked', ...about, reviewers: ['reviewer-1', 'reviewer-2'] },
      { ...given, reviewer: 'reviewer-1', vote: 'approve', findings: [], by: 'm' },
      { ...given, reviewer: 'reviewer-2', vote: 'reject', findings: [`a.ts:1 ${HOSTILE}`] },
      { type: 'review.ended', ...about, verdict: 'rejected' },
      { type: 'landing.rejected', attempt: about.attempt, reason: 'review-rejected', detail: '', files: [] },
    ]);
    const r = report(state);
    assert.equal(r.list[1]!.votes, undefined);
    assert.deepEqual([r.list[0]!.votes!.verdict, r.list[0]!.votes!.votes[0]!.by], ['rejected', 'm']);
    assert.equal(
      votesText(r.list[0]!.votes!),
      't1.1 rejected: reviewer-1 approves, 80 % sure (m); reviewer-2 rejects it, 80 % sure',
    );
    assert.doesNotMatch(r.list[0]!.votes!.votes[1]!.findings[0]!, /\u001b/);
    assert.match(renderReportMarkdown(r), /What reviewers came to:/);
  });
  it('counts a landing at the first handoff', () => {
    const state = closedState();
    const task = state.tasks.get(taskId(1))!;
    assert.ok(task.state === 'landed');
    state.tasks.set(task.id, { ...task, attempt: attemptId(task.id, 1) });
    assert.equal(report(state).firstTryLandings, 1);
  });
  it('calls no landing verified that neither the gate nor its own command has passed', () => {
    const state = closedState();
    const landing = [...state.landings.values()][0]!;
    const { gate: _, ...ungated } = landing;
    state.landings.set(landing.id, ungated);
    assert.equal(report(state).list[0]?.verified, 'unverified');
    const task = state.tasks.get(taskId(1))!;
    state.tasks.set(task.id, { ...task, spec: { ...task.spec, verify: 'true' } });
    assert.equal(report(state).list[0]?.verified, 'unverified', 'it did not pass on the head');
    const rechecked = { head: state.head!, isPassed: true, heldAt: state.head };
    state.health.rechecks.set(task.id, rechecked);
    assert.equal(report(state).list[0]?.verified, 'verified');
    state.health.rechecks.set(task.id, { ...rechecked, isPassed: false });
    assert.equal(report(state).list[0]?.verified, 'unverified');
  });
  it('takes a check that passed before any work for no evidence, and says so', () => {
    const state = closedState();
    const task = state.tasks.get(taskId(1))!;
    state.tasks.set(task.id, { ...task, spec: { ...task.spec, verify: 'true' }, verifiesBase: true });
    state.health.rechecks.set(task.id, { head: state.head!, isPassed: true, heldAt: state.head });
    assert.deepEqual(
      [report(state).list[0]?.verified, report(state).list[0]?.tellsNothing],
      ['verified', true],
      'the gate passed on it',
    );
    assert.match(renderReportMarkdown(report(state)), /passed before any work and tells nothing/);
    const landing = [...state.landings.values()][0]!;
    const { gate: _, ...ungated } = landing;
    state.landings.set(landing.id, ungated);
    assert.equal(report(state).list[0]?.verified, 'unverified');
  });
  it('is complete only when everything is there and the head is not red', () => {
    const state = closedState();
    state.closed = { ...state.closed!, green: false };
    assert.equal(report(state).verdict, 'incomplete');
    state.closed = { ...state.closed, green: 'unknown' };
    assert.equal(report(state).verdict, 'complete');
    const failed = { failure: 'attempts', detail: `gave up ${HOSTILE}`, endedAt: 1 } as const;
    put(state, { ...base(2, spec('Never')), state: 'failed', ...failed });
    assert.equal(report(state).verdict, 'incomplete');
    state.closed = undefined;
    assert.equal(report(state).verdict, 'open');
  });
  it('reads in Markdown, with every foreign word escaped', () => {
    const state = closedState();
    const text = renderReportMarkdown(report(state));
    assert.match(text, /^# r-20261121-aaaa: complete\n/);
    assert.match(text, /\n1 of 1 landed; the head is now \w{10}, which was not checked\.\n/);
    assert.match(text, /\nLandings are on `refs\/heads\/swarm\/r`; the run is closed\.\n/);
    assert.match(text, /\| landed at the first handoff \| 0 of 1 that handed in \|\n/);
    assert.match(text, /\n- conflict: 1 \(does not merge with the target\)\n/);
    assert.match(text, /\n\| t1 \| Parser .* \| landed \| `dddddddddd` \| verified \|\n$/);
    for (const raw of ['<b>', '[a](', '\u001b', '\u202e', '\n# b']) assert.ok(!text.includes(raw), raw);
  });
  it('says aloud that there was no gate, no price, no known colour', () => {
    const state = closedState();
    const { gate: _, ...request } = state.run!.request;
    state.run = { ...state.run!, request };
    state.spending.used = { ...usage(1, 0), priced: false };
    state.closed = { ...state.closed!, green: 'unknown' };
    const text = renderReportMarkdown(report(state));
    assert.match(text, /There was no gate: nothing that landed was tested\./);
    assert.match(text, /\| cost \| price unknown \|/);
    assert.match(text, /which was not checked\.\n/);
  });
});

describe('words of others', () => {
  it('are shown on one line, without what cannot be seen, and cut', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 40 }), (text, max) => {
        const shown = plain(text, max);
        assert.ok(shown.length <= max && shown.isWellFormed());
        assert.doesNotMatch(shown, /[\p{Cc}\p{Cf}\u2028\u2029]/u);
      }),
    );
  });
  it('cannot end a table cell or begin markup', () => {
    assert.equal(markdownText('a | b <i> `c` [d](e)'), 'a \\| b &lt;i&gt; \\`c\\` \\[d\\]\\(e\\)');
  });
  it('count and measure as people do', () => {
    assert.deepEqual([countText(1, 'task'), countText(1_234_567, 'token')], ['1 task', '1,234,567 tokens']);
    assert.deepEqual([999, 59_400, 61_000, 7_260_000].map(durationText), ['999ms', '59s', '1m 1s', '2h 1m']);
  });
});

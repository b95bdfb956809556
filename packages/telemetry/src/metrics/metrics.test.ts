import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Entry, Event } from '@swarm/core/events';
import { fold } from '@swarm/core/fold';
import type { LogEventName, LogLine } from '@swarm/core/log-events';
import { isOver, TASK_STATES } from '@swarm/core/model/task';
import { emptyState, isOpened, type State } from '@swarm/core/state';
import { acceptedTask, commit, landedTask, openedRun } from '@swarm/core/testing';
import { board } from '@swarm/core/views/board';
import { report } from '@swarm/core/views/report';
import { simulate } from '@swarm/testkit';
import { GENAI, GENAI_METRICS } from '../genai.ts';
import { type Samples, samplesOf } from '../testing.ts';
import { VALUES_MAX } from './labels.ts';
import { createMetrics, followBoth } from './metrics.ts';
import { METRICS } from './names.ts';

const RUN = 'r-20261121-k3f7';
const AT = Date.UTC(2026, 10, 21, 10);
const entriesOf = (...all: readonly (readonly Event[])[]): Entry[] =>
  all.map((events, i) => ({ seq: i + 1, at: AT + i * 60_000, cause: 'test', events }));
const line = (event: LogEventName, data: LogLine['data'], attempt?: string): LogLine => ({
  v: 1,
  ts: new Date(AT).toISOString(),
  seq: 1,
  level: 'info',
  event,
  run: RUN,
  ...(attempt && { attempt }),
  msg: event,
  data,
});

async function told(entries: readonly Entry[], lines: readonly LogLine[] = []): Promise<Samples> {
  const metrics = createMetrics();
  const run = metrics.follow(RUN);
  for (const one of lines) run.line(one);
  for (const entry of entries) run.entry(entry);
  return samplesOf(await metrics.render());
}

/** Tasks that came to an end, once for each time, by other code than the product's. */
function endsOf(entries: readonly Entry[]): number {
  const state = emptyState();
  let ends = 0;
  let before = new Set<string>();
  for (const entry of entries) {
    fold(state, entry);
    const over = new Set<string>([...state.tasks.values()].filter((t) => isOver(t.state)).map((t) => t.id));
    ends += [...over].filter((id) => !before.has(id)).length;
    before = over;
  }
  return ends;
}

function assertSameFigures(samples: Samples, state: State, entries: readonly Entry[]): void {
  const said = report(state);
  const seen = board(state, state.at);
  for (const name of TASK_STATES)
    assert.equal(samples.one('swarm_tasks', { state: name }), said.tasks[name], name);
  assert.equal(samples.one('swarm_queue_depth'), seen.queued);
  assert.equal(samples.sum('swarm_tokens_total'), said.tokens);
  assert.equal(samples.sum('swarm_tokens_total', { kind: 'input' }), said.used.inputTokens);
  assert.equal(samples.sum('swarm_cost_usd_total'), said.used.costUsd);
  // What was lost is spent by its role, and was never metered.
  if (state.spending.lost.tokens === 0)
    for (const [role, { spent }] of Object.entries(state.spending.roles))
      assert.equal(samples.sum('swarm_tokens_total', { role }), spent.tokens, role);
  const landings = (outcome: string) => samples.one('swarm_landings_total', { outcome })!;
  assert.equal(landings('landed') - landings('undone'), said.landed);
  assert.equal(
    landings('rejected'),
    Object.values(said.rejections).reduce((sum, n) => sum + n, 0),
  );
  assert.equal(samples.one('swarm_gate_seconds_count') ?? 0, said.gateRuns);
  assert.ok(Math.abs((samples.one('swarm_gate_seconds_sum') ?? 0) * 1_000 - said.gateMs) < 1);
  const live =
    samples.one('swarm_workers', { state: 'starting' })! +
    samples.one('swarm_workers', { state: 'running' })!;
  assert.equal(live, seen.rows.length);
  assert.equal(samples.one('swarm_task_duration_seconds_count') ?? 0, endsOf(entries));
  const green = samples.one('swarm_target_green');
  if (state.closed) assert.equal(green === undefined ? 'unknown' : green === 1, said.green);
  assert.equal(samples.one('swarm_run_open'), Number(isOpened(state) && !state.closed));
  const isDown = state.paused?.reason === 'endpoints-down';
  if (isDown) assert.equal(samples.one('swarm_breaker_state', { target: 'models' }), 1);
}

describe('the metrics of simulated runs', () => {
  for (const focus of [[], ['land', 'operator'], ['split'], ['reviewed', 'metered']] as const) {
    it(`are what status and report say of the same journal${focus.length ? `: ${focus.join(', ')}` : ''}`, async () => {
      for (let seed = 1; seed <= 12; seed++) {
        const { entries } = await simulate(seed, { focus });
        const cut = entries.slice(0, Math.ceil((entries.length * seed) / 12));
        const state = emptyState();
        for (const entry of cut) fold(state, entry);
        assertSameFigures(await told(cut), state, cut);
      }
    });
  }
});

describe('the metrics of a run', () => {
  const opened = [openedRun(), acceptedTask('t1')];

  it('are the same whether the caller folds the state or it is folded here', async () => {
    const { entries } = await simulate(3);
    const state = emptyState();
    const metrics = createMetrics();
    const run = metrics.follow(RUN, state);
    for (const entry of entries) {
      fold(state, entry);
      run.entry(entry);
    }
    const alone = createMetrics();
    for (const entry of entries) alone.follow(RUN).entry(entry);
    assert.equal(await metrics.render(), await alone.render());
  });

  it('do not change when entries are told again', async () => {
    const entries = entriesOf(opened, landedTask('t1', 'l1'));
    const once = createMetrics();
    const twice = createMetrics();
    for (const entry of entries) once.follow(RUN).entry(entry);
    for (const entry of [...entries, ...entries]) twice.follow(RUN).entry(entry);
    assert.equal(await once.render(), await twice.render());
  });

  it('are gone once it is forgotten, and those of others stay', async () => {
    const metrics = createMetrics();
    for (const run of [RUN, 'r-other']) {
      const followed = metrics.follow(run);
      followed.line(line('model.called', { endpoint: 'e', model: 'm', ms: 5 }));
      for (const entry of entriesOf(opened, landedTask('t1', 'l1'))) followed.entry(entry);
    }
    await metrics.render();
    metrics.forget(RUN);
    const text = await metrics.render();
    assert.ok(!text.includes(RUN));
    assert.equal(samplesOf(text).one('swarm_tasks', { state: 'landed' }), 1);
  });

  it('say that the target is green or red only while that is known', async () => {
    const checked = (outcome: 'passed' | 'failed'): Event => ({
      type: 'checks.ended',
      result: { head: commit('base'), outcome, signatures: [], durationMs: 1 },
    });
    assert.equal((await told(entriesOf(opened))).one('swarm_target_green'), undefined);
    assert.equal((await told(entriesOf(opened, [checked('passed')]))).one('swarm_target_green'), 1);
    assert.equal((await told(entriesOf(opened, [checked('failed')]))).one('swarm_target_green'), 0);
  });

  it('count runs of the gate that really ran, and no remembered ones', async () => {
    const ran = (isRemembered: boolean): Event[] =>
      landedTask('t1', 'l1').map((e) =>
        e.type === 'gate.ended'
          ? { ...e, result: { ...e.result, durationMs: 4_000, remembered: isRemembered } }
          : e,
      );
    assert.equal((await told(entriesOf(opened, ran(false)))).one('swarm_gate_seconds_sum'), 4);
    assert.equal((await told(entriesOf(opened, ran(true)))).one('swarm_gate_seconds_count'), undefined);
  });

  it('say how much of each limit is used, and nothing where there is none', async () => {
    const limits = { workers: 1, attempts: 1, tasks: 9, attemptTokens: 50, tokens: 200, timeMs: 240_000 };
    const used: Event = {
      type: 'spend.recorded',
      role: 'planner',
      usage: { calls: 1, inputTokens: 150, outputTokens: 20, costUsd: 0.5, priced: true },
    };
    const samples = await told(entriesOf([openedRun({ limits })], [used]));
    assert.equal(samples.one('swarm_budget_used_ratio', { limit: 'tokens' }), 0.85);
    assert.equal(samples.one('swarm_budget_used_ratio', { limit: 'time' }), 0.25);
    assert.equal(samples.one('swarm_budget_used_ratio', { limit: 'usd' }), undefined);
  });

  it('have a breaker of all models and one of the target by what the run waits for', async () => {
    const paused = (reason: 'endpoints-down' | 'target-gone'): Event => ({
      type: 'run.paused',
      reason,
      detail: '',
    });
    const state = async (entries: Entry[], target: string) =>
      (await told(entries)).one('swarm_breaker_state', { target });
    const down = entriesOf(opened, [paused('endpoints-down')]);
    assert.equal(await state(down, 'models'), 1);
    assert.equal(await state(down, 'target'), 0);
    assert.equal(await state(entriesOf(opened, [paused('target-gone')]), 'target'), 1);
    const on: Event = { type: 'run.continued', by: 'itself' };
    assert.equal(await state(entriesOf(opened, [paused('endpoints-down')], [on]), 'models'), 0);
  });
});

describe('what only the log knows', () => {
  const usage = (inputTokens: number, outputTokens: number) => ({
    calls: 1,
    inputTokens,
    outputTokens,
    costUsd: 0,
    priced: true,
  });
  const called = (attempt: string, model: unknown, input: number, output: number) =>
    line(
      'model.called',
      { role: 'worker', endpoint: 'e1', model, ms: 250, usage: usage(input, output) },
      attempt,
    );
  const used = (input: number, output: number): Entry[] =>
    entriesOf(
      [openedRun(), acceptedTask('t1')],
      landedTask('t1', 'l1').map((e) =>
        e.type === 'attempt.ended' ? { ...e, usage: usage(input, output) } : e,
      ),
    );

  it('is which models an attempt asked: its tokens are theirs', async () => {
    const samples = await told(used(30, 12), [called('t1.1', 'big', 10, 2), called('t1.1', 'small', 20, 10)]);
    assert.equal(samples.sum('swarm_tokens_total', { model: 'big' }), 12);
    assert.equal(samples.sum('swarm_tokens_total', { model: 'small' }), 30);
  });

  it('never changes a sum: what the log lacks is counted to the model that had most', async () => {
    const samples = await told(used(300, 12), [
      called('t1.1', 'big', 10, 2),
      called('t1.1', 'small', 20, 10),
    ]);
    assert.equal(samples.sum('swarm_tokens_total', { model: 'small' }), 312);
    assert.equal(samples.sum('swarm_tokens_total'), 312);
  });

  it('is how long calls took, by the names of the conventions', async () => {
    const samples = await told([], [called('t1.1', 'big', 10, 2)]);
    const labels = { gen_ai_operation_name: 'chat', gen_ai_request_model: 'big', gen_ai_provider_name: 'e1' };
    assert.equal(samples.one('gen_ai_client_inference_duration_seconds_sum', labels), 0.25);
    assert.equal(samples.one('gen_ai_client_inference_usage_input_tokens_total', labels), 10);
  });

  it('is which endpoint is silent', async () => {
    const probed = (doesAnswer: boolean) => line('endpoint.probed', { endpoint: 'e1', doesAnswer });
    const state = async (...lines: LogLine[]) =>
      (await told([], lines)).one('swarm_breaker_state', { target: 'endpoint/e1' });
    assert.equal(await state(probed(false)), 1);
    assert.equal(await state(probed(false), probed(true)), 0);
    assert.equal(await state(probed(false), called('t1.1', 'm', 1, 1)), 0);
  });

  it('is how much of an endpoint’s quotas is used, when there is more, and that nothing is left', async () => {
    const labels = { endpoint: 'a/work', quota: '5h' };
    const week = { of: '7d', used: 0.3 };
    const quotas = [{ of: '5h', used: 0.42, resetsAt: 1_800_000_000_000 }, week];
    const heard = line('endpoint.quota', { endpoint: 'a/work', quotas });
    const samples = await told([], [heard]);
    assert.equal(samples.one('swarm_quota_used_ratio', labels), 0.42);
    assert.equal(samples.one('swarm_quota_reset_timestamp_seconds', labels), 1_800_000_000);
    assert.equal(samples.one('swarm_quota_used_ratio', { ...labels, quota: '7d' }), 0.3);
    const emptied = line('endpoint.emptied', { endpoint: 'a/work', quotas: [week] });
    const after = await told([], [heard, emptied]);
    assert.equal(after.one('swarm_quota_used_ratio', labels), undefined);
    assert.equal(after.one('swarm_breaker_state', { target: 'endpoint/a/work' }), 1);
    const back = await told(
      [],
      [heard, emptied, line('endpoint.refilled', { endpoint: 'a/work', quotas: [] })],
    );
    assert.equal(back.one('swarm_breaker_state', { target: 'endpoint/a/work' }), 0);
    const hostile = [
      { of: 7, used: 'x' },
      null,
      { of: 'x'.repeat(9_999), used: -1 },
      { of: '5h', used: 7, resetsAt: NaN },
    ];
    const odd = await told([], [line('endpoint.quota', { endpoint: 'a/work', quotas: hostile })]);
    assert.equal(odd.one('swarm_quota_used_ratio', labels), 1);
  });

  it('is told in its place among the entries', async () => {
    const metrics = createMetrics();
    const entries = used(30, 12);
    async function* lines() {
      yield { ...called('t1.1', 'big', 30, 12), ts: new Date(entries[1]!.at).toISOString() };
    }
    await followBoth(metrics.follow(RUN), entries, lines());
    assert.equal(samplesOf(await metrics.render()).sum('swarm_tokens_total', { model: 'big' }), 42);
  });
});

describe('hostile names', () => {
  const HOSTILE = [
    'a"} 1\n',
    'b\\',
    'c\nswarm_tasks{run="x"} 9',
    '\u202e\u001b[31m',
    '',
    'x'.repeat(10_000),
    7,
    null,
  ];

  it('neither break the text nor grow a label', async () => {
    const samples = await told(
      [],
      HOSTILE.map((name) => line('model.called', { endpoint: name, model: name, ms: 1, role: name })),
    );
    assert.equal(samples.unreadable, 0);
    assert.ok(samples.all.every(({ labels }) => Object.values(labels).every((v) => v.length <= 200)));
    assert.equal(samples.sum('gen_ai_client_inference_duration_seconds_count'), HOSTILE.length);
  });

  it('make a bounded number of series, and are counted all the same', async () => {
    const lines = Array.from({ length: 5_000 }, (_, i) =>
      line('model.called', { endpoint: 'e', model: `m${i}`, ms: 1 }),
    );
    const samples = await told([], lines);
    const counts = samples.all.filter(
      ({ name }) => name === 'gen_ai_client_inference_duration_seconds_count',
    );
    assert.equal(counts.length, VALUES_MAX + 1);
    assert.equal(samples.sum('gen_ai_client_inference_duration_seconds_count'), 5_000);
  });

  it('cannot stop the count by figures that are none', async () => {
    const figures = [Number.NaN, -5, 'many', null, {}, Number.POSITIVE_INFINITY];
    const samples = await told(
      [],
      figures.map((n) =>
        line('model.called', { endpoint: 'e', model: 'm', ms: n, usage: { inputTokens: n } }),
      ),
    );
    assert.equal(samples.sum('gen_ai_client_inference_usage_input_tokens_total'), 0);
  });
});

describe('the table of metrics', () => {
  it('has every metric of the conventions that there is, under its own name as Prometheus writes it', () => {
    for (const name of Object.values(GENAI_METRICS)) {
      const plain = name.replaceAll('.', '_');
      assert.ok(
        Object.keys(METRICS).some((one) => [plain, `${plain}_seconds`, `${plain}_total`].includes(one)),
        name,
      );
    }
    const labels = new Set(Object.values(GENAI).map((name) => name.replaceAll('.', '_')));
    for (const [name, about] of Object.entries(METRICS).filter(([one]) => one.startsWith('gen_ai')))
      assert.deepEqual(
        about.labels.filter((label) => !labels.has(label)),
        [],
        name,
      );
  });

  it('leaves out what is about this process, unless that is asked for', async () => {
    assert.ok(!(await createMetrics().render()).includes('process_cpu'));
    assert.ok((await createMetrics({ hasProcess: true }).render()).includes('process_cpu'));
  });
});

/** `swarm status --metrics`: Prometheus text of a real run, the same figures as its report and its status. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { samplesOf } from '@swarm/telemetry/testing';
import { FILES, GATE, modelEnvironment, plannerAnswer, workerAnswer } from './support/bicycle.ts';
import { startModelServer } from './support/model-server.ts';
import { World } from './support/world.ts';

const promtool = spawnSync('promtool', ['--version']).status === 0;
const noPromtool = promtool ? {} : { skip: 'promtool is not there; fix: apt-get install prometheus' };

const PARTS = ['axle', 'spoke', 'rim'];
const PRICES = {
  asOf: '2026-11-21',
  currency: 'USD',
  perMillion: { 'test-model': { input: 3, output: 15 } },
};

test('a run’s metrics are the figures of its report and status, by role, model and endpoint', async (t) => {
  const world = await World.with(t, FILES);
  await writeFile(join(world.root, 'config', 'swarm', 'prices.json'), JSON.stringify(PRICES));
  const server = await startModelServer(t, (call) =>
    call.isWorker ? workerAnswer(call) : plannerAnswer(call, PARTS),
  );
  const ran = await world.swarm(['run', 'Build a bicycle', '--gate', GATE], {
    env: modelEnvironment(server.url),
  });
  assert.equal(ran.code, 0, ran.stderr);
  const ask = async (...args: string[]): Promise<string> => {
    const asked = await world.swarm(args);
    assert.equal(asked.code, 0, asked.stderr);
    return asked.stdout;
  };
  const samples = samplesOf(await ask('status', '--metrics'));
  const report = JSON.parse(await ask('report', '--json'));
  const status = JSON.parse(await ask('status', '--json'));
  assert.equal(samples.unreadable, 0);
  assert.ok(samples.all.every(({ labels }) => labels.run === report.run));
  for (const [state, count] of Object.entries(report.tasks))
    assert.equal(samples.one('swarm_tasks', { state }), count, state);
  assert.equal(samples.one('swarm_landings_total', { outcome: 'landed' }), report.landed);
  assert.equal(samples.sum('swarm_tokens_total'), report.tokens);
  assert.equal(samples.one('swarm_cost_usd_total'), report.used.costUsd);
  assert.equal(samples.one('swarm_gate_seconds_count'), report.gateRuns);
  assert.equal(samples.one('swarm_queue_depth'), status.board.queued);
  assert.equal(
    samples.one('swarm_target_green'),
    report.green === 'unknown' ? undefined : Number(report.green),
  );
  assert.ok(report.tokens > 0 && report.used.costUsd > 0);
  assert.equal(samples.one('swarm_run_open'), 0);
  for (const role of ['planner', 'worker'])
    assert.equal(
      samples.sum('swarm_tokens_total', { role, model: 'test-model' }),
      status.spending.roles[role].spent.tokens,
      role,
    );
  assert.equal(samples.sum('gen_ai_client_inference_duration_seconds_count'), report.used.calls);
  assert.equal(samples.sum('gen_ai_invoke_agent_inference_calls_count'), report.attempts);
  assert.ok(samples.sum('gen_ai_invoke_agent_tool_calls_sum') > 0);
  // A log that somebody has removed takes away what only it knew, and no figure of the journal.
  await rm(join(world.runs, report.run, 'log.ndjson'));
  const without = samplesOf(await ask('status', '--metrics'));
  assert.equal(without.sum('swarm_tokens_total'), report.tokens);
  assert.equal(without.sum('gen_ai_client_inference_duration_seconds_count'), 0);
});

test('the metrics of a run are text that Prometheus takes without a warning', noPromtool, async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const ran = await world.swarm(
    await world.plan([{ title: 'Add', description: 'echo a > a' }], '--gate', 'true'),
  );
  assert.equal(ran.code, 0, ran.stderr);
  const said = await world.swarm(['status', '--metrics']);
  assert.equal(execFileSync('promtool', ['check', 'metrics'], { input: said.stdout, encoding: 'utf8' }), '');
});

test('metrics are text, and not JSON too', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const refused = await world.swarm(['status', '--metrics', '--json']);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /--metrics/);
});

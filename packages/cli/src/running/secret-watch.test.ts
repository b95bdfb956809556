import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AttemptId } from '@swarm/core/model/ids';
import { NO_USAGE } from '@swarm/core/model/usage';
import type { AgentJob, AgentResult } from '@swarm/core/ports/running';
import { type KnownSecret, REDACTED, SecretBook } from '@swarm/telemetry';
import { SecretWatch } from './secret-watch.ts';

const VALUE = 'operators-token-1';
const job = { attempt: 't1.1' as AttemptId } as AgentJob;
const claim = (summary: string, concerns: readonly string[] = []) =>
  ({ status: 'complete', summary, concerns, suggestions: [] }) as const;

function watched(result: Partial<AgentResult>, more: Partial<KnownSecret> = {}) {
  const told: string[] = [];
  const book = new SecretBook([{ name: 'TOKEN', value: VALUE, ...more }]);
  const watch = new SecretWatch(book, { write: (event, { msg }) => told.push(`${event}: ${msg}`) });
  const whole: AgentResult = { end: 'finished', detail: '', usage: NO_USAGE, toolCalls: 0, ...result };
  const agent = watch.over({ name: 'a', run: async () => whole });
  return { watch, told, run: () => agent.run(job) };
}

test('a secret that comes together only in what the agent hands over is taken out, told, and named', async () => {
  const { run, told } = watched({ claim: claim(`it is ${VALUE}`, [VALUE]), detail: VALUE });
  const result = await run();
  assert.deepEqual(result.claim, claim(`it is ${REDACTED}`, [REDACTED]));
  assert.equal(result.detail, REDACTED);
  assert.deepEqual(result.leaked, ['TOKEN']);
  assert.deepEqual(told, ['secret.found: t1.1 printed the value of TOKEN; it was taken out']);
});

test('what was taken out of its lines before is named where its handoff says it', async () => {
  const { watch, run } = watched({ claim: claim(`it is ${REDACTED}`) });
  watch.printed('t1.1', 'TOKEN');
  assert.deepEqual((await run()).leaked, ['TOKEN']);
});

test('what an agent printed and does not hand over is told once, and its work is not held', async () => {
  const { watch, told, run } = watched({ claim: claim('done') });
  for (let i = 0; i < 3; i++) watch.printed('t1.1', 'TOKEN');
  assert.equal((await run()).leaked, undefined);
  assert.equal(told.length, 1);
});

test('a mark that says it was taken out holds nothing where nothing was', async () => {
  assert.equal((await watched({ claim: claim(REDACTED) }).run()).leaked, undefined);
});

test('an attempt’s own token is taken out, and holds nothing', async () => {
  const { run, told } = watched({ claim: claim(VALUE) }, { isQuiet: true });
  const result = await run();
  assert.equal(result.claim?.summary, REDACTED);
  assert.equal(result.leaked, undefined);
  assert.deepEqual(told, []);
});

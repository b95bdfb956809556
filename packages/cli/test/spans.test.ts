/** Spans of a real run, with an SDK loaded the way the documentation says. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { World } from './support/world.ts';

const SDK = join(import.meta.dirname, 'support', 'otel-sdk.ts');
/** A child of the run is told what it works for. */
const GATE = 'test -n "$TRACEPARENT" && echo "gate in $TRACEPARENT"';

test('a traced run has a span for each thing it does, in its log and for its children', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const spansFile = join(world.root, 'spans.ndjson');
  const args = await world.plan([{ title: 'Say hello', description: 'echo "$TRACEPARENT" > hello.txt' }]);
  const env = { NODE_OPTIONS: `--import ${SDK}`, SPANS_FILE: spansFile };
  const ended = await world.swarm([...args, '--gate', GATE], { env });
  assert.equal(ended.code, 0, ended.stderr);
  const spans = readFileSync(spansFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { name: string; traceId: string; spanId: string });
  const names = new Set(spans.map((span) => span.name));
  for (const name of ['swarm.run', 'swarm.attempt', 'swarm.landing', 'swarm.sweep'])
    assert(names.has(name), name);
  assert.equal(new Set(spans.map((span) => span.traceId)).size, 1);
  const attempt = spans.find((span) => span.name === 'swarm.attempt')!;
  const log = await world.log();
  assert(log.every((line) => line.trace_id === attempt.traceId && line.span_id));
  assert(log.some((line) => line.event === 'attempt.ended' && line.span_id === attempt.spanId));
  const said = await world.git('show', `${await world.branch()}:hello.txt`);
  assert.equal(said, `00-${attempt.traceId}-${attempt.spanId}-01`);
});

test('without an SDK nothing is traced', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const args = await world.plan([
    { title: 'Say hello', description: 'printenv TRACEPARENT > hello.txt || echo none > hello.txt' },
  ]);
  const ended = await world.swarm([...args, '--gate', 'true']);
  assert.equal(ended.code, 0, ended.stderr);
  assert((await world.log()).every((line) => line.trace_id === undefined));
  assert.equal(await world.git('show', `${await world.branch()}:hello.txt`), 'none');
});

/** Traces of real runs over OTLP: what a collector is given, and that no collector matters to a run. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Received, startCollector } from './support/collector.ts';
import { withOrigin } from './support/origin.ts';
import { type Owner, World } from './support/world.ts';

const PARENT = { trace: '0af7651916cd43dd8448eb211c80319c', span: 'b7ad6b7169203331' };

test('the demo is one tree in the trace it was started in: planner, attempts, landings, and what each did', async (t) => {
  const world = await World.make(t);
  const { url, spans } = await startCollector(t);
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    TRACEPARENT: `00-${PARENT.trace}-${PARENT.span}-01`,
  };
  const ran = await world.swarm(['demo', '--json'], { cwd: world.root, env });
  assert.equal(ran.code, 0, ran.stderr);
  assert.deepEqual(new Set(spans.map(({ traceId }) => traceId)), new Set([PARENT.trace]));
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const parentOf = ({ parentSpanId }: Received) => byId.get(parentSpanId ?? '');
  const [root, ...otherRoots] = spans.filter((span) => parentOf(span) === undefined);
  assert.deepEqual([root?.name, root?.parentSpanId, otherRoots], ['swarm.run', PARENT.span, []]);
  const ways = new Set(spans.map((span) => `${kindOf(parentOf(span))} > ${kindOf(span)}`));
  for (const way of [
    'swarm.run > swarm.planner',
    'swarm.planner > swarm.iteration',
    'swarm.iteration > chat',
    'swarm.iteration > execute_tool',
    'swarm.run > swarm.attempt',
    'swarm.attempt > chat',
    'swarm.attempt > execute_tool',
    'swarm.run > swarm.landing',
    'swarm.landing > swarm.gate',
    'swarm.run > swarm.sweep',
  ])
    assert.ok(ways.has(way), `${way} among ${[...ways].join(', ')}`);
  for (const span of spans.filter(({ name }) => name.startsWith('chat'))) {
    assert.equal(span.attributes['gen_ai.request.model'], 'scripted');
    const version = parentOf(span)!.attributes['gen_ai.prompt.version'];
    assert.equal(span.attributes['gen_ai.prompt.version'], version);
  }
  // What models wrote stays here: not even what a tool was given.
  assert.ok(!JSON.stringify(spans).includes('wordkit'));
});

test('agent and gates go on with the trace of what they work for, and a push has a span in its landing', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  await withOrigin(world);
  const { url, spans } = await startCollector(t);
  const tell = (who: string): string => `echo "${who} $TRACEPARENT" >> ${world.root}/told.txt`;
  const task = { title: 'Say hello', description: `${tell('agent')}; echo hello > hello.txt` };
  const ran = await world.swarm(
    await world.plan([task], '--sandbox', 'none', '--deliver', 'push', '--gate', tell('gate')),
    { env: { OTEL_EXPORTER_OTLP_ENDPOINT: url } },
  );
  assert.equal(ran.code, 0, ran.stderr);
  const named = (id: string) => spans.find(({ spanId }) => spanId === id)?.name;
  const told = readFileSync(join(world.root, 'told.txt'), 'utf8').trim().split('\n');
  const heard = told.map((line) => {
    const [, who, trace, span] = /^(\w+) 00-(\w{32})-(\w{16})-01$/.exec(line) ?? [];
    assert.equal(trace, spans[0]!.traceId, line);
    return `${who} in ${named(span!)}`;
  });
  // In the worker's own workspace the gate is the attempt's.
  const wanted = ['agent in swarm.attempt', 'gate in swarm.attempt', 'gate in swarm.gate'];
  assert.deepEqual([...new Set(heard)].sort(), wanted);
  const push = spans.find(({ name }) => name === 'swarm.push');
  assert.equal(named(push?.parentSpanId ?? ''), 'swarm.landing');
  assert.equal(push?.attributes['swarm.outcome'], 'published');
});

/** `chat scripted` is a `chat`. */
const kindOf = (span: Received | undefined): string => span?.name.split(' ')[0] ?? 'nothing';

/** A server that answers so, at its address. */
async function server(t: Owner, answer: RequestListener): Promise<string> {
  const made = createServer(answer);
  t.after(async () => {
    made.closeAllConnections();
    made.close();
  });
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
}

/** A run of one task, with or without a collector: how it ended, and the lines of its log. */
async function ranWith(t: Owner, endpoint: string | undefined, description: string) {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const args = await world.plan([{ title: 'Say hello', description }]);
  const env = endpoint === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
  const { code } = await world.swarm([...args, '--gate', 'true'], { env });
  return { code, log: await world.log() };
}

const COLLECTORS: Readonly<Record<string, (t: Owner) => Promise<string>>> = {
  'never answers': (t) => server(t, () => undefined),
  'answers 500': (t) => server(t, (_, response) => void response.writeHead(500).end()),
  'is not there': async () => 'http://127.0.0.1:1',
  'has no address at all': async () => 'nonsense',
};

for (const [name, at] of Object.entries(COLLECTORS)) {
  test(`a collector that ${name} changes no exit code, and the end comes within two seconds`, async (t) => {
    const { code, log } = await ranWith(t, await at(t), 'echo hello > hello.txt');
    assert.equal(code, 0);
    const lost = log.find(({ event }) => event === 'traces.lost');
    assert.match(lost?.msg ?? '', /^spans were not sent: /);
    const waited = Number(lost?.data.waitedMs);
    assert.ok(waited <= 2_000, `${waited} ms`);
  });
}

test('a run that fails ends with its own exit code, whatever becomes of its spans', async (t) => {
  const plain = await ranWith(t, undefined, 'exit 3');
  assert.notEqual(plain.code, 0);
  const traced = await ranWith(t, await COLLECTORS['never answers']!(t), 'exit 3');
  assert.equal(traced.code, plain.code);
});

test('without OpenTelemetry’s variables nothing that sends spans or renders metrics is loaded', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const file = join(world.root, 'loaded.txt');
  const args = await world.plan([{ title: 'Say hello', description: 'echo hello > hello.txt' }]);
  const marks = ['OTLPTraceExporter', 'BatchSpanProcessor', 'swarm_task_duration_seconds'];
  const env = {
    NODE_OPTIONS: `--import ${join(import.meta.dirname, 'support', 'loaded.ts')}`,
    LOADED_FILE: file,
    LOADED_MARKS: marks.join(','),
  };
  const ran = await world.swarm([...args, '--gate', 'true'], { env });
  assert.equal(ran.code, 0, ran.stderr);
  assert.equal(existsSync(file) ? readFileSync(file, 'utf8') : '', '');
  // The same look finds them where they are wanted.
  const asked = await world.swarm(['status', '--metrics'], { env });
  assert.equal(asked.code, 0, asked.stderr);
  assert.match(readFileSync(file, 'utf8'), /^swarm_task_duration_seconds /m);
});

/** Sending spans, against collectors that take them, and against every kind that does not. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, it, type TestContext } from 'node:test';
import { END_MS, openTracing } from './otlp.ts';
import { headerSecrets, tracesWanted, wantsContent } from './tracing.ts';

/** The bound that is promised; what is above END_MS is the machine's. */
const PROMISED_MS = 2_000;
const NAMES = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_SERVICE_NAME'];
afterEach(() => {
  for (const name of NAMES) delete process.env[name];
});

interface Sent {
  readonly path: string;
  readonly key: string | undefined;
  readonly body: {
    readonly resourceSpans: readonly {
      readonly resource: { readonly attributes: readonly { key: string; value: { stringValue?: string } }[] };
      readonly scopeSpans: readonly { readonly spans: readonly { readonly name: string }[] }[];
    }[];
  };
}

/** A collector on a port of its own. */
async function collector(t: TestContext, answer: RequestListener): Promise<void> {
  const server = createServer(answer);
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function sentIn(request: IncomingMessage): Promise<Sent> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Sent['body'];
  return { path: request.url!, key: request.headers['x-key'] as string | undefined, body };
}

/** Draws some spans and ends: what end said, and how long it took. */
async function ended(spans = 3): Promise<{ readonly why: string | undefined; readonly ms: number }> {
  const tracing = openTracing('1.2.3');
  for (let i = 0; i < spans; i++) tracing.tracer.startSpan(`span ${i}`).end();
  const since = performance.now();
  const why = await tracing.end();
  return { why, ms: performance.now() - since };
}

describe('a collector that takes spans', () => {
  it('is given every span, with the operator’s headers and the program’s name and version', async (t) => {
    const all: Sent[] = [];
    await collector(t, async (request, response) => {
      all.push(await sentIn(request));
      response.end('{}');
    });
    process.env.OTEL_EXPORTER_OTLP_HEADERS = 'x-key=a%20key';
    assert.equal((await ended(700)).why, undefined);
    assert.ok(all.every(({ path, key }) => path === '/v1/traces' && key === 'a key'));
    const resources = all.flatMap(({ body }) => body.resourceSpans);
    const spans = resources.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));
    assert.equal(new Set(spans.map(({ name }) => name)).size, 700);
    const told = Object.fromEntries(
      resources[0]!.resource.attributes.map(({ key, value }) => [key, value.stringValue]),
    );
    assert.deepEqual([told['service.name'], told['service.version']], ['swarm', '1.2.3']);
  });

  it('is given the name that the operator has for us', async (t) => {
    let said = '';
    await collector(t, async (request, response) => {
      said = JSON.stringify(await sentIn(request));
      response.end('{}');
    });
    process.env.OTEL_SERVICE_NAME = 'their-fleet';
    await ended();
    assert.match(said, /"service\.name","value":\{"stringValue":"their-fleet"/);
  });
});

describe('a collector that', () => {
  const answers: Record<string, RequestListener> = {
    'never answers': () => undefined,
    'answers byte by byte': (_, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(drip));
    },
    'answers 500': (_, response) => void response.writeHead(500).end('{}'),
    'answers 503 and asks for patience': (_, response) =>
      void response.writeHead(503, { 'retry-after': '60' }).end(),
    'hangs up': (request) => void request.socket.destroy(),
    'sends somebody elsewhere': (_, response) =>
      void response.writeHead(302, { location: 'http://192.0.2.1/' }).end(),
    'answers with what is no answer': (_, response) => void response.end('<html>'.repeat(100_000)),
  };
  for (const [name, answer] of Object.entries(answers)) {
    it(`${name} holds nobody up for more than two seconds`, async (t) => {
      await collector(t, answer);
      const { why, ms } = await ended();
      if (name !== 'answers with what is no answer') assert.equal(typeof why, 'string');
      assert.ok(ms < PROMISED_MS, `${ms} ms`);
    });
  }

  it('is not there holds nobody up, and that is said', async () => {
    process.env.OTEL_EXPORTER_OTLP_ENDPOINT = 'http://127.0.0.1:1';
    const { why, ms } = await ended();
    assert.match(why ?? '', /ECONNREFUSED|collector/);
    assert.ok(ms < PROMISED_MS, `${ms} ms`);
  });

  it('has no such name holds nobody up', async () => {
    process.env.OTEL_EXPORTER_OTLP_ENDPOINT = 'http://collector.invalid:4318';
    const { why, ms } = await ended();
    assert.equal(typeof why, 'string');
    assert.ok(ms < PROMISED_MS, `${ms} ms`);
  });

  it('is waited for less than is promised', () => assert.ok(END_MS < PROMISED_MS));
});

describe('traces are wanted', () => {
  const http = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' };
  for (const [title, env, kind] of [
    ['where an endpoint is named', http, 'otlp'],
    ['where one for traces is named', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c/v1/traces' }, 'otlp'],
    ['not without one', {}, 'none'],
    ['not where it is empty', { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }, 'none'],
    ['not where all of it is switched off', { ...http, OTEL_SDK_DISABLED: 'TRUE' }, 'none'],
    ['not where traces go nowhere', { ...http, OTEL_TRACES_EXPORTER: 'none' }, 'none'],
    ['where OTLP is one of several ways', { ...http, OTEL_TRACES_EXPORTER: 'console, otlp' }, 'otlp'],
    ['over HTTP, whichever form', { ...http, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' }, 'otlp'],
    ['and refused in another protocol', { ...http, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, 'refused'],
  ] as const) {
    it(title, () => assert.equal(tracesWanted(env).kind, kind));
  }

  it('with content only where that is said', () => {
    const name = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT';
    assert.deepEqual([{}, { [name]: 'false' }, { [name]: 'true' }].map(wantsContent), [false, false, true]);
  });

  it('with headers whose values are secrets, as they stand and as they are sent', () => {
    assert.deepEqual(
      headerSecrets({ OTEL_EXPORTER_OTLP_HEADERS: 'a=b%20c, authorization=Bearer%20x,odd,=' }),
      ['b%20c', 'b c', 'Bearer%20x', 'Bearer x'],
    );
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SpanKind, trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { LogEventName, LogFields } from '@swarm/core/log-events';
import type { AttemptId, TaskId } from '@swarm/core/model/ids';
import { makeRedactor } from './redact.ts';
import { createSpans, type SpanOptions, type Spans } from './spans.ts';

const RUN = 'r-20261121-k3f7';

/** Every line a millisecond after the one before; the spans that ended, by name. */
function drawn(
  tell: (say: (name: LogEventName, fields?: Partial<LogFields>) => void, spans: Spans) => void,
  options: SpanOptions = {},
) {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  // A number below the time since the process began would be taken for such a time.
  let at = Date.UTC(2026, 0);
  const spans = createSpans(RUN, at, { tracer: provider.getTracer('test'), ...options })!;
  tell((name, fields = {}) => spans.follow(name, { msg: name, ...fields }, ++at), spans);
  spans.end(++at);
  const all = exporter.getFinishedSpans();
  const only = (name: string): ReadableSpan => {
    const found = all.filter((span) => span.name === name);
    assert.equal(found.length, 1, `${name} among ${all.map((span) => span.name).join(', ')}`);
    return found[0]!;
  };
  return { all, only };
}

const ATTEMPT = { task: 't1' as TaskId, attempt: 't1.1' as AttemptId };
const msOf = ([seconds, nanos]: readonly [number, number]): number => seconds * 1_000 + nanos / 1e6;

describe('without an SDK', () => {
  it('there are no spans', () =>
    assert.equal(createSpans(RUN, 0, { tracer: trace.getTracer('none') }), undefined));
});

const parentOf = (span: ReadableSpan): string | undefined => span.parentSpanContext?.spanId;
const idOf = (span: ReadableSpan): string => span.spanContext().spanId;
const PLANNED = { iteration: 1, reason: 'first', model: 'big', promptHash: 'abc' };

describe('the spans of a run', () => {
  it('are the run, and in it each attempt, landing and check, from its beginning to its end', () => {
    const { only } = drawn((say) => {
      say('attempt.started', ATTEMPT);
      say('attempt.ended', {
        ...ATTEMPT,
        data: { reason: 'handed-in', usage: { inputTokens: 7, costUsd: 0.5 } },
      });
      say('landing.started', { data: { landing: 'l1' } });
      say('landing.landed', { data: { landing: 'l1' } });
      say('checks.started');
      say('checks.ended');
    });
    const run = only('swarm.run');
    assert.equal(run.attributes['swarm.run'], RUN);
    for (const kind of ['attempt', 'landing', 'checks']) {
      const span = only(`swarm.${kind}`);
      assert.equal(parentOf(span), idOf(run));
      assert.equal(msOf(span.endTime) - msOf(span.startTime), 1);
    }
    const { attributes } = only('swarm.attempt');
    assert.deepEqual(attributes, {
      'swarm.task': 't1',
      'swarm.attempt': 't1.1',
      'swarm.reason': 'handed-in',
      'swarm.inputTokens': 7,
      'swarm.costUsd': 0.5,
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.conversation.id': 't1.1',
    });
  });

  it('have one planner for all its iterations, until it says that it is done, and its calls in the iteration', () => {
    const { all, only } = drawn((say) => {
      say('iteration.started', { data: PLANNED });
      say('agent.activity', { data: { tool: 'read_file' } });
      say('model.called', { data: { role: 'planner', model: 'big', ms: 2 } });
      say('iteration.ended', { data: { iteration: 1, isDone: false } });
      say('model.called', { data: { role: 'planner', model: 'between', ms: 2 } });
      say('iteration.started', { data: { ...PLANNED, iteration: 2 } });
      say('iteration.ended', { data: { iteration: 2, isDone: true } });
      say('iteration.started', { data: { ...PLANNED, iteration: 3 } });
    });
    const planners = all.filter(({ name }) => name === 'swarm.planner');
    const iterations = all.filter(({ name }) => name === 'swarm.iteration');
    assert.deepEqual(iterations.map(parentOf), [planners[0]!, planners[0]!, planners[1]!].map(idOf));
    assert.equal(parentOf(only('chat big')), idOf(iterations[0]!));
    assert.equal(parentOf(only('execute_tool read_file')), idOf(iterations[0]!));
    assert.equal(parentOf(only('chat between')), idOf(planners[0]!));
  });

  it('keep the planners of split tasks apart', () => {
    const t1 = 't1' as TaskId;
    const { all, only } = drawn((say) => {
      say('iteration.started', { data: PLANNED });
      say('iteration.started', { task: t1, data: { ...PLANNED, iteration: 2, owner: t1 } });
      say('model.called', { task: t1, data: { role: 'planner', model: 'small', ms: 1 } });
      say('model.called', { data: { role: 'planner', model: 'big', ms: 1 } });
    });
    const iteration = (owner?: string) =>
      idOf(
        all.find(
          ({ name, attributes }) => name === 'swarm.iteration' && attributes['swarm.owner'] === owner,
        )!,
      );
    assert.equal(parentOf(only('chat small')), iteration('t1'));
    assert.equal(parentOf(only('chat big')), iteration());
  });

  it('have the calls of an attempt’s agent in the attempt, as long as they took, by the conventions’ names', () => {
    const { only } = drawn((say) => {
      say('attempt.started', ATTEMPT);
      say('agent.started', { ...ATTEMPT, data: { driver: 'builtin', promptHash: 'f00' } });
      say('model.called', {
        ...ATTEMPT,
        data: {
          role: 'worker',
          endpoint: 'e',
          model: 'm',
          ms: 40,
          usage: { inputTokens: 3, outputTokens: 2 },
        },
      });
      say('attempt.ended', ATTEMPT);
    });
    const call = only('chat m');
    assert.equal(parentOf(call), idOf(only('swarm.attempt')));
    assert.equal(msOf(call.endTime) - msOf(call.startTime), 40);
    assert.equal(call.kind, SpanKind.CLIENT);
    for (const [key, value] of Object.entries({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'e',
      'gen_ai.request.model': 'm',
      'gen_ai.usage.input_tokens': 3,
      'gen_ai.usage.output_tokens': 2,
      'gen_ai.prompt.version': 'f00',
    }))
      assert.equal(call.attributes[key], value, key);
    const { attributes } = only('swarm.attempt');
    assert.deepEqual(
      [attributes['gen_ai.agent.name'], attributes['gen_ai.prompt.version']],
      ['builtin', 'f00'],
    );
  });

  it('have a tool in its attempt until the attempt’s next sign, and not into the call that follows', () => {
    const tool = (name: string) => ({ ...ATTEMPT, data: { kind: 'tool', tool: name, detail: 'x' } });
    const { only } = drawn((say) => {
      say('attempt.started', ATTEMPT);
      say('agent.activity', tool('read'));
      say('scope.met');
      say('agent.activity', tool('bash'));
      say('scope.met');
      say('scope.met');
      say('model.called', { ...ATTEMPT, data: { model: 'm', ms: 1 } });
      say('agent.activity', tool('left-open'));
    });
    const lengthOf = (name: string): number => msOf(only(name).endTime) - msOf(only(name).startTime);
    assert.equal(lengthOf('execute_tool read'), 2);
    assert.equal(lengthOf('execute_tool bash'), 2);
    for (const name of ['read', 'bash', 'left-open'])
      assert.equal(parentOf(only(`execute_tool ${name}`)), idOf(only('swarm.attempt')));
  });

  it('have gate and push in their landing, and a gate of no landing in the run', () => {
    const { all, only } = drawn((say) => {
      say('gate.started', { data: { commit: 'base' } });
      say('base.checked');
      say('landing.started', { data: { landing: 'l1' } });
      say('gate.started', { data: { landing: 'l1' } });
      say('gate.ended', { data: { landing: 'l1' } });
      say('push.ended', { data: { landing: 'l1', remote: 'origin/main', durationMs: 30, outcome: 'done' } });
      say('landing.landed', { data: { landing: 'l1' } });
    });
    const [base, gate] = all.filter(({ name }) => name === 'swarm.gate');
    assert.equal(parentOf(base!), idOf(only('swarm.run')));
    assert.equal(parentOf(gate!), idOf(only('swarm.landing')));
    const push = only('swarm.push');
    assert.equal(parentOf(push), idOf(only('swarm.landing')));
    assert.equal(msOf(push.endTime) - msOf(push.startTime), 30);
  });

  it('say of a handoff that was rejected why, in one word', () => {
    const { only } = drawn((say) => {
      say('landing.started', { data: { landing: 'l1' } });
      say('landing.rejected', { msg: 'src/a.ts says no', data: { landing: 'l1', reason: 'conflict' } });
    });
    assert.equal(only('swarm.landing').status.message, 'conflict');
    assert.equal(only('swarm.landing').attributes['error.type'], 'conflict');
  });

  it('end with the run though nothing said so', () => {
    drawn((say) => say('attempt.started', ATTEMPT)).only('swarm.attempt');
  });

  it('are part of the trace that the run was started in, and of none where that says nothing', () => {
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const { only } = drawn(() => undefined, { parent: `00-${trace}-b7ad6b7169203331-01` });
    assert.equal(only('swarm.run').spanContext().traceId, trace);
    assert.equal(parentOf(only('swarm.run')), 'b7ad6b7169203331');
    for (const parent of ['', 'nonsense', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, 'x'.repeat(1e6)])
      assert.equal(parentOf(drawn(() => undefined, { parent }).only('swarm.run')), undefined);
  });
});

describe('what agents and models wrote', () => {
  const SECRET = 'sk-very-secret-key-0123456789';
  const redactor = makeRedactor([SECRET]);
  const tell = (say: (name: LogEventName, fields?: Partial<LogFields>) => void): void => {
    say('attempt.started', ATTEMPT);
    say('agent.activity', {
      ...ATTEMPT,
      data: { kind: 'tool', tool: 'bash', detail: `echo plans ${SECRET}` },
    });
    say('landing.started', { data: { landing: 'l1' } });
    say('landing.rejected', { msg: `plans ${SECRET}`, data: { landing: 'l1', reason: 'conflict' } });
    say('attempt.ended', {
      ...ATTEMPT,
      data: { detail: 'plans', handoff: { summary: `plans ${SECRET}` } },
    });
  };
  const textOf = (all: readonly ReadableSpan[]): string =>
    JSON.stringify(all.map(({ name, attributes, status }) => ({ name, attributes, status })));

  it('is in no span', () => {
    assert(!textOf(drawn(tell, { redactor }).all).includes('plans'));
  });

  it('is in spans where the operator asks for it, without secrets', () => {
    const { all, only } = drawn(tell, { redactor, hasContent: true });
    assert.equal(only('execute_tool bash').attributes['gen_ai.tool.call.arguments'], 'echo plans [redacted]');
    assert.equal(only('swarm.attempt').attributes['gen_ai.output.messages'], 'plans [redacted]');
    assert(!textOf(all).includes(SECRET));
  });

  it('cannot get out as the name of a model, a tool or an endpoint, which are short and on one line', () => {
    const named = `${SECRET}\n\u001b[31m${'x'.repeat(10_000)}`;
    const { all } = drawn(
      (say) => {
        say('agent.activity', { data: { tool: named } });
        say('model.failed', { data: { model: named, endpoint: named, end: { kind: named } } });
      },
      { redactor },
    );
    const text = textOf(all);
    assert(!text.includes(SECRET) && !text.includes('\\n') && text.length < 5_000, text);
  });
});

describe('a child', () => {
  for (const [child, of] of [
    ['t1.1', 'swarm.attempt'],
    ['pregate-t1.1', 'swarm.attempt'],
    ['t1.1-reviewer-2', 'swarm.attempt'],
    ['gate-l1', 'swarm.gate'],
    ['checks-9', 'swarm.checks'],
    ['t1.11', 'swarm.run'],
    ['setup-abc', 'swarm.run'],
  ] as const) {
    it(`${child} goes on with the trace of its ${of.slice(6)}`, () => {
      let told = '';
      const { only } = drawn((say, spans) => {
        say('attempt.started', ATTEMPT);
        say('landing.started', { data: { landing: 'l1' } });
        say('gate.started', { data: { landing: 'l1' } });
        say('checks.started');
        told = spans.traceparent(child);
      });
      const { traceId, spanId } = only(of).spanContext();
      assert.equal(told, `00-${traceId}-${spanId}-01`);
    });
  }
});

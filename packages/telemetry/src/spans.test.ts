import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { trace } from '@opentelemetry/api';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { LogEventName, LogFields } from '@swarm/core/log-events';
import type { AttemptId, TaskId } from '@swarm/core/model/ids';
import { createSpans, type Spans } from './spans.ts';

const RUN = 'r-20261121-k3f7';

/** Every line a millisecond after the one before; the spans that ended, by name. */
function drawn(tell: (say: (name: LogEventName, fields?: Partial<LogFields>) => void, spans: Spans) => void) {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  // A number below the time since the process began would be taken for such a time.
  let at = Date.UTC(2026, 0);
  const spans = createSpans(RUN, at, provider.getTracer('test'))!;
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
  it('there are no spans', () => assert.equal(createSpans(RUN, 0, trace.getTracer('none')), undefined));
});

describe('the spans of a run', () => {
  it('are the run, and in it each iteration, attempt, landing and check, from its beginning to its end', () => {
    const { only } = drawn((say) => {
      say('iteration.started', { data: { iteration: 1, reason: 'first' } });
      say('iteration.ended', { data: { iteration: 1, outcome: 'planned' } });
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
    for (const kind of ['iteration', 'attempt', 'landing', 'checks']) {
      const span = only(`swarm.${kind}`);
      assert.equal(span.parentSpanContext?.spanId, run.spanContext().spanId);
      assert.equal(msOf(span.endTime) - msOf(span.startTime), 1);
    }
    const { attributes } = only('swarm.attempt');
    assert.deepEqual(attributes, {
      'swarm.task': 't1',
      'swarm.attempt': 't1.1',
      'swarm.reason': 'handed-in',
      'swarm.inputTokens': 7,
      'swarm.costUsd': 0.5,
    });
  });

  it('have the calls of an attempt’s agent in the attempt, as long as they took', () => {
    const { only } = drawn((say) => {
      say('attempt.started', ATTEMPT);
      say('model.called', { ...ATTEMPT, data: { model: 'm', ms: 40 } });
      say('attempt.ended', ATTEMPT);
    });
    const call = only('swarm.model');
    assert.equal(call.parentSpanContext?.spanId, only('swarm.attempt').spanContext().spanId);
    assert.equal(msOf(call.endTime) - msOf(call.startTime), 40);
  });

  it('say of a handoff that was rejected that it failed', () => {
    const { only } = drawn((say) => {
      say('landing.started', { data: { landing: 'l1' } });
      say('landing.rejected', { msg: 'no', data: { landing: 'l1' } });
    });
    assert.equal(only('swarm.landing').status.message, 'no');
  });

  it('hold no words of agents or models', () => {
    const { all } = drawn((say) => {
      say('attempt.started', ATTEMPT);
      say('attempt.ended', {
        ...ATTEMPT,
        data: { detail: 'secret plans', handoff: { summary: 'secret plans' } },
      });
    });
    assert(all.every((span) => !JSON.stringify(span.attributes).includes('secret')));
  });

  it('end with the run though nothing said so', () => {
    drawn((say) => say('attempt.started', ATTEMPT)).only('swarm.attempt');
  });
});

describe('a child', () => {
  for (const [child, of] of [
    ['t1.1', 'swarm.attempt'],
    ['pregate-t1.1', 'swarm.attempt'],
    ['gate-l1', 'swarm.landing'],
    ['checks-9', 'swarm.run'],
  ] as const) {
    it(`${child} goes on with the trace of its ${of.slice(6)}`, () => {
      let told = '';
      const { only } = drawn((say, spans) => {
        say('attempt.started', ATTEMPT);
        say('landing.started', { data: { landing: 'l1' } });
        told = spans.traceparent(child);
      });
      const { traceId, spanId } = only(of).spanContext();
      assert.equal(told, `00-${traceId}-${spanId}-01`);
    });
  }
});

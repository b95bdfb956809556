import assert from 'node:assert/strict';
import type { DialectName } from '@swarm/core/model/dialect';
import type { ChatMessage, ModelResult } from '@swarm/core/ports/models';
import type { ModelOptions } from '../../src/chat.ts';
import { modelOver, question, startServer } from './asking.ts';
import * as fault from './fault-server.ts';

export const KEY = 'sk-of-the-operator';
export const USED = { input: 50, cached: 20, written: 0, output: 9 };

/** A model over one endpoint of the dialect. */
export async function speaking(dialect: DialectName, plans: fault.Plan[], more: Partial<ModelOptions> = {}) {
  const server = await startServer(...plans);
  const endpoints = [{ name: 'e1', baseUrl: server.baseUrl, apiKey: KEY, dialect }];
  const { ask, model, learnt } = modelOver([server], { endpoints, maxTries: 1, ...more });
  return { ask, model, learnt, server };
}

export const events = (...all: { type: string }[]): fault.Plan =>
  fault.raw(...all.map((event) => `event: ${event.type}\n${fault.event(event)}`));

/** The next request: what the model said, and what its tools said. */
export function next(result: ModelResult): readonly ChatMessage[] {
  assert.ok(result.end.kind === 'tools');
  const { calls } = result.end;
  return [
    ...question.messages,
    { role: 'assistant', content: result.text, toolCalls: calls, ...(result.bag && { bag: result.bag }) },
    ...calls.map((call): ChatMessage => ({ role: 'tool', callId: call.id, content: `of ${call.name}` })),
  ];
}

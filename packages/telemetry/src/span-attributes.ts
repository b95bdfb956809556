/** What spans say: ids, words and numbers. What agents and models wrote is said only where the operator asks for it. */
import { type Attributes, SpanKind } from '@opentelemetry/api';
import type { LogEventName, LogFields } from '@swarm/core/log-events';
import { GENAI, OPERATIONS } from './genai.ts';

/** Longest text of an attribute: of an id or a name, and of content where that is asked for. */
const WORD_MAX = 100;
const CONTENT_MAX = 8_192;

/** Takes secrets out of a text, and marks that do harm where it is shown. */
export type Clean = (text: string, max: number) => string;

const TOLD = [
  'iteration',
  'owner',
  'reason',
  'outcome',
  'verdict',
  'landing',
  'worker',
  'role',
  'model',
  'endpoint',
  'base',
  'remote',
  'commit',
  'green',
] as const;
const USED = ['calls', 'inputTokens', 'outputTokens', 'costUsd'] as const;

export function attributesOf(fields: LogFields, clean: Clean): Attributes {
  const { task, attempt, worker, data = {} } = fields;
  const usage = recordOf(data.usage);
  return Object.fromEntries([
    ...said('swarm.task', task, clean),
    ...said('swarm.attempt', attempt, clean),
    ...said('swarm.worker', worker, clean),
    ...TOLD.flatMap((key) => said(`swarm.${key}`, data[key], clean)),
    ...USED.flatMap((key) => said(`swarm.${key}`, usage[key], clean)),
  ]);
}

/** By the conventions for generative AI, where one speaks of such a span. */
export function genaiOf(kind: string, fields: LogFields, clean: Clean): Attributes {
  const { attempt, data = {} } = fields;
  const usage = recordOf(data.usage);
  switch (kind) {
    case 'model':
      return Object.fromEntries([
        [GENAI.operation, OPERATIONS.chat],
        ...said(GENAI.provider, data.endpoint ?? 'unknown', clean),
        ...said(GENAI.requestModel, data.model, clean),
        ...said(GENAI.conversation, attempt, clean),
        ...said(GENAI.inputTokens, usage.inputTokens, clean),
        ...said(GENAI.outputTokens, usage.outputTokens, clean),
      ]);
    case 'tool':
      return Object.fromEntries([
        [GENAI.operation, OPERATIONS.tool],
        ...said(GENAI.toolName, data.tool, clean),
      ]);
    case 'planner':
      return { [GENAI.operation]: OPERATIONS.agent, [GENAI.agentName]: 'planner' };
    case 'iteration':
      return Object.fromEntries([
        [GENAI.operation, OPERATIONS.plan],
        ...said(GENAI.requestModel, data.model, clean),
        ...promptOf('planner', data, clean),
      ]);
    case 'attempt':
      return Object.fromEntries([
        [GENAI.operation, OPERATIONS.agent],
        ...said(GENAI.conversation, attempt, clean),
        ...said(GENAI.agentName, data.driver, clean),
        ...said(GENAI.requestModel, data.model, clean),
        ...promptOf('worker', data, clean),
      ]);
    default:
      return {};
  }
}

const promptOf = (name: string, { promptHash }: Readonly<Record<string, unknown>>, clean: Clean) =>
  promptHash === undefined
    ? []
    : [[GENAI.promptName, name] as [string, string], ...said(GENAI.promptVersion, promptHash, clean)];

/** What went in and came out, in the operator's own words for it: redacted and cut. */
export function contentOf(kind: string, { data = {} }: LogFields, clean: Clean): Attributes {
  const text = (value: unknown): string | undefined =>
    typeof value === 'string' && value !== '' ? clean(value, CONTENT_MAX) : undefined;
  if (kind === 'tool') {
    const given = text(data.detail);
    return given === undefined ? {} : { [GENAI.toolArguments]: given };
  }
  const summary = text(recordOf(data.handoff).summary) ?? text(recordOf(data.claim).summary);
  return summary === undefined ? {} : { [GENAI.outputMessages]: summary };
}

/** `chat gpt-5`, `execute_tool bash`, as the conventions have it; else our own word. */
export function nameOf(kind: string, { data = {} }: LogFields, clean: Clean): string {
  if (kind === 'model') return `${OPERATIONS.chat} ${wordOf(data.model, clean)}`;
  if (kind === 'tool') return `${OPERATIONS.tool} ${wordOf(data.tool, clean)}`;
  return `swarm.${kind}`;
}

/** Calls to a model and to a remote go out of here. */
export const kindOf = (kind: string): SpanKind =>
  kind === 'model' || kind === 'push' ? SpanKind.CLIENT : SpanKind.INTERNAL;

/** Why it failed, in one word; undefined: it did not. */
export function errorOf(name: LogEventName, { level, data = {} }: LogFields): string | undefined {
  if (!FAILURES.has(name) && level !== 'error') return undefined;
  const { reason, end } = data;
  const word = reason ?? recordOf(end).kind ?? end;
  return typeof word === 'string' ? word.slice(0, WORD_MAX) : name;
}
const FAILURES: ReadonlySet<LogEventName> = new Set(['landing.rejected', 'model.failed', 'undo.refused']);

const said = (key: string, value: unknown, clean: Clean): [string, string | number | boolean][] => {
  if (typeof value === 'string') return [[key, clean(value, WORD_MAX)]];
  return typeof value === 'number' || typeof value === 'boolean' ? [[key, value]] : [];
};

const wordOf = (value: unknown, clean: Clean): string =>
  typeof value === 'string' ? clean(value, WORD_MAX) : 'unknown';

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/**
 * What workers and callers may say on the bridge. All of it came over a network and is held to be hostile until it is one
 * of these: unknown keys are dropped, every text and list is bounded.
 */
import * as z from 'zod';
import { lineProblem } from '../text.ts';
import { isAddress, isCapability, isWorkerName, versionText } from './routing.ts';

export const BRIDGE_LIMITS = {
  /** One message of a worker, bytes; and one body of a caller. */
  messageBytes: 2 << 20,
  /** A payload, characters. */
  payload: 1 << 20,
  capabilities: 50,
  requires: 20,
  /** Calls at a time that one worker may ask for; and what it gets that does not say. */
  maxTasks: 256,
  maxTasksUnsaid: 64,
  error: 2_000,
  id: 128,
  topic: 100,
  method: 100,
  timeoutMs: 4 * 60 * 60 * 1000,
} as const;

/** How long a caller waits that does not say. */
export const CALL_TIMEOUT_MS = 30_000;

const named = (isIt: (text: string) => boolean, what: string) =>
  z
    .string()
    .max(200)
    .refine(isIt, { error: `expected ${what}` });

const payload = z.string().max(BRIDGE_LIMITS.payload);
const word = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => lineProblem(text) === undefined, { error: 'expected one line of plain text' });

export const workerName = named(isWorkerName, 'a name such as "worker-1.relay"');
const address = named(isAddress, 'a name, a capability such as "process@>=1", or "any"');
const version = z
  .string()
  .max(40)
  .transform((said, ctx) => {
    const text = versionText(said);
    if (text === undefined) ctx.addIssue({ code: 'custom', message: 'expected a version such as "2.1.0"' });
    return text ?? z.NEVER;
  });

const capabilityText = named(isCapability, 'a capability such as "process" or "enrich@2.1.0"');
const capability = z.union([
  capabilityText,
  z
    .object({ name: capabilityText, version: version.optional() })
    .transform((one) => (one.version === undefined ? one.name : `${one.name}@${one.version}`)),
]);

const about = {
  name: workerName,
  capabilities: z.array(capability).max(BRIDGE_LIMITS.capabilities).default([]),
  version: version.optional(),
};

export const registerBody = z.object(about);
export type Registration = z.infer<typeof registerBody>;

const maxTasks = z.int().min(1).max(BRIDGE_LIMITS.maxTasks);
const registerMessage = z.object({ ...about, type: z.literal('register'), maxTasks: maxTasks.optional() });
const correlation = z.string().min(1).max(BRIDGE_LIMITS.id);

/** What a worker may say. */
export const workerMessage = z.discriminatedUnion('type', [
  registerMessage,
  z.object({ type: z.literal('call_response'), correlation_id: correlation, payload }),
  z.object({
    type: z.literal('call_error'),
    correlation_id: correlation,
    error: z.string().transform((text) => text.slice(0, BRIDGE_LIMITS.error)),
  }),
]);
export type WorkerMessage = z.infer<typeof workerMessage>;

/** What a worker is told. */
export type ToWorker =
  | { readonly type: 'registered'; readonly name: string; readonly agent_id: string }
  | {
      readonly type: 'inbound_call';
      readonly correlation_id: string;
      readonly from: string;
      readonly method: string;
      readonly payload: string;
    }
  /** Nobody waits for the answer any more. */
  | { readonly type: 'call_cancelled'; readonly correlation_id: string }
  | { readonly type: 'error'; readonly error: string };

export const callBody = z.object({
  to: address,
  method: word(BRIDGE_LIMITS.method),
  payload: payload.default(''),
  timeout_ms: z.int().min(1).max(BRIDGE_LIMITS.timeoutMs).optional(),
  requires: z.array(capabilityWanted()).max(BRIDGE_LIMITS.requires).optional(),
  from: workerName.optional(),
});
export type CallBody = z.infer<typeof callBody>;

function capabilityWanted() {
  return named(isAddress, 'a capability such as "process@>=1"');
}

export const broadcastBody = z.object({ topic: word(BRIDGE_LIMITS.topic), payload });
export const topicName = word(BRIDGE_LIMITS.topic);

export const transitionBody = z.object({ task: word(BRIDGE_LIMITS.id), next_state: word(40) });
export const taskName = word(BRIDGE_LIMITS.id);

/** The envelope. Its payload may be any JSON; a worker is sent it as text. */
export const envelopeBody = z.object({
  id: word(BRIDGE_LIMITS.id),
  source: word(BRIDGE_LIMITS.id),
  target: address,
  type: word(BRIDGE_LIMITS.method),
  payload: z.unknown(),
  metadata: z
    .object({
      trace_id: word(BRIDGE_LIMITS.id).optional(),
      timestamp: z.union([word(60), z.number()]).optional(),
      capability: capabilityWanted().optional(),
      timeout_ms: z.int().min(1).max(BRIDGE_LIMITS.timeoutMs).optional(),
    })
    .default({}),
});
export type Envelope = z.infer<typeof envelopeBody>;

/** What is said on `swarm.announce` and `swarm.health`, as far as it is read. */
export const aboutWorker = z.object({
  name: workerName,
  status: z.string().max(40).optional(),
  healthy: z.boolean().optional(),
  load: z.number().min(0).max(1).optional(),
  maxTasks: maxTasks.optional(),
});
export type AboutWorker = z.infer<typeof aboutWorker>;

const UNWELL: ReadonlySet<string> = new Set([
  'unhealthy',
  'down',
  'draining',
  'failing',
  'stopping',
  'error',
]);

/** Whether it says that nothing should be sent to it. */
export const saysUnwell = ({ status, healthy }: AboutWorker): boolean =>
  healthy === false || (status !== undefined && UNWELL.has(status.toLowerCase()));

/** What is wrong, as one sentence: the first mistake, with its place. */
export function mistakeIn(error: z.ZodError): string {
  const [first] = error.issues;
  const at = first!.path.map(String).join('.').slice(0, 100);
  const why = first!.message.slice(0, 200);
  return at === '' ? why : `${at}: ${why}`;
}

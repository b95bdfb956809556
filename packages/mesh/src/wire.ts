/**
 * What home and hosts say to one another: envelopes of JSON, bounded before they are parsed. Messages may be lost, doubled,
 * late or out of order; whoever gets one looks at what it says before anything is done with it.
 */
import type { Clock } from '@swarm/core/ports/world';
import { z } from 'zod';

/** A change of what is said. Home and hosts of other numbers, or of other versions of swarm, do not work together. */
export const PROTOCOL = 1;

/** Most bytes of one message; what is larger is put aside and named. NATS takes 1 MiB unless it is told otherwise. */
export const MESSAGE_BYTES_MAX = 512 * 1024;
/** Most bytes of the body of a message as it travels in the envelope. */
export const INLINE_BYTES_MAX = 256 * 1024;
/** Most bytes of what is put aside: a pack, a conversation. */
export const PARCEL_BYTES_MAX = 512 * 1024 * 1024;

/** Carries messages. Nothing here waits for an answer. */
export interface Wire {
  /** At most once, and in order for each subject as long as the connection holds. Never throws. */
  publish(subject: string, bytes: Uint8Array): void;
  /** @param hear is given the subject it was published on. Returns what ends that. */
  subscribe(subject: string, hear: (subject: string, bytes: Uint8Array) => void): () => void;
  /** At least once, also to a host that is away for a moment; with the same id once, mostly. Never throws. */
  dispatch(host: string, id: string, bytes: Uint8Array): void;
  /** What was dispatched to a host. */
  receive(host: string, hear: (bytes: Uint8Array) => void): () => void;
  /** Puts bytes aside in a host's box, and returns the name they have there. */
  put(host: string, bytes: Uint8Array): Promise<string>;
  /** Rejects when there is nothing of that name, or more than `PARCEL_BYTES_MAX`. */
  get(host: string, name: string): Promise<Uint8Array>;
  /** Removes it. Best effort. */
  drop(host: string, name: string): void;
}

export const SUBJECTS = {
  /** Home to all hosts. */
  hello: 'swarm.home.hello',
  /** Home to one host. */
  to: (host: string): string => `swarm.to.${host}`,
  /** One host to home; the server lets each host say only its own. */
  from: (host: string): string => `swarm.host.${host}`,
  fromAll: 'swarm.host.*',
  /** The queue of one host. */
  work: (host: string): string => `swarm.work.${host}`,
} as const;

export const hostOfSubject = (subject: string): string | undefined =>
  /^swarm\.host\.([a-z0-9][a-z0-9-]{0,39})$/.exec(subject)?.[1];

const word = (max: number) => z.string().max(max);
const count = z.number().int().min(0).max(1e9);

/** W3C Trace Context, level 1: what this is done on behalf of. It goes on into what agents are started with. */
const TRACEPARENT = z.string().regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);

/** How a body travels: in the envelope, or aside under a name. */
const BODY = z.union([z.object({ inline: z.unknown() }).strict(), z.object({ parcel: word(200) }).strict()]);
export type Body = z.infer<typeof BODY>;

const ENVELOPE = z
  .object({
    v: z.number().int(),
    id: word(200),
    source: word(80),
    target: word(80),
    type: word(40),
    payload: z.record(z.string().max(40), z.unknown()),
    metadata: z
      .object({
        /** The run it is about; empty: none yet. */
        run: word(80),
        /** Which of the run's homes: a later one has a greater number. */
        epoch: count,
        timestamp: z.number(),
        traceparent: TRACEPARENT.optional(),
      })
      .strict(),
  })
  .strict();
export type Envelope = z.infer<typeof ENVELOPE>;

/** A message that could not be read: `why` is for the log. */
export interface Unreadable {
  readonly why: string;
}

export function readEnvelope(bytes: Uint8Array): Envelope | Unreadable {
  if (bytes.length > MESSAGE_BYTES_MAX)
    return { why: `it has ${bytes.length} bytes, and ${MESSAGE_BYTES_MAX} are the most` };
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return { why: 'it is no JSON' };
  }
  const read = ENVELOPE.safeParse(json);
  if (!read.success) return { why: problemOf(read.error) };
  return read.data;
}

export const isUnreadable = (read: Envelope | Unreadable): read is Unreadable => 'why' in read;

export const writeEnvelope = (envelope: Envelope): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(envelope));

export function problemOf({ issues }: z.ZodError): string {
  const [first] = issues;
  return first ? `${first.path.join('.') || 'it'}: ${first.message}`.slice(0, 300) : 'it does not fit';
}

/** Says who speaks, about which run and on behalf of which home. */
export interface Voice {
  readonly wire: Wire;
  readonly clock: Pick<Clock, 'now'>;
  readonly source: string;
  /** Another one each time, also after a restart. */
  readonly nextId: () => string;
}

export interface About {
  readonly run: string;
  readonly epoch: number;
  readonly traceparent?: string;
}

export function envelopeOf(
  { source, clock, nextId }: Voice,
  { target, type, payload, about }: Message,
): Envelope {
  const { run, epoch, traceparent } = about;
  return {
    v: PROTOCOL,
    id: nextId(),
    source,
    target,
    type,
    payload,
    metadata: { run, epoch, timestamp: clock.now(), ...(traceparent && { traceparent }) },
  };
}

export interface Message {
  readonly target: string;
  readonly type: string;
  readonly payload: Record<string, unknown>;
  readonly about: About;
}

// ───────────────────────── bodies ─────────────────────────

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value ?? null));

/** @param box the host whose box takes what is too large. */
export async function packBody(wire: Wire, box: string, value: unknown): Promise<Body> {
  const bytes = encode(value);
  if (bytes.length <= INLINE_BYTES_MAX) return { inline: value ?? null };
  return { parcel: await wire.put(box, bytes) };
}

/** Throws when it cannot be read: the caller says what that means. What was put aside is removed. */
export async function unpackBody(wire: Wire, box: string, body: unknown): Promise<unknown> {
  const read = BODY.safeParse(body);
  if (!read.success) throw new Error(problemOf(read.error));
  if ('inline' in read.data) return read.data.inline;
  const bytes = await wire.get(box, read.data.parcel);
  wire.drop(box, read.data.parcel);
  return JSON.parse(new TextDecoder().decode(bytes));
}

/**
 * Old versions to the present one. Journals are for ever: a release that changes the shape of a line or of an
 * event raises JOURNAL_VERSION and adds one step here; golden journals of every version are loaded in tests.
 */
import type { Entry, Event } from '@swarm/core/events';
import { JOURNAL_LOG_EVENTS } from '@swarm/core/log-events';
import { JOURNAL_VERSION, type RawLine } from './entry.ts';

type Body = RawLine['body'];

/** `STEPS[n]` brings a body of version n to version n + 1. */
const STEPS: Readonly<Record<number, (body: Body) => Body>> = {};
const OLDEST = Math.min(JOURNAL_VERSION, ...Object.keys(STEPS).map(Number));

export type Upcast =
  | { readonly kind: 'entry'; readonly entry: Entry }
  /** Written by a release that knows more than this one. */
  | { readonly kind: 'foreign'; readonly why: string }
  | { readonly kind: 'damaged'; readonly why: string };

/** Names the versions this release reads, for messages: `1`, or `1 to 3`. */
export const READABLE_VERSIONS = OLDEST === JOURNAL_VERSION ? `${OLDEST}` : `${OLDEST} to ${JOURNAL_VERSION}`;

/** A proven line as a present-day entry. An event type we do not know is refused by name, never skipped. */
export function upcast(line: RawLine): Upcast {
  if (line.v < OLDEST || line.v > JOURNAL_VERSION) return { kind: 'foreign', why: foreignVersion(line.v) };
  let body = line.body;
  for (let v = line.v; v < JOURNAL_VERSION; v++) body = STEPS[v]!(body);
  const { cause, events } = body;
  if (typeof cause !== 'string' || !Array.isArray(events)) return notAnEntry('it has no cause or no events');
  for (const event of events as readonly unknown[]) {
    const type = typeOf(event);
    if (type === undefined) return notAnEntry('one of its events has no type');
    if (!Object.hasOwn(JOURNAL_LOG_EVENTS, type))
      return { kind: 'foreign', why: `it holds an event this swarm does not know: ${JSON.stringify(type)}` };
  }
  return { kind: 'entry', entry: { seq: line.seq, at: line.at, cause, events: events as readonly Event[] } };
}

export const foreignVersion = (v: number): string =>
  `it is of journal version ${v}; this swarm reads version ${READABLE_VERSIONS}`;

const notAnEntry = (why: string): Upcast => ({ kind: 'damaged', why: `its crc is right, yet ${why}` });

function typeOf(event: unknown): string | undefined {
  if (typeof event !== 'object' || event === null) return undefined;
  const { type } = event as { type?: unknown };
  return typeof type === 'string' ? type : undefined;
}

/** One entry of the journal as whoever listens gets it: whole, in one message, whose id is the entry's `seq`. */
import type { Entry } from '@swarm/core/events';
import type { State } from '@swarm/core/state';
import { jsonText } from '@swarm/core/views/json-text';
import { tellEvent } from '@swarm/core/views/telling';
import { topicOf } from '@swarm/core/views/topics';

/** Bytes of one message. A plan of 100,000 tasks is one entry. */
export const MESSAGE_BYTES_MAX = 256 * 1024;
/** Events that are named of an entry that is longer. */
const EVENTS_NAMED = 200;

/** @param state after this entry. */
export function messageOf(entry: Entry, state: State): Buffer {
  const whole = encoded(entry, state, false);
  return whole.length <= MESSAGE_BYTES_MAX ? whole : encoded(entry, state, true);
}

/** JSON has no line ends of its own, so that nothing in an entry can begin another message. */
function encoded({ seq, at, events }: Entry, state: State, isShort: boolean): Buffer {
  const named = isShort ? events.slice(0, EVENTS_NAMED) : events;
  const told = named.map((event) => {
    const { msg, task, attempt, data = {} } = tellEvent(event, state);
    const about = { topic: topicOf(event.type), event: event.type, ...(task && { task }) };
    const more = { ...(attempt && { attempt }), msg: msg.slice(0, 1_000) };
    return isShort ? { ...about, ...more } : { ...about, ...more, data };
  });
  const left = isShort ? { isShort, left: events.length - named.length } : {};
  const data = jsonText({ v: 1, seq, ts: new Date(at).toISOString(), events: told, ...left });
  return Buffer.from(`id: ${seq}\ndata: ${data}\n\n`);
}

/** One event of an entry, as whoever listens reads it. */
export interface ToldEvent {
  readonly event: string;
  readonly task?: string;
  readonly msg: string;
}

/** What such a message says, for those who are in this process. */
export function messageRead(message: Buffer): { readonly ts: string; readonly events: readonly ToldEvent[] } {
  return JSON.parse(message.toString('utf8', message.indexOf('data: ') + 6));
}

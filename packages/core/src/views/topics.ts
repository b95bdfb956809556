/** What the events of a run are about, for whoever listens to some of them. */
import type { EventType } from '../events.ts';
import { JOURNAL_LOG_EVENTS, type LogEventName } from '../log-events.ts';

export const TOPICS = ['run', 'task', 'worker', 'landing', 'notes'] as const;
export type Topic = (typeof TOPICS)[number];

/** By the first word of an event's name; what is not named here is about the run. */
const BY_WORD: Readonly<Record<string, Topic>> = {
  task: 'task',
  attempt: 'worker',
  agent: 'worker',
  verify: 'worker',
  worker: 'worker',
  host: 'worker',
  landing: 'landing',
  gate: 'landing',
  review: 'landing',
  undo: 'landing',
  target: 'landing',
  delivery: 'landing',
  note: 'notes',
};

/** Another gate is the run's. */
export const topicOf = (type: EventType): Topic =>
  type === 'gate.changed' ? 'run' : (BY_WORD[type.split('.')[0]!] ?? 'run');

/** What the journal does not have: a worker says it of its attempt as it goes. */
export const isAnnouncement = (event: LogEventName): boolean => !(event in JOURNAL_LOG_EVENTS);

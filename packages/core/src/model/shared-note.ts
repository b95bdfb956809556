/** Notes of the run: short texts under a key that its workers, its planner and the operator share. */
import type { AttemptId } from './ids.ts';

export type NoteAuthor = AttemptId | 'operator';

export interface SharedNote {
  readonly key: string;
  /** Empty: it was taken away. Its version goes on, so that nobody takes an old one for a new one. */
  readonly text: string;
  /** 1, 2, 3 …: how often it was set. */
  readonly version: number;
  readonly by: NoteAuthor;
  /** Entry time, ms since the epoch. */
  readonly at: number;
}

/** Notes with a text, and keys that ever had one (P8). */
export const SHARED_NOTES_MAX = 200;
export const NOTE_KEYS_MAX = 1_000;
export const NOTE_BYTES_MAX = 4_096;
export const NOTE_KEY_MAX = 100;

/** What an operator must know of whatever else became of the run: work that was held because a secret stood in it. */
import type { AttemptId } from '../model/ids.ts';
import type { State } from '../state.ts';
import { plain } from './words.ts';

export interface Alarm {
  readonly attempt: AttemptId;
  /** Names the secret or the rule, and the place; never the value. */
  readonly detail: string;
}

/** Of more, the latest. */
const ALARMS_MAX = 20;

/** Oldest first. */
export const alarms = ({ attempts, secretAttempts }: State): readonly Alarm[] =>
  [...secretAttempts].slice(-ALARMS_MAX).flatMap((id) => {
    const attempt = attempts.get(id);
    return attempt?.state === 'ended' ? [{ attempt: id, detail: plain(attempt.detail) }] : [];
  });

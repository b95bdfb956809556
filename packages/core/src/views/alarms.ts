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
export function alarms({ attempts }: State): readonly Alarm[] {
  const found: Alarm[] = [];
  for (const attempt of attempts.values())
    if (attempt.state === 'ended' && attempt.ending === 'secret-found')
      found.push({ attempt: attempt.id, detail: plain(attempt.detail) });
  return found.slice(-ALARMS_MAX);
}

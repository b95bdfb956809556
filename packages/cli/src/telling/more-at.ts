/** When there is more of a used-up quota, by the word of the provider. */
import { durationText } from '@swarm/core/views/words';
import { localClock } from './local-clock.ts';

/** Two `now`s give two sentences: what is past is not promised. Both in ms since the epoch. */
export const moreText = (at: number, now: number): string =>
  at > now
    ? `there is more at ${localClock(at)}, in ${durationText(at - now)}`
    : `there is more since ${localClock(at)}`;

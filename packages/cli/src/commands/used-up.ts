/** A run that stopped because every quota was used up, and is taken up again before there is more. */
import type { State } from '@swarm/core/state';
import type { Context } from '../program/context.ts';
import { systemClock } from '../running/clock.ts';
import { moreText } from '../telling/more-at.ts';

/** A machine that slept looks at the time again so soon. */
const LOOK_MS = 60_000;

/**
 * Waits until the time the provider named. Nothing is held meanwhile: the run may be read, and taken up elsewhere.
 * @returns whether it waited, so that what was read before is old.
 */
export async function waitForMore({ moreAt }: State, { output }: Context): Promise<boolean> {
  if (moreAt === undefined || moreAt <= Date.now()) return false;
  output.narrate(`the quota is used up; ${moreText(moreAt, Date.now())}`);
  output.narrate('swarm waits until then and no model is asked; swarm resume --now asks at once');
  for (let leftMs = moreAt - Date.now(); leftMs > 0; leftMs = moreAt - Date.now())
    await new Promise<void>((wake) => systemClock.after(Math.min(leftMs, LOOK_MS), wake));
  return true;
}

/** A run whose orchestrator is killed with signal 9 at given moments, and taken up again until it is done. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Ended, Running } from './program.ts';
import type { World } from './world.ts';

export interface Survived {
  readonly last: Ended;
  /** Times it was really killed: a moment after the end kills nothing. */
  readonly kills: number;
  readonly resumes: number;
}

/** More than a run that goes on can need; one that does not would otherwise be tried for ever. */
const RESUMES_MAX = 20;

/**
 * @param moments ms after each start; the first is the run's, the others the resumes'. Killed before its first
 * decision a run never was, and is started anew, as a person would.
 */
export async function killedAndResumed(
  world: World,
  args: readonly string[],
  moments: readonly number[],
  env: Record<string, string> = {},
): Promise<Survived> {
  let kills = 0;
  for (let resumes = 0; resumes <= RESUMES_MAX; resumes++) {
    const isBegun = await world.runFolder().then(
      () => true,
      () => false,
    );
    const running = world.start(isBegun ? ['resume'] : args, { env });
    const moment = moments[resumes];
    if (moment !== undefined) await killAt(running, moment);
    const last = await running.ended;
    if (last.signal !== 'SIGKILL') return { last, kills, resumes };
    kills += 1;
  }
  throw new Error(`not done after ${RESUMES_MAX} resumes`);
}

async function killAt(running: Running, ms: number): Promise<void> {
  const isOver = running.ended.then(() => true);
  const isDue = pause(ms, false, { ref: false });
  if (!(await Promise.race([isOver, isDue]))) running.kill('SIGKILL');
}

/** Evenly spread whole numbers below `max`, the same for the same seed: mulberry32. */
export function seeded(seed: number): (max: number) => number {
  let state = seed >>> 0;
  return (max) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * max);
  };
}

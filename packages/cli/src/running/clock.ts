import type { Clock } from '@swarm/core/ports/world';

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, run) {
    // Longer than a timer can hold (24.8 days) is not needed by anyone and would fire at once.
    // It keeps the process alive: a pause before the next try may be all there is to wait for.
    const timer = setTimeout(run, Math.min(delayMs, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
};

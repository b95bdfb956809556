import type { Clock } from '@swarm/core/ports/world';

/** Real time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Longer than any back-off: a deadline that must not fire in a test of back-off. */
export const NEVER_MS = 1_000_000_000;

/** Back-off passes at once and is written down; what is set to NEVER_MS never comes. */
export function createHurriedClock(
  startAt = Date.parse('2026-01-01T00:00:00Z'),
): Clock & { delays: number[] } {
  const delays: number[] = [];
  let passed = 0;
  return {
    delays,
    now: () => startAt + passed,
    monotonic: () => passed,
    after(delayMs, run) {
      if (delayMs >= NEVER_MS) return () => {};
      delays.push(delayMs);
      const immediate = setImmediate(() => {
        passed += delayMs;
        run();
      });
      return () => clearImmediate(immediate);
    },
  };
}

/** What tests of this package share. */
import type { HttpOptions } from './http.ts';

/** The machine's own time, with pauses short enough for a test and no chance in them. */
export const realTime = (): Pick<HttpOptions, 'clock' | 'random' | 'patience'> => ({
  clock: {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  },
  random: () => 0,
  patience: { asks: 5, totalMs: 10_000, firstMs: 10 },
});

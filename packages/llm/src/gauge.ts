/** What is known of one endpoint's quotas, from the headers of whatever it answered last. */
import type { Clock } from '@swarm/core/ports/world';
import { isSpent, type Quota, quotasIn } from './quotas.ts';

export interface QuotaGauge {
  /** Reads an answer's headers, a refusal's too. */
  hear(headers: Headers): void;
  /** As they stand now: what has run out since is not among them. */
  quotas(): readonly Quota[];
  /** One of them has nothing left, as the last answer said. */
  isSpent(): boolean;
}

/** What changed by so much is told, though not more often than this; and once a minute in any case. */
const NEWS_STEP = 0.05;
const NEWS_MIN_MS = 5_000;
const NEWS_MAX_MS = 60_000;

/** @param tell is told while answers come in: often enough to watch by, too seldom to fill a log. */
export function createGauge(clock: Clock, tell: (quotas: readonly Quota[]) => void): QuotaGauge {
  const known = new Map<string, Quota>();
  let told: { readonly at: number; readonly quotas: readonly Quota[] } | undefined;

  function quotas(): readonly Quota[] {
    const now = clock.now();
    for (const [of, { resetsAt }] of known) if (resetsAt !== undefined && resetsAt <= now) known.delete(of);
    return [...known.values()];
  }

  return {
    hear(headers) {
      const heard = quotasIn(headers, clock.now());
      if (heard.length === 0) return;
      for (const quota of heard) known.set(quota.of, quota);
      const now = clock.monotonic();
      const current = quotas();
      const passedMs = now - (told?.at ?? Number.NEGATIVE_INFINITY);
      const isNews = passedMs >= NEWS_MAX_MS || (passedMs >= NEWS_MIN_MS && differs(told!.quotas, current));
      if (!isNews) return;
      told = { at: now, quotas: current };
      tell(current);
    },
    quotas,
    isSpent: () => quotas().some((quota) => isSpent(quota, clock.now())),
  };
}

const differs = (before: readonly Quota[], after: readonly Quota[]): boolean =>
  after.some(({ of, used }) => {
    const known = before.find((quota) => quota.of === of);
    return known === undefined || Math.abs(known.used - used) >= NEWS_STEP || known.used < 1 !== used < 1;
  });

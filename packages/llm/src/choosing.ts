/** Which of several endpoints is asked next. */
import type { Rng } from '@swarm/core/ports/world';

/** As much of an endpoint as is asked of it here. */
interface Chosen {
  readonly name: string;
  readonly accountOf?: string;
  readonly weight?: number;
}

/** `wait`: none is open; one will be after `ms`. */
type Choice<E> =
  | { readonly kind: 'use'; readonly endpoint: E }
  | { readonly kind: 'wait'; readonly ms: number };

/** How an endpoint stands towards one kind of call. */
export interface Standing {
  /** Monotonic ms before which it is not asked. */
  readonly openAt: number;
  /** A call that came now would wait for its turn. */
  readonly isFull: boolean;
  /** Nothing is left of a quota, as its last answer said: it would refuse. */
  readonly isSpent: boolean;
}

/**
 * By weight among servers that are ready. Of the accounts at one server: the one the conversation is at, else the first
 * that is free and has something left.
 * @param among not empty. @param stays the endpoint that the conversation is at. @param now monotonic ms.
 */
export function choose<E extends Chosen>(
  among: readonly E[],
  standing: (endpoint: E) => Standing,
  stays: string | undefined,
  now: number,
  rng: Rng,
): Choice<E> {
  const at = new Map(among.map((endpoint) => [endpoint, standing(endpoint)]));
  const open = among.filter((endpoint) => at.get(endpoint)!.openAt <= now);
  if (open.length === 0)
    return { kind: 'wait', ms: Math.min(...[...at.values()].map(({ openAt }) => openAt)) - now };
  const ready = orAll(open, (endpoint) => !at.get(endpoint)!.isSpent);
  const isFree = (endpoint: E): boolean => !at.get(endpoint)!.isFull;
  // Who is in the middle of something waits for its turn rather than to begin anew elsewhere.
  const isAsked = (endpoint: E): boolean => isFree(endpoint) || endpoint.name === stays;
  const servers = Map.groupBy(orAll(ready, isAsked), serverOf);
  const firsts = [...servers.values()].map(
    (accounts) => accounts.find(({ name }) => name === stays) ?? accounts[0]!,
  );
  return { kind: 'use', endpoint: byWeight(firsts, rng) };
}

const serverOf = ({ name, accountOf }: Chosen): string => accountOf ?? name;

function orAll<T>(all: readonly T[], isBetter: (one: T) => boolean): readonly T[] {
  const better = all.filter(isBetter);
  return better.length > 0 ? better : all;
}

/** Ties and rounding fall to the last in configured order. */
function byWeight<E extends Chosen>(ready: readonly E[], rng: Rng): E {
  const weightOf = (e: E): number => Math.max(0, e.weight ?? 100);
  let left = rng() * ready.reduce((sum, e) => sum + weightOf(e), 0);
  for (const endpoint of ready) {
    left -= weightOf(endpoint);
    if (left < 0) return endpoint;
  }
  return ready.at(-1)!;
}

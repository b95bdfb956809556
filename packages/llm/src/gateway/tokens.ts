import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { AttemptId } from '@swarm/core/model/ids';
import { addUsage, NO_USAGE, tokensOf, type Usage } from '@swarm/core/model/usage';

/** What one attempt may use, in all its calls together. */
export interface AttemptLimits {
  readonly tokens: number;
  /** US dollars. Calls to a model without a price are refused where it is set. */
  readonly usd?: number;
  /** The one it is given, whatever it names; the workers' when absent. */
  readonly model?: string;
}

/** One attempt's right to use the gateway. */
export interface Ticket {
  readonly attempt: AttemptId;
  /** The model it is given; the workers' when absent. */
  readonly model: string | undefined;
  /** A secret that is worth nothing outside this attempt's socket. */
  readonly token: string;
  /** Compares in constant time. @param shown what a call shows, wherever its dialect puts it. */
  accepts(shown: readonly string[]): boolean;
  /** Sets the expected use of a call aside; says why not when it does not fit. */
  reserve(expected: Usage): { readonly kind: 'reserved'; settle(used: Usage): void } | Refused;
  /** Returns what is left: not used and not set aside. Infinity when nothing bounds it. */
  left(): { readonly tokens: number; readonly usd: number };
  usage(): Usage;
  /** The limit a call was last refused for. */
  refused(): 'tokens' | 'usd' | undefined;
  /** From now on a call that breaks off was cut off by us, and no agent that hung up. */
  callOff(): void;
  /** Whether a call that breaks off now was cut off by us; such calls are counted. */
  cutsOff(): boolean;
  /** Calls that we cut off: what they used is counted as far as it was seen. */
  cutOff(): number;
  /** Notes that every endpoint turned a call away. */
  turnAway(kind: 'auth' | 'quota'): void;
  /** Why every endpoint last turned a call away, where they did. */
  turnedAway(): 'auth' | 'quota' | undefined;
  /** Resolves when no call is under way any more. */
  settled(): Promise<void>;
}

export interface Refused {
  readonly kind: 'refused';
  readonly limit: 'tokens' | 'usd';
  readonly why: string;
}

/** The secret comes from the system's own generator: the seeded one of a simulated run can be guessed. */
export function createTicket(attempt: AttemptId, limits: AttemptLimits): Ticket {
  const token = `swarm-${randomBytes(24).toString('base64url')}`;
  const expected = digest(token);
  /** Calls under way: what is set aside for each, and its end. */
  const open = new Map<Usage, Promise<void>>();
  let used = NO_USAGE;
  let lastRefused: 'tokens' | 'usd' | undefined;
  let isCalledOff = false;
  let cutOff = 0;
  let lastTurnedAway: 'auth' | 'quota' | undefined;

  return {
    attempt,
    model: limits.model,
    token,
    accepts: (shown) => shown.map((one) => timingSafeEqual(digest(one), expected)).includes(true),
    reserve(expectedUse) {
      const refused = refusal([...open.keys(), expectedUse].reduce(addUsage, used), expectedUse, limits);
      if (refused !== undefined) {
        lastRefused = refused.limit;
        return refused;
      }
      const end = Promise.withResolvers<void>();
      open.set(expectedUse, end.promise);
      return {
        kind: 'reserved',
        settle(actual) {
          if (!open.delete(expectedUse)) return;
          used = addUsage(used, actual);
          end.resolve();
        },
      };
    },
    left() {
      const taken = [...open.keys()].reduce(addUsage, used);
      const usd = limits.usd === undefined ? Number.POSITIVE_INFINITY : limits.usd - taken.costUsd;
      return { tokens: limits.tokens - tokensOf(taken), usd };
    },
    usage: () => used,
    refused: () => lastRefused,
    callOff() {
      isCalledOff = true;
    },
    cutsOff() {
      if (isCalledOff) cutOff += 1;
      return isCalledOff;
    },
    cutOff: () => cutOff,
    turnAway(kind) {
      lastTurnedAway = kind;
    },
    turnedAway: () => lastTurnedAway,
    async settled() {
      await Promise.all(open.values());
    },
  };
}

/** @param total what would be used with this call. */
function refusal(total: Usage, call: Usage, limits: AttemptLimits): Refused | undefined {
  const refuse = (limit: Refused['limit'], why: string): Refused => ({ kind: 'refused', limit, why });
  if (tokensOf(total) > limits.tokens) {
    const why = `this attempt may use ${limits.tokens} tokens; with this call it would be ${tokensOf(total)}`;
    return refuse('tokens', why);
  }
  if (limits.usd === undefined) return undefined;
  if (!call.priced) return refuse('usd', 'this attempt has a money limit, and the model has no price');
  if (total.costUsd <= limits.usd) return undefined;
  return refuse(
    'usd',
    `this attempt may spend ${limits.usd} USD; with this call it would be ${total.costUsd.toFixed(4)}`,
  );
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

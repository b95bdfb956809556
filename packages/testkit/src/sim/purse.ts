/** Who has spent and set aside what, added up once more by code of its own. */
import type { Event } from '@swarm/core/events';
import { SPEND_ROLES, type SpendRole } from '@swarm/core/model/request';
import { tokensOf } from '@swarm/core/model/usage';

interface Amount {
  readonly tokens: number;
  readonly usd: number;
}
const NOTHING: Amount = { tokens: 0, usd: 0 };
const plus = (a: Amount, b: Amount): Amount => ({ tokens: a.tokens + b.tokens, usd: a.usd + b.usd });

export class Purse {
  readonly spent = new Map<SpendRole, Amount>(SPEND_ROLES.map((role) => [role, NOTHING]));
  /** Set aside for what runs now, by attempt, iteration or slice. */
  readonly open = new Map<string, Amount & { readonly role: SpendRole }>();
  reached: string | undefined;
  /** Nothing new opens. */
  neared: string | undefined;

  take(e: Event): void {
    const set = asideIn(e);
    if (set) {
      const before = this.open.get(set.key) ?? NOTHING;
      this.open.set(set.key, { ...plus(before, set.reserved), role: set.role });
    }
    if (e.type === 'attempt.ended') this.#settle(e.attempt, 'worker', usageOf(e), e.reason === 'lost');
    if (e.type === 'iteration.ended')
      this.#settle(`i${e.iteration}`, plannerOf(e), usageOf(e), e.outcome === 'lost');
    if (e.type === 'spend.recorded') this.#settle(`s${e.slice}`, e.role, usageOf(e), false);
    if (e.type === 'spend.lost') this.#settle(`s${e.slice}`, e.role, NOTHING, true);
    if (e.type === 'review.given') this.#settle(`s${e.slice}`, 'reviewer', usageOf(e), false);
    if (e.type === 'budget.reached') this.reached = e.which;
    if (e.type === 'budget.neared') this.neared = e.which;
    if (e.type !== 'limits.raised' && e.type !== 'run.reopened') return;
    this.reached = undefined;
    this.neared = undefined;
  }

  of(role: SpendRole): Amount {
    return this.spent.get(role)!;
  }

  /** Spent and set aside, of one role or of all. */
  all(role?: SpendRole): Amount {
    const roles = role ? [role] : SPEND_ROLES;
    const spent = roles.map((one) => this.of(one)).reduce(plus, NOTHING);
    return [...this.open.values()].filter((one) => roles.includes(one.role)).reduce(plus, spent);
  }

  #settle(key: string, role: SpendRole, used: Amount, isLost: boolean): void {
    const reserved = this.open.get(key) ?? NOTHING;
    this.open.delete(key);
    const paid = isLost ? plus(used, reserved) : used;
    this.spent.set(role, plus(this.of(role), paid));
  }
}

const usageOf = ({
  usage,
}: {
  readonly usage: Parameters<typeof tokensOf>[0] & { readonly costUsd: number };
}): Amount => ({
  tokens: tokensOf(usage),
  usd: usage.costUsd,
});

const plannerOf = ({ owner }: { readonly owner?: unknown }): SpendRole =>
  owner === undefined ? 'planner' : 'subplanner';

/** What an event sets aside. */
export function asideIn(
  e: Event,
): { readonly key: string; readonly role: SpendRole; readonly reserved: Amount } | undefined {
  switch (e.type) {
    case 'attempt.started':
      return { key: e.attempt, role: 'worker', reserved: e.reserved };
    case 'iteration.started':
    case 'iteration.extended':
      return { key: `i${e.iteration}`, role: plannerOf(e), reserved: e.reserved };
    case 'spend.reserved':
      return { key: `s${e.slice}`, role: e.role, reserved: e.reserved };
    default:
      return undefined;
  }
}

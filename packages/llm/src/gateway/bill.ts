/** What one call of an agent costs: lost tries, then the answer; booked exactly once. */
import type { AttemptId } from '@swarm/core/model/ids';
import { addUsage, NO_USAGE, type Usage } from '@swarm/core/model/usage';
import type { Clock } from '@swarm/core/ports/world';
import type { CallTokens, PriceTable } from '../prices.ts';
import { estimateTokens, usageOf } from '../usage.ts';
import type { OutgoingRequest } from './request.ts';
import type { Refused, Ticket } from './tokens.ts';

export interface CallDetail {
  readonly endpoint: string | undefined;
  readonly model: string;
  readonly ms: number;
  /** The server did not say what it used: counted from characters, or booked as it was set aside. */
  readonly isEstimated: boolean;
  /** Fields of the agent's request that were not sent on. */
  readonly leftOut?: readonly string[];
}

export interface Bill {
  /**
   * A try was given up when the model may have been at work: it is booked as it was set aside, and as much is set
   * aside again, unless it was the last. Says why not, where the next try could not be paid.
   */
  lost(isLast: boolean): Refused | undefined;
  /**
   * @param tokens what was used, as far as it was seen; absent: nothing more.
   * @param isLost the answer was given up, and nobody said what it used: booked as it was set aside, if not by us.
   */
  close(endpoint: string | undefined, tokens?: CallTokens, isLost?: boolean): void;
}

export interface BillOptions {
  readonly prices: PriceTable;
  readonly clock: Clock;
  readonly onUsage?: (attempt: AttemptId, used: Usage, detail: CallDetail) => void;
}

/** Refused where it does not fit into what the attempt has left. */
export function openBill(
  ticket: Ticket,
  request: Pick<OutgoingRequest, 'model' | 'most' | 'chars' | 'leftOut'>,
  options: BillOptions,
): { readonly kind: 'opened'; readonly bill: Bill } | Refused {
  const { model, leftOut, most, chars } = request;
  const expected = usageOf(most, model, options.prices);
  const first = ticket.reserve(expected);
  if (first.kind === 'refused') return first;
  const startedAt = options.clock.monotonic();
  let settle: ((used: Usage) => void) | undefined = first.settle;
  let used = NO_USAGE;
  let isEstimated = false;
  let isClosed = false;

  function book(cost: Usage): void {
    settle?.(cost);
    settle = undefined;
    used = addUsage(used, cost);
  }

  const bill: Bill = {
    lost(isLast) {
      isEstimated = true;
      const seen = usageOf(estimateTokens(chars, 0), model, options.prices);
      // An own copy: what is set aside is told apart by being another value.
      book(ticket.cutsOff() ? seen : { ...expected });
      if (isLast) return undefined;
      const again = ticket.reserve({ ...expected });
      if (again.kind === 'refused') return again;
      settle = again.settle;
      return undefined;
    },
    close(endpoint, tokens, isLost = false) {
      if (isClosed) return;
      isClosed = true;
      const told = isLost && !ticket.cutsOff() ? most : tokens;
      isEstimated ||= told?.isEstimated ?? false;
      book(told === undefined ? NO_USAGE : usageOf(told, model, options.prices));
      if (used.calls === 0) return;
      const ms = options.clock.monotonic() - startedAt;
      const detail = { endpoint, model, ms, isEstimated, ...(leftOut.length > 0 && { leftOut }) };
      options.onUsage?.(ticket.attempt, used, detail);
    },
  };
  return { kind: 'opened', bill };
}

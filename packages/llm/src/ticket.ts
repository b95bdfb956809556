/** Tickets: a model that nobody can ask for more than was reserved for it. The gateway does the same for agents. */
import { addUsage, NO_USAGE, tokensOf, type Usage } from '@swarm/core/model/usage';
import type {
  Model,
  ModelRequest,
  ModelRole,
  ModelTicket,
  TicketedModel,
  TicketLimits,
  TicketResult,
} from '@swarm/core/ports/models';
import type { PriceTable } from './prices.ts';
import { estimateTokens, usageOf } from './usage.ts';

/** Tokens set aside for the answer of a call that does not limit it, as far as they are left. */
export const RESERVED_ANSWER_TOKENS = 4_096;

/** The port the orchestrator gets: the model itself stays in here. */
export function ticketed(model: Model, prices: PriceTable): TicketedModel {
  return {
    nameFor: (role) => model.nameFor(role),
    as: (role, limits) => ticketFor(model, prices, role, limits),
    whenUp: (signal) => model.whenUp(signal),
  };
}

type Ask = Omit<ModelRequest, 'role'>;

function ticketFor(model: Model, prices: PriceTable, role: ModelRole, given: TicketLimits): ModelTicket {
  let limits = given;
  let used = NO_USAGE;
  /** What is set aside for each call under way. */
  const open = new Set<Usage>();
  const left = (): TicketLimits => leftOf(limits, [...open].reduce(addUsage, used));

  return {
    left,
    extend(by) {
      limits = added(limits, by);
    },
    async stream(request, options): Promise<TicketResult> {
      const name = model.nameFor(role);
      const prompt = expected(request, name, prices, 0);
      const why = refusal(prompt, left());
      if (why !== undefined)
        return { end: { kind: 'over-budget', why }, text: '', usage: NO_USAGE, model: name };
      const aside = expected(request, name, prices, request.maxOutputTokens ?? RESERVED_ANSWER_TOKENS);
      open.add(aside);
      try {
        const result = await model.stream({ ...request, role }, options);
        used = addUsage(used, result.usage);
        return result;
      } finally {
        open.delete(aside);
      }
    },
  };
}

/** What the call uses if its answer has so many tokens. */
function expected(request: Ask, model: string, prices: PriceTable, answerTokens: number): Usage {
  const { input } = estimateTokens(JSON.stringify([request.messages, request.tools]).length, 0);
  return usageOf({ input, cachedInput: 0, output: answerTokens, isEstimated: true }, model, prices);
}

/** Why the call may not be made: what it sends alone is more than is left. */
function refusal(prompt: Usage, left: TicketLimits): string | undefined {
  if (left.tokens !== undefined && tokensOf(prompt) >= left.tokens)
    return `${Math.round(left.tokens)} tokens are left, and the request alone is about ${tokensOf(prompt)}`;
  if (left.usd === undefined) return undefined;
  if (!prompt.priced) return 'there is a money limit, and the model has no price';
  if (prompt.costUsd < left.usd) return undefined;
  return `$${left.usd.toFixed(4)} are left, and the request alone is about $${prompt.costUsd.toFixed(4)}`;
}

const leftOf = ({ tokens, usd }: TicketLimits, used: Usage): TicketLimits => ({
  ...(tokens !== undefined && { tokens: Math.max(0, tokens - tokensOf(used)) }),
  ...(usd !== undefined && { usd: Math.max(0, usd - used.costUsd) }),
});

const added = ({ tokens, usd }: TicketLimits, by: TicketLimits): TicketLimits => ({
  ...(tokens !== undefined && { tokens: tokens + (by.tokens ?? 0) }),
  ...(usd !== undefined && { usd: usd + (by.usd ?? 0) }),
});

import { type Problem, SwarmError } from '@swarm/core/errors';
import * as z from 'zod';

/** Tokens of one call. */
export interface CallTokens {
  readonly input: number;
  /** Part of `input` that the server had cached. */
  readonly cachedInput: number;
  readonly output: number;
  /** What writing the cache costs beside reading it as input, in tokens of input. */
  readonly cacheWriteExtra?: number;
  /** The server did not say; counted from characters. */
  readonly isEstimated: boolean;
}

const amount = z.number().nonnegative().finite();

/** US dollars for one million tokens. */
export const PriceSchema = z.strictObject({
  input: amount,
  output: amount,
  /** Of input the server had cached; `input` when absent. */
  cachedInput: amount.optional(),
});

/** A dated table: list prices move, so it says of when it is, and the operator's own entries go over it. */
export const PriceTableSchema = z.strictObject({
  asOf: z.iso.date(),
  currency: z.literal('USD'),
  note: z.string().optional(),
  perMillion: z.record(z.string().min(1), PriceSchema),
});

export type Price = z.infer<typeof PriceSchema>;
export type PriceTable = z.infer<typeof PriceTableSchema>;

/** @throws SwarmError SW0102 with one problem for each mistake. @param where names the file in messages. */
export function readPrices(json: string, where: string): PriceTable {
  const parsed = PriceTableSchema.safeParse(parseJson(json, where));
  if (parsed.success) return parsed.data;
  throw new SwarmError(
    parsed.error.issues.map((issue) => wrong(where, `${issue.path.join('.')}: ${issue.message}`)),
  );
}

function parseJson(json: string, where: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new SwarmError(wrong(where, (cause as Error).message), { cause });
  }
}

const wrong = (where: string, why: string): Problem => ({
  code: 'SW0102',
  what: 'the price table cannot be used',
  where,
  why,
  fix: 'give each model {"input": <USD per million tokens>, "output": <USD per million tokens>}',
});

/** The operator's prices over the table's. */
export const mergePrices = (table: PriceTable, overrides: Readonly<Record<string, Price>>): PriceTable => ({
  ...table,
  perMillion: { ...table.perMillion, ...overrides },
});

/** What may follow a known name: `-2025-04-14`, `-20250929`, `@20250929`, `-001`, `-latest`. */
const VERSION_STAMP = /^[-@](?:\d{4}-\d{2}-\d{2}|\d{8}|\d{3,4}|latest)$/;

/**
 * The exact name, else the longest known name it is a dated version of. Any other suffix is another model:
 * `gpt-5-pro` costs ten times `gpt-5`, and no price is better than a wrong one.
 */
export function priceOf(table: PriceTable, model: string): Price | undefined {
  if (Object.hasOwn(table.perMillion, model)) return table.perMillion[model];
  const longest = Object.keys(table.perMillion)
    .filter((name) => model.startsWith(name) && VERSION_STAMP.test(model.slice(name.length)))
    .sort((a, b) => b.length - a.length)[0];
  return longest === undefined ? undefined : table.perMillion[longest];
}

export function costUsd(price: Price, tokens: CallTokens): number {
  const fresh = tokens.input - tokens.cachedInput + (tokens.cacheWriteExtra ?? 0);
  const cached = tokens.cachedInput * (price.cachedInput ?? price.input);
  return (fresh * price.input + cached + tokens.output * price.output) / 1_000_000;
}

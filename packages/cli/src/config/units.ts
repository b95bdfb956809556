/** Durations and budgets as people write them. */

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `"500ms"`, `"90s"`, `"30m"`, `"2h"`, `"1.5h"` in ms, rounded; undefined for anything else. */
export function parseDurationMs(text: string): number | undefined {
  const match = DURATION.exec(text.trim());
  if (!match) return undefined;
  return Math.round(Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS]);
}

const BYTES = /^(\d+(?:\.\d+)?)([kmgt])$/i;
const BYTE_UNITS = { k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 } as const;

/** `"512m"`, `"4g"`, `"1.5t"` in bytes, in powers of 1024, rounded; undefined for anything else. */
export function parseBytes(text: string): number | undefined {
  const match = BYTES.exec(text.trim());
  if (!match) return undefined;
  return Math.round(Number(match[1]) * BYTE_UNITS[match[2]!.toLowerCase() as keyof typeof BYTE_UNITS]);
}

export interface BudgetLimits {
  readonly usd?: number;
  readonly tokens?: number;
}

/** A role's part of a budget: a share of the whole, or an amount. */
export type BudgetPart = BudgetLimits & { readonly share?: number };

/** `"20%"`, or whatever `parseBudget` takes; undefined for anything else. */
export function parsePart(text: string): BudgetPart | undefined {
  const percent = /^(\d{1,3}(?:\.\d{1,4})?)\s*%$/.exec(text.trim())?.[1];
  if (percent === undefined) return parseBudget(text);
  const share = Number(percent) / 100;
  return share > 0 && share <= 1 ? { share } : undefined;
}

const BUDGET = /^(\d+(?:\.\d+)?)(usd|([kMG])?tok)$/i;
const TIMES = { '': 1, k: 1e3, m: 1e6, g: 1e9 } as const;

/** `"5usd"`, `"2Mtok"`, `"500ktok"`, or several with commas; undefined when any part is not a budget. */
export function parseBudget(text: string): BudgetLimits | undefined {
  const parts = text.split(',').map(parseAmount);
  const limits: BudgetLimits = Object.assign({}, ...parts);
  const isWhole = parts.every((part) => part !== undefined) && Object.keys(limits).length === parts.length;
  return isWhole ? limits : undefined;
}

function parseAmount(text: string): BudgetLimits | undefined {
  const [, amount, unit, prefix] = BUDGET.exec(text.trim()) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  if (unit.toLowerCase() === 'usd') return { usd: Number(amount) };
  const times = TIMES[(prefix?.toLowerCase() ?? '') as keyof typeof TIMES];
  return { tokens: Math.round(Number(amount) * times) };
}

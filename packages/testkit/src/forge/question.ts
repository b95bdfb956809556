/** What a dialect of the fake is asked, and what it answers. */
import type { ForgeState } from './state.ts';

/** Wrong on purpose: each is a fault that a forge, or our idea of one, could have. */
export const FORGE_MUTANTS = [
  'one-page',
  'stale-tag',
  'second-accepted',
  'any-token',
  'limit-unsaid',
  'closed-hidden',
  'fork-mixed',
  'required-unsaid',
  'merge-unsaid',
  'draft-unsaid',
  'draft-stays',
  'ruleset-unsaid',
  'queue-unsaid',
  'approvals-unsaid',
] as const;
export type ForgeMutant = (typeof FORGE_MUTANTS)[number];

export interface Said {
  readonly status: number;
  readonly json: unknown;
  /** Its entries are told in pages. */
  readonly pages?: readonly unknown[];
  /** How a page of them stands in the answer. */
  readonly inside?: (page: readonly unknown[], all: number) => unknown;
}

export interface Question {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  readonly login: string;
  readonly web: string;
  readonly mutant: ForgeMutant | undefined;
}

/** Undefined: it knows no such address. */
export type Routes = (state: ForgeState, asked: Question) => Promise<Said | undefined>;

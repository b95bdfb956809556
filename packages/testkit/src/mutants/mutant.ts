import type { Focus } from '../sim/focus.ts';

/** A fault planted in the product's own sources, as a person might make it: what tests are there to find. */
export interface ProductMutant {
  /** What the product does with it, in words. */
  readonly means: string;
  readonly patches: readonly Patch[];
  /** What each seed has that is to find it, where that is rare; without, whatever is drawn. */
  readonly focus?: Focus;
  /** Test files that speak of it, `core/src/fold.test.ts`, beside those of the files it changes. */
  readonly tests?: readonly string[];
  /** Why nothing notices: another defence does the same work, and which. */
  readonly redundant?: string;
}

/** One place of a package's product code: it must be there exactly once, blanks and line breaks aside. */
export interface Patch {
  readonly in: 'core' | 'orchestrator' | 'mesh';
  readonly find: string;
  readonly put: string;
}

export type MutantTable = Readonly<Record<string, ProductMutant>>;

export const core = (find: string, put: string): Patch => ({ in: 'core', find, put });
export const orchestrator = (find: string, put: string): Patch => ({ in: 'orchestrator', find, put });

export const mesh = (find: string, put: string): Patch => ({ in: 'mesh', find, put });

/** Where a text stands in a source, blanks and line breaks aside. */
export function placesOf(
  find: string,
  source: string,
): readonly { readonly at: number; readonly length: number }[] {
  const words = find
    .trim()
    .split(/\s+/)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return [...source.matchAll(new RegExp(words.join('\\s+'), 'g'))].map((match) => ({
    at: match.index,
    length: match[0].length,
  }));
}

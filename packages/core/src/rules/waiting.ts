/**
 * Knows which task waits for what, so that a task that starts in front of others is noticed at once.
 *
 * Kept by entry, and for each entry in the order of the queue: of ten thousand tasks that wait for one file only those
 * before the one that starts are looked at. A task that no longer waits is removed when it is met.
 */
import { Heap } from './heap.ts';
import { type FoldedScope, ScopeIndex } from './scopes.ts';

/** One that waits, for as long as it waits for the same scope. */
export interface Ticket<T> {
  readonly rank: number;
  readonly of: T;
  readonly scope: FoldedScope;
  isVoid: boolean;
}

export class WaitingLines<T> {
  /** Every entry somebody waits for, under its own key. */
  readonly #entries = new ScopeIndex(true);
  readonly #lines = new Map<string, Heap<Ticket<T>>>();

  /** @param rank its place in the order; no two that wait share one. */
  add(of: T, rank: number, scope: FoldedScope): Ticket<T> {
    const ticket: Ticket<T> = { rank, of, scope, isVoid: false };
    for (const [key, entry] of entriesOf(scope)) this.#lineOf(key, entry).push(ticket);
    return ticket;
  }

  remove(ticket: Ticket<T>): void {
    ticket.isVoid = true;
    for (const [key] of entriesOf(ticket.scope)) this.#tidy(key);
  }

  /** Those before this rank that wait for part of the scope. */
  before(rank: number, scope: FoldedScope): ReadonlySet<T> {
    const found = new Set<T>();
    if (this.#entries.size === 0) return found;
    this.#entries.visit(scope, (key) => {
      this.#lines.get(key)!.visitBefore(rank, (ticket) => {
        if (!ticket.isVoid) found.add(ticket.of);
      });
      return false;
    });
    return found;
  }

  #lineOf(key: string, entry: FoldedScope): Heap<Ticket<T>> {
    const known = this.#lines.get(key);
    if (known) return known;
    const line = new Heap<Ticket<T>>();
    this.#lines.set(key, line);
    this.#entries.add(key, entry);
    return line;
  }

  #tidy(key: string): void {
    const line = this.#lines.get(key);
    while (line?.first?.isVoid) line.pop();
    if (line?.size !== 0) return;
    this.#lines.delete(key);
    this.#entries.remove(key);
  }
}

/** Each entry as a scope of its own. A path may be spelled like a glob: their keys differ. */
function* entriesOf({ paths, globs }: FoldedScope): Generator<readonly [string, FoldedScope]> {
  for (const path of paths) yield [path, { paths: [path], globs: [] }];
  for (const glob of globs) yield [`\0${glob.entry}`, { paths: [], globs: [glob] }];
}

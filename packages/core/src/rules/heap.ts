/** A binary heap: the item of least rank first; no two may share one. Push and pop take O(log n). */
export class Heap<T extends { readonly rank: number }> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  get first(): T | undefined {
    return this.#items[0];
  }

  /** Every item before this rank, in no order; costs as much as there are of them. */
  visitBefore(rank: number, visit: (item: T) => void): void {
    const open = [0];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const item = this.#items[at];
      if (item === undefined || item.rank >= rank) continue;
      visit(item);
      open.push(2 * at + 1, 2 * at + 2);
    }
  }

  push(item: T): void {
    const items = this.#items;
    let at = items.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (item.rank > items[above]!.rank) break;
      items[at] = items[above]!;
      at = above;
    }
    items[at] = item;
  }

  pop(): T | undefined {
    const items = this.#items;
    const least = items[0];
    const last = items.pop();
    if (items.length === 0 || last === undefined) return least;
    let at = 0;
    for (let below = 1; below < items.length; below = 2 * at + 1) {
      if (below + 1 < items.length && items[below + 1]!.rank < items[below]!.rank) below++;
      if (items[below]!.rank > last.rank) break;
      items[at] = items[below]!;
      at = below;
    }
    items[at] = last;
    return least;
  }
}

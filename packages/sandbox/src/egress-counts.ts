/** What passed the way out and what did not, by host: bounded, however many names a hostile command makes up. */
import type { Reached } from '@swarm/core/ports/running';

/** Hosts that are counted by name; what comes after them is counted as one. */
const HOSTS_MAX = 32;
const OTHERS = 'others';
/** Between two tellings. */
const TELL_EVERY_MS = 10_000;

interface Count {
  requests: number;
  refused: number;
  up: number;
  down: number;
}

export class EgressCounts {
  readonly #all = new Map<string, Count>();
  readonly #news = new Set<string>();
  readonly #tell: ((reached: readonly Reached[]) => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: ((reached: readonly Reached[]) => void) | undefined) {
    this.#tell = tell;
  }

  add(authority: string, more: Partial<Count>): void {
    const isKnown = this.#all.has(authority) || this.#all.size < HOSTS_MAX;
    const name = isKnown ? authority : OTHERS;
    const count = this.#all.get(name) ?? { requests: 0, refused: 0, up: 0, down: 0 };
    for (const key of ['requests', 'refused', 'up', 'down'] as const) count[key] += more[key] ?? 0;
    this.#all.set(name, count);
    if (!this.#tell) return;
    this.#news.add(name);
    this.#timer ??= setTimeout(() => this.flush(), TELL_EVERY_MS).unref();
  }

  /** Hosts that were refused, the first ones first. */
  refused(): readonly string[] {
    return [...this.#all].filter(([, count]) => count.refused > 0).map(([name]) => name);
  }

  /** Tells what is new, with all that was counted of it. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const news = [...this.#news].map((authority) => ({ authority, ...this.#all.get(authority)! }));
    this.#news.clear();
    if (news.length > 0) this.#tell?.(news);
  }
}

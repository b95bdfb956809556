/** One measured figure. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Absent: shown for comparison only. */
  readonly aim?: { readonly kind: 'at-least' | 'at-most'; readonly value: number };
}

export interface BenchOptions {
  /** Also what takes minutes. */
  readonly isLarge: boolean;
  /** `landing` only: to a remote, with so many ms added to each connection, and nothing else. */
  readonly latencyMs?: number;
}

export function reaches({ value, aim }: Figure): boolean {
  if (!aim) return true;
  return aim.kind === 'at-least' ? value >= aim.value : value <= aim.value;
}

/** Seconds `work` takes. */
export async function secondsOf(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}

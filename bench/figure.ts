/** One measured figure. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** Absent: shown for comparison only. */
  readonly aim?: { readonly kind: 'at-least' | 'at-most'; readonly value: number };
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

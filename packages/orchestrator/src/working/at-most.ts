/** Work of which only so much is done at one time. What waits begins in the order in which it came. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

export function atMost(most: number): InTurn {
  const waiting: (() => void)[] = [];
  let busy = 0;
  const enter = async (): Promise<void> => {
    if (busy < most) busy += 1;
    else await new Promise<void>((begin) => void waiting.push(begin));
  };
  // Whoever leaves gives its place to the next: nobody who comes meanwhile can take it.
  const leave = (): void => {
    const next = waiting.shift();
    if (next) next();
    else busy -= 1;
  };
  return async (work) => {
    await enter();
    try {
      return await work();
    } finally {
      leave();
    }
  };
}

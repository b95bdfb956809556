/**
 * A timer that was due while this process stood still fires before anything that came meanwhile is read: what it finds
 * missing may be there. So it waits until that has been looked at.
 */
export const afterATurn = (act: () => void, ms: number): NodeJS.Timeout =>
  setTimeout(() => setImmediate(act), ms);

/** Waits for `promise`, but no longer than `ms`. */
export async function within(promise: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((tell) => {
    timer = afterATurn(tell, ms);
  });
  await Promise.race([promise, late]);
  clearTimeout(timer);
}

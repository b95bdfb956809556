/** Whose turn it is to start a process. */

/**
 * A start keeps the event loop until the kernel has begun the program, milliseconds on a machine that has much to do. So
 * there is one in each turn of the loop: a hundred commands that become due together keep nobody waiting for the sum.
 */
let last: Promise<void> = Promise.resolve();

export function startTurn(): Promise<void> {
  last = last.then(() => new Promise((next) => void setImmediate(next)));
  return last;
}

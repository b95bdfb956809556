/** Whose turn it is. */

/**
 * What keeps the event loop for milliseconds (the start of a process, a look at a tree of them) has a turn of the loop of
 * its own: a hundred of them that become due together keep nobody waiting for the sum.
 */
let last: Promise<void> = Promise.resolve();

export function ownTurn(): Promise<void> {
  last = last.then(() => new Promise((next) => void setImmediate(next)));
  return last;
}

import PQueue from 'p-queue';

/**
 * One writer per hub: everything that changes references or objects of the hub goes through here, in order of
 * asking. Reads do not. Not reentrant: code that holds it must not ask for it again.
 */
export class GitMutex {
  readonly #queue = new PQueue({ concurrency: 1 });

  /** Runs `work` alone; its failure is the caller's and does not stop the next. */
  run<T>(work: () => Promise<T>): Promise<T> {
    return this.#queue.add(work);
  }
}

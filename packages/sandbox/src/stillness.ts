/** Whether a tree of processes has done anything since it was looked at: one that has not need not be looked at again. */

/** A tree in which nothing runs is looked at this seldom. */
export const STILL_LOOKS_MAX = 8;

export class Stillness {
  #told = '';
  #still = 0;

  /** Nothing has run since the time before. */
  get isStill(): boolean {
    return this.#still > 0;
  }

  /**
   * Whether it is time to look. After a change it is twice: the table of processes may be a moment old, and a newcomer in
   * it unknown.
   * @param told of everybody known now; empty where nothing can be told.
   */
  isDue(told: string): boolean {
    this.#still = told !== '' && told === this.#told ? this.#still + 1 : 0;
    this.#told = told;
    return this.#still < 2 || this.#still % STILL_LOOKS_MAX === 0;
  }
}

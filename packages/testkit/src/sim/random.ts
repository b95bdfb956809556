/** Seeded chance: every draw of a simulated run comes from here, so that a seed is a run. */
export class Random {
  #a: number;

  /** Mulberry32 (Tommy Ettinger, public domain): 32 bits of state, passes gjrand for far more draws than a run takes. */
  constructor(seed: number) {
    this.#a = seed >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    this.#a = (this.#a + 0x6d2b79f5) >>> 0;
    let t = this.#a;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.next() * from.length)]!;
  }

  /** A stream of its own: draws there do not shift the draws here. */
  fork(): Random {
    return new Random(Math.floor(this.next() * 4_294_967_296));
  }
}

import { statfsSync } from 'node:fs';
import { runApart } from './apart.ts';

const DU_MS = 20_000;

/** How long to rest after a count that took so long: a fiftieth of the time at most is spent on counting. */
const REST = 50;
const REST_MS_MIN = 2_000;

/**
 * Whether folders hold more than they may. Counting files is slow and asking the file system for its free space is
 * not: folders can have grown by a limit only where as much has gone from the file system, so that they are counted
 * then, and again when what was left then has gone too. Where others free as much meanwhile that tells nothing: so they
 * are counted now and then in any case, as long as somebody runs who could fill them.
 */
export class DiskMeter {
  readonly #folders: readonly string[];
  readonly #limit: number;
  #countBelow: number;
  #counting = false;
  #nameless = 0;
  /** Somebody has run since they were counted. */
  #hasRun = true;
  readonly #now: () => number;
  #restUntil: number;

  /** @param folders on one file system; the first is asked. */
  constructor(folders: readonly string[], limit: number, now: () => number = () => performance.now()) {
    this.#folders = folders;
    this.#limit = limit;
    this.#now = now;
    this.#restUntil = now() + REST_MS_MIN;
    this.#countBelow = this.#free() - limit;
  }

  /**
   * @param nameless bytes of files that are open and have no name any more: counting folders does not find them.
   * @param hasRun false where whoever could fill them has done nothing since the last look.
   */
  async isOver(nameless = 0, hasRun = true): Promise<boolean> {
    this.#hasRun ||= hasRun;
    const hasGrown = nameless > this.#nameless;
    const isTime = this.#hasRun && this.#now() > this.#restUntil;
    const isDue = hasGrown || this.#free() <= this.#countBelow || isTime;
    if (this.#counting || !isDue) return false;
    this.#nameless = nameless;
    this.#counting = true;
    this.#hasRun = false;
    const free = this.#free();
    const began = this.#now();
    const used = nameless + (await usedBy(this.#folders));
    this.#countBelow = free - (this.#limit - used);
    const now = this.#now();
    this.#restUntil = now + Math.max(REST_MS_MIN, REST * (now - began));
    this.#counting = false;
    return used > this.#limit;
  }

  #free(): number {
    try {
      const { bfree, bsize } = statfsSync(this.#folders[0]!);
      return bfree * bsize;
    } catch {
      return Number.POSITIVE_INFINITY;
    }
  }
}

/** Bytes on disk. What cannot be counted in time counts as nothing: the next look asks again. */
async function usedBy(folders: readonly string[]): Promise<number> {
  const args = ['-skxc', '--', ...folders];
  // du fails when a file goes while it looks, and has counted the rest.
  const ran = await runApart('du', args, { wallMs: DU_MS, env: {} }).catch(() => ({ stdout: '' }));
  return Number(/^(\d+)\s+total$/m.exec(ran.stdout)?.[1] ?? 0) * 1_024;
}

/** Who waits for a processor behind our own process, and how far behind. */
import { setPriority } from 'node:os';
import { platform } from './platform/here.ts';

/** As `nice` counts; each step is a fifth less of a processor (kernel, sched_prio_to_weight). */
const STEP = 1.25;
/** A tenth of the weight of who yields to nobody: few agents are not kept from their work on a machine that has other. */
const LEAST = 10;
const MOST = 19;

/** All agents together weigh no more than we do: what they wait for, and what is theirs to give, is ours to do. */
export const levelFor = (agents: number): number =>
  Math.min(MOST, Math.max(LEAST, Math.ceil(Math.log(agents) / Math.log(STEP))));

let agents = 0;
const level = (): number => levelFor(agents);

/** One agent's processes, from its start until this is disposed. More agents that come later move it further back. */
export class Yielding {
  #level = 0;
  #seen: ReadonlySet<number> = new Set();
  #known: ReadonlySet<number> = new Set();

  constructor() {
    agents += 1;
  }

  /** The first, before it has read its settings, so that all it starts yields too. It may have ended. */
  first(pid: number): void {
    try {
      setPriority(pid, level());
    } catch {
      // Its end is told as any other.
    }
    platform.sessionYields(pid, level());
  }

  /** Makes its session after it was told of. */
  inside(pid: number): void {
    platform.sessionYields(pid, level());
  }

  /** Members come and go, and may make sessions of their own: each is asked in two looks, for it does so when it is new. */
  all(members: ReadonlySet<number>): void {
    const now = level();
    const known = now === this.#level ? this.#known : new Set<number>();
    const isKnown = (pid: number): boolean =>
      known.has(pid) || (platform.sessionYields(pid, now) && this.#seen.has(pid));
    this.#known = new Set([...members].filter(isKnown));
    this.#seen = members;
    this.#level = now;
  }

  [Symbol.dispose](): void {
    agents -= 1;
  }
}

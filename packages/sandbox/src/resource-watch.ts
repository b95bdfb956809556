/**
 * Bounds on what one command and everything it starts may use, kept by looking: the same for every user and every
 * kernel, with or without cgroups. What happens between two looks is not seen; a bound is where a tree is killed,
 * not what it can never exceed.
 */
import type { ResourceName } from '@swarm/core/model/landing';
import { DiskMeter } from './disk-meter.ts';
import { ownTurn } from './own-turn.ts';
import { platform } from './platform/here.ts';
import type { MemoryUse, Nameless, ProcessTable } from './platform/platform.ts';
import { processTable, withDescendants } from './process-table.ts';
import { Stillness } from './stillness.ts';
import type { Yielding } from './yielding.ts';

/** What doubles with every fork fills a machine within a second: the first looks come sooner where looks are seldom. */
const FIRST_LOOK_MS = 100;
/** Looks for each one at open files: there are many. */
const NAMELESS_EVERY = 4;
/** Looks for each one at everybody's environment. */
const EVERYBODY_EVERY = 8;
/** A machine that does not tell any more who runs on it is full of processes; nothing unseen goes on. */
const FAILED_LOOKS_MAX = 3;

/** Absent: not bounded. */
export interface Bounds {
  readonly memoryBytes?: number | undefined;
  readonly processes?: number | undefined;
  readonly diskBytes?: number | undefined;
}

export interface ResourceAsk {
  readonly pid: number;
  readonly bounds: Bounds;
  /** What it may fill, on one file system. */
  readonly folders: readonly string[];
  /** Folders of its own in memory, as it sees them; what is in them is memory it uses. */
  readonly inMemory: readonly string[];
  /** Present: made before it began, where it is looked at later than that. What it filled before counts then too. */
  readonly disk?: DiskMeter | undefined;
  /** Environment entries its processes carry: where they can leave the tree, they are found by them. */
  readonly marks: readonly string[];
  /** Told of its members, so that all of them yield. */
  readonly yielding?: Yielding | undefined;
}

/** Looks until it is disposed, and tells the first bound that is passed, once. */
export function watchResources(ask: ResourceAsk, exceeded: (limit: ResourceName) => void): Disposable {
  const { memoryBytes, processes, diskBytes } = ask.bounds;
  const isBounded = memoryBytes !== undefined || processes !== undefined || diskBytes !== undefined;
  if (!isBounded) return { [Symbol.dispose]: () => undefined };
  const tree = new Tree(ask.pid, ask.marks);
  const disk = ask.disk ?? meterOf(ask.bounds, ask.folders);
  const stillness = new Stillness();
  let looks = 0;
  /** Since the disk was last asked about. */
  let hasRun = true;
  let nameless: Nameless = { memory: 0, disk: 0 };
  const look = async (): Promise<void> => {
    if (!stillness.isDue(platform.told(tree.known))) return;
    hasRun ||= !stillness.isStill;
    const members = tree.members();
    ask.yielding?.all(members);
    if (looks % NAMELESS_EVERY === 0) nameless = platform.nameless(members, ask.folders[0]);
    looks += 1;
    const files = nameless.memory + platform.filesInMemory(members, ask.inMemory);
    const limit =
      passed(members, files, ask.bounds) ??
      ((await disk?.isOver(nameless.disk, hasRun)) ? 'disk' : undefined);
    hasRun = false;
    if (limit) exceeded(limit);
  };
  let failed = 0;
  let isDisposed = false;
  let isAwaited = false;
  const lookAgain = async (): Promise<void> => {
    try {
      await look();
      failed = 0;
    } catch {
      failed += 1;
      if (failed === FAILED_LOOKS_MAX) exceeded('processes');
    }
  };
  const lookInTurn = async (): Promise<void> => {
    if (isAwaited) return;
    isAwaited = true;
    await ownTurn();
    isAwaited = false;
    if (!isDisposed) await lookAgain();
  };
  let waitMs = Math.min(FIRST_LOOK_MS, platform.lookEveryMs);
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    timer = setTimeout(() => {
      void lookInTurn();
      waitMs = Math.min(2 * waitMs, platform.lookEveryMs);
      wait();
    }, waitMs);
  };
  wait();
  return {
    [Symbol.dispose]() {
      isDisposed = true;
      clearTimeout(timer);
    },
  };
}

export const meterOf = ({ diskBytes }: Bounds, folders: readonly string[]): DiskMeter | undefined =>
  diskBytes === undefined ? undefined : new DiskMeter(folders, diskBytes);

/** @param files bytes of files that are held in memory, mapped by somebody or not. */
function passed(
  members: ReadonlySet<number>,
  files: number,
  { memoryBytes, processes }: Bounds,
): ResourceName | undefined {
  if (processes !== undefined && members.size > processes) return 'processes';
  if (memoryBytes === undefined) return undefined;
  const sum = (of: (pid: number) => MemoryUse): number => {
    const uses = [...members].map(of);
    const shared = uses.reduce((all, use) => all + use.shared, 0);
    // What is mapped of files in memory is in both figures.
    return uses.reduce((all, use) => all + use.own, 0) + Math.max(shared, files);
  };
  return sum(platform.memoryAtMost) > memoryBytes && sum(platform.memoryShare) > memoryBytes
    ? 'memory'
    : undefined;
}

/**
 * The processes below one, and those that left it. Each newcomer's environment is looked at, and everybody's now and then:
 * marks may come late, with a program that a server of somebody else's starts for a command, in the command's environment.
 */
class Tree {
  readonly #root: number;
  readonly #marks: readonly string[];
  readonly #strays = new Set<number>();
  #seen: ProcessTable = new Map();
  #looks = 0;
  /** Its members when they were last looked for. */
  known: ReadonlySet<number> = new Set();

  constructor(root: number, marks: readonly string[]) {
    this.#root = root;
    this.#marks = marks;
  }

  members(): ReadonlySet<number> {
    const table = processTable();
    if (this.#marks.length > 0) this.#lookForStrays(table);
    this.known = withDescendants(table, [this.#root, ...this.#strays]);
    return this.known;
  }

  #lookForStrays(table: ProcessTable): void {
    for (const pid of this.#strays) if (!table.has(pid)) this.#strays.delete(pid);
    const below = withDescendants(table, [this.#root, ...this.#strays]);
    const isForAll = this.#looks % EVERYBODY_EVERY === 0;
    this.#looks += 1;
    const isNews = (pid: number): boolean =>
      !below.has(pid) && (isForAll || this.#seen.get(pid) !== table.get(pid));
    for (const pid of platform.markedOf([...table.keys()].filter(isNews), this.#marks)) this.#strays.add(pid);
    this.#seen = table;
  }
}

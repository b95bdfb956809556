/** What has to be asked of the system one runs on, in one place: who runs, what they use, and whose they are. */

/** Parent of each process, by id. */
export type ProcessTable = ReadonlyMap<number, number>;

/** Bytes in use and in swap. Files in memory, and memory shared with others, are both `shared`. */
export interface MemoryUse {
  readonly own: number;
  readonly shared: number;
}

/** Bytes of files that have no name: held in memory, or on disk. */
export interface Nameless {
  readonly memory: number;
  readonly disk: number;
}

export interface Platform {
  /** Milliseconds between two looks at what a command uses: as often as a look is cheap. */
  readonly lookEveryMs: number;
  processes(): ProcessTable;
  /** Of one just started: its program runs, or has run. It can end before that, by a signal that was meant for us. */
  hasBegun(pid: number): boolean;
  /**
   * All in the session of this process wait for a processor so far behind the rest of the machine, as `nice` counts. Ours
   * never does. False: to be asked again. True too where a session is nothing to the system.
   */
  sessionYields(pid: number, level: number): boolean;
  /** Neither gone nor waiting to be asked for its end. */
  isAlive(pid: number): boolean;
  /** Its environment's entries; of one that is gone, that has ended or that is not ours, none. */
  isMarked(pid: number, marks: readonly string[]): boolean;
  /** All that are. */
  marked(marks: readonly string[]): readonly number[];
  /** Those of `pids` that are. */
  markedOf(pids: readonly number[], marks: readonly string[]): readonly number[];
  /** All that have this word in their command line. */
  named(word: string): readonly number[];
  /** Changes whenever one of them did anything. Empty where nothing can be told. */
  told(pids: Iterable<number>): string;
  /** Shared pages count in full for each process: never too little. */
  memoryAtMost(pid: number): MemoryUse;
  /** The same with shared pages divided among those that share them: exact, and slow to ask. */
  memoryShare(pid: number): MemoryUse;
  /** @param folder on the file system whose nameless files count as disk. */
  nameless(members: Iterable<number>, folder: string | undefined): Nameless;
  /** Bytes in these folders of a file system in memory, as a member sees them. */
  filesInMemory(members: Iterable<number>, folders: readonly string[]): number;
}

/**
 * The parts of containment that can be taken away one by one. Only an attack's control does so, to show that the
 * attack would work: whatever runs for a task has them all.
 */
export type Wall =
  /** The filter of system calls. */
  | 'filter'
  /** The first process, which reports the command's end, cannot be seen. */
  | 'first-process'
  /** The kernel's settings and keys are read-only or covered. */
  | 'kernel-files'
  /** Root's commands run as another user. */
  | 'user';

export type Walls = ReadonlySet<Wall>;

export const ALL_WALLS: Walls = new Set(['filter', 'first-process', 'kernel-files', 'user']);

export const wallsWithout = (gone: readonly Wall[]): Walls =>
  new Set([...ALL_WALLS].filter((wall) => !gone.includes(wall)));

import { readdirSync, readFileSync } from 'node:fs';

/** The flag's value in /proc/<pid>/fdinfo, octal: Linux, asm-generic/fcntl.h. */
const O_CLOEXEC = 0o2000000;
const FIRST = 3;
/** Looked up once: what Node opens itself is never inherited. */
let inherited: readonly number[] | undefined;

/**
 * Descriptors from 3 up that this process was itself started with and that every child would get too: a
 * shell's pipe, a supervisor's socket. Node closes only the low ones at a start of a child, and bubblewrap
 * none, so that each would be a hole in the sandbox. Ascending. None where there is no /proc.
 */
export function inheritedDescriptors(): readonly number[] {
  inherited ??= open().filter((fd) => fd >= FIRST && isInherited(fd));
  return inherited;
}

function open(): number[] {
  try {
    return readdirSync('/proc/self/fd')
      .map(Number)
      .toSorted((a, b) => a - b);
  } catch {
    return [];
  }
}

function isInherited(fd: number): boolean {
  try {
    const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1];
    return flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch {
    // Gone since the listing, as is the listing's own.
    return false;
  }
}

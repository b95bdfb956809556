/** What Linux tells of processes under /proc: proc(5). */
import { closeSync, openSync, readdirSync, readSync, writeFileSync } from 'node:fs';
import { filesInMemory, namelessFiles } from './nameless.ts';
import type { MemoryUse, Platform, ProcessTable } from './platform.ts';

/** linux, include/linux/sched.h: PF_FORKNOEXEC. A process that ended keeps it. */
const FORKED_AND_NO_PROGRAM = 0x40;

export const linux: Platform = {
  lookEveryMs: 250,
  processes,
  hasBegun: (pid) => (statOf(pid).flags & FORKED_AND_NO_PROGRAM) === 0,
  sessionYields,
  isAlive(pid) {
    const { state } = statOf(pid);
    return state !== undefined && !'ZX'.includes(state);
  },
  isMarked,
  marked: (marks) => listing().filter((pid) => isMarked(pid, marks)),
  markedOf: (pids, marks) => pids.filter((pid) => isMarked(pid, marks)),
  named: (word) => listing().filter((pid) => read(`/proc/${pid}/cmdline`).includes(word)),
  /** Times to a tick, page faults to the page: who does not run changes none of it. */
  told: (pids) => [...pids].map((pid) => read(`/proc/${pid}/stat`)).join(''),
  memoryAtMost,
  memoryShare(pid) {
    const rollup = read(`/proc/${pid}/smaps_rollup`);
    if (rollup === '') return memoryAtMost(pid);
    return { own: kilobytes(rollup, 'Pss_Anon', 'SwapPss'), shared: kilobytes(rollup, 'Pss_Shmem') };
  },
  nameless: namelessFiles,
  filesInMemory,
};

function processes(): ProcessTable {
  const table = new Map<number, number>();
  for (const pid of listing()) {
    const { parent } = statOf(pid);
    if (parent !== undefined) table.set(pid, parent);
  }
  return table;
}

function listing(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

interface Stat {
  readonly state?: string;
  readonly parent?: number;
  readonly flags: number;
}

/** The name in brackets may hold anything: what follows the last bracket is the state, then the parent. */
function statOf(pid: number): Stat {
  const stat = read(`/proc/${pid}/stat`);
  const [state, parent, , , , , flags] = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 7);
  if (stat === '' || !state) return { flags: 0 };
  return { state, flags: Number(flags), ...(Number.isInteger(Number(parent)) && { parent: Number(parent) }) };
}

/**
 * Linux shares processors among sessions before it does among the processes of one (kernel, sched/autogroup.c): what `nice`
 * says of a process is nothing outside of its session. It refuses us for a moment after it was told something.
 */
function sessionYields(pid: number, level: number): boolean {
  const file = `/proc/${pid}/autogroup`;
  const [session, , nice] = read(file).trimEnd().split(' ');
  if (!session || Number(nice) >= level || session === read('/proc/self/autogroup').split(' ')[0])
    return true;
  try {
    writeFileSync(file, `${level}`);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EAGAIN';
  }
}

function isMarked(pid: number, marks: readonly string[]): boolean {
  const environment = read(`/proc/${pid}/environ`);
  if (environment === '') return false;
  const entries = new Set(environment.split('\0'));
  return marks.every((mark) => entries.has(Buffer.from(mark).toString('latin1')));
}

function memoryAtMost(pid: number): MemoryUse {
  const status = read(`/proc/${pid}/status`);
  return { own: kilobytes(status, 'RssAnon', 'VmSwap'), shared: kilobytes(status, 'RssShmem') };
}

const kilobytes = (text: string, ...names: readonly string[]): number =>
  names.reduce(
    (sum, name) => sum + Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(text)?.[1] ?? 0),
    0,
  ) * 1_024;

/** Read into, one after the other: this is done for every process, four times a second. */
const room = Buffer.alloc(16 * 1024);

/** Empty when it is gone or not ours to read. */
function read(path: string): string {
  try {
    const file = openSync(path, 'r');
    try {
      return rest(file);
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}

function rest(file: number): string {
  const bytes = readSync(file, room);
  return bytes === 0 ? '' : room.toString('latin1', 0, bytes) + rest(file);
}

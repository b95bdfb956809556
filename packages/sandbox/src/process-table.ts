/** What Linux tells of processes under /proc (proc(5)). Elsewhere there is nothing to read, and nothing is found. */
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';

/** Parent of each process, by id. */
export type ProcessTable = ReadonlyMap<number, number>;

/** Several sandboxes look at about the same time: one look serves them all for so long. */
const FRESH_MS = 200;
let latest: { readonly at: number; readonly table: ProcessTable } | undefined;

export function processTable(): ProcessTable {
  const now = performance.now();
  if (!latest || now - latest.at > FRESH_MS) latest = { at: now, table: readTable() };
  return latest.table;
}

function readTable(): ProcessTable {
  const table = new Map<number, number>();
  for (const name of listing()) {
    // The name in brackets may hold anything: what follows the last bracket is the state, then the parent.
    const stat = read(`/proc/${name}/stat`);
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ', 2)[1]);
    if (stat !== '' && Number.isInteger(parent)) table.set(Number(name), parent);
  }
  return table;
}

function listing(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

/** These, as far as they are alive, and everything below them. */
export function withDescendants(table: ProcessTable, roots: Iterable<number>): ReadonlySet<number> {
  const children = new Map<number, number[]>();
  for (const [pid, parent] of table) {
    const siblings = children.get(parent);
    if (siblings) siblings.push(pid);
    else children.set(parent, [pid]);
  }
  const found = new Set([...roots].filter((pid) => table.has(pid)));
  for (const pid of found) for (const child of children.get(pid) ?? []) found.add(child);
  return found;
}

/** Bytes in use and in swap. Files in memory, and memory shared with others, are both `shared`. */
export interface MemoryUse {
  readonly own: number;
  readonly shared: number;
}

/** Shared pages count in full for each process: never too little. */
export function memoryAtMost(pid: number): MemoryUse {
  const status = read(`/proc/${pid}/status`);
  return { own: kilobytes(status, 'RssAnon', 'VmSwap'), shared: kilobytes(status, 'RssShmem') };
}

/** The same with shared pages divided among those that share them: exact, and slow to ask. */
export function memoryShare(pid: number): MemoryUse {
  const rollup = read(`/proc/${pid}/smaps_rollup`);
  if (rollup === '') return memoryAtMost(pid);
  return { own: kilobytes(rollup, 'Pss_Anon', 'SwapPss'), shared: kilobytes(rollup, 'Pss_Shmem') };
}

const kilobytes = (text: string, ...names: readonly string[]): number =>
  names.reduce(
    (sum, name) => sum + Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(text)?.[1] ?? 0),
    0,
  ) * 1_024;

/** Read into, one after the other: this is done for every process, four times a second. */
const room = Buffer.alloc(16 * 1024);

/** Empty when it is gone or not ours to read. */
export function read(path: string): string {
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

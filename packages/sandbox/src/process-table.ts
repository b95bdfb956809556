/** Who came from whom. */
import { platform } from './platform/here.ts';
import type { ProcessTable } from './platform/platform.ts';

/** Several sandboxes look at about the same time: one look serves them all for so long. */
const FRESH_MS = 200;
/** On a machine with thousands of processes a look takes long: it is done for at most a twentieth of the time. */
const TIMES_ITS_COST = 20;
/** Whatever it costs: who is bounded must not have grown much between two looks. */
const FRESH_MAX_MS = 1_000;
let latest: { readonly until: number; readonly table: ProcessTable } | undefined;

export function processTable(): ProcessTable {
  const now = performance.now();
  if (!latest || now > latest.until) latest = look(now);
  return latest.table;
}

function look(begun: number) {
  const table = platform.processes();
  const ended = performance.now();
  const freshMs = Math.min(FRESH_MAX_MS, Math.max(FRESH_MS, TIMES_ITS_COST * (ended - begun)));
  return { until: ended + freshMs, table };
}

/** These, as far as they are alive, and everything below them. */
export function withDescendants(table: ProcessTable, roots: Iterable<number>): ReadonlySet<number> {
  const children = childrenIn(table);
  const found = new Set([...roots].filter((pid) => table.has(pid)));
  for (const pid of found) for (const child of children.get(pid) ?? []) found.add(child);
  return found;
}

/** By parent; turned round once for all who look at the same table. */
function childrenIn(table: ProcessTable): ReadonlyMap<number, readonly number[]> {
  const known = turned.get(table);
  if (known) return known;
  const children = new Map<number, number[]>();
  for (const [pid, parent] of table) {
    const siblings = children.get(parent);
    if (siblings) siblings.push(pid);
    else children.set(parent, [pid]);
  }
  turned.set(table, children);
  return children;
}

const turned = new WeakMap<ProcessTable, ReadonlyMap<number, readonly number[]>>();

/** A process and all it came from. */
export function withAncestors(table: ProcessTable, pid: number): ReadonlySet<number> {
  const chain = new Set<number>();
  for (let at = pid; at > 0 && !chain.has(at); at = table.get(at) ?? 0) chain.add(at);
  return chain;
}

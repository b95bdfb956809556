/** Who came from whom. */
import { platform } from './platform/here.ts';
import type { ProcessTable } from './platform/platform.ts';

/** Several sandboxes look at about the same time: one look serves them all for so long. */
const FRESH_MS = 200;
let latest: { readonly at: number; readonly table: ProcessTable } | undefined;

export function processTable(): ProcessTable {
  const now = performance.now();
  if (!latest || now - latest.at > FRESH_MS) latest = { at: now, table: platform.processes() };
  return latest.table;
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

/** A process and all it came from. */
export function withAncestors(table: ProcessTable, pid: number): ReadonlySet<number> {
  const chain = new Set<number>();
  for (let at = pid; at > 0 && !chain.has(at); at = table.get(at) ?? 0) chain.add(at);
  return chain;
}

/** What imports what, and where that leads back to its beginning. */

/** From each file to the files it imports. What is imported and is no key is a dead end. */
export type Graph = ReadonlyMap<string, readonly string[]>;

/**
 * Groups of files each of which reaches every other of its group; a file that imports itself is a group of one.
 * Sorted. Tarjan's algorithm: each file is visited once.
 */
export function circlesIn(graph: Graph): string[][] {
  const number = new Map<string, number>();
  const lowest = new Map<string, number>();
  const path: string[] = [];
  const isOnPath = new Set<string>();
  const circles: string[][] = [];

  function visit(file: string): void {
    const own = number.size;
    number.set(file, own);
    lowest.set(file, own);
    path.push(file);
    isOnPath.add(file);
    for (const next of graph.get(file)!) {
      if (!graph.has(next)) continue;
      if (!number.has(next)) visit(next);
      else if (!isOnPath.has(next)) continue;
      lowest.set(file, Math.min(lowest.get(file)!, lowest.get(next)!));
    }
    if (lowest.get(file) === own) close(file);
  }

  function close(first: string): void {
    const group = path.splice(path.indexOf(first)).sort();
    for (const file of group) isOnPath.delete(file);
    if (group.length > 1 || graph.get(first)!.includes(first)) circles.push(group);
  }

  for (const file of graph.keys()) if (!number.has(file)) visit(file);
  return circles.sort((a, b) => (a[0]! < b[0]! ? -1 : 1));
}

/**
 * Where tasks stand in their graph: a column for each step of what waits for what, and more columns where a step has many.
 * Within a column they stand near what they wait for (the barycentre heuristic of Sugiyama's layered drawing).
 */

export interface GraphTask {
  readonly id: string;
  readonly dependsOn: readonly string[];
}

export interface Node {
  readonly id: string;
  readonly column: number;
  readonly row: number;
}
export interface Edge {
  readonly from: Node;
  readonly to: Node;
}
export interface Layout {
  readonly nodes: ReadonlyMap<string, Node>;
  readonly edges: readonly Edge[];
  readonly columns: number;
  readonly rows: number;
}

/** A column is at least so long before there is another one beside it. */
const ROWS_LEAST = 12;
const SWEEPS = 3;

export function layoutOf(tasks: readonly GraphTask[]): Layout {
  const known = new Map(tasks.map((task) => [task.id, task]));
  const waitsFor = (id: string): readonly string[] => known.get(id)!.dependsOn.filter((on) => known.has(on));
  const layers = layersOf(tasks, waitsFor);
  const most = Math.max(ROWS_LEAST, Math.ceil(Math.sqrt(tasks.length)));
  const nodes = new Map<string, Node>();
  let column = 0;
  let rows = 0;
  for (const layer of ordered(layers, waitsFor)) {
    layer.forEach((id, i) => {
      nodes.set(id, { id, column: column + Math.floor(i / most), row: i % most });
    });
    column += Math.ceil(layer.length / most);
    rows = Math.max(rows, Math.min(layer.length, most));
  }
  const edges = tasks.flatMap(({ id }) =>
    waitsFor(id).map((on) => ({ from: nodes.get(on)!, to: nodes.get(id)! })),
  );
  return { nodes, edges, columns: column, rows };
}

/** One behind the last of what it waits for. What waits in a circle, which no run accepts, stands where it is met. */
function layersOf(tasks: readonly GraphTask[], waitsFor: (id: string) => readonly string[]): string[][] {
  const left = new Map(tasks.map(({ id }) => [id, waitsFor(id).length]));
  const after = new Map<string, string[]>();
  for (const { id } of tasks) for (const on of waitsFor(id)) after.set(on, [...(after.get(on) ?? []), id]);
  const layers: string[][] = [];
  let layer = tasks.filter(({ id }) => left.get(id) === 0).map(({ id }) => id);
  while (left.size > 0) {
    if (layer.length === 0) layer = [left.keys().next().value!];
    layers.push(layer);
    for (const id of layer) left.delete(id);
    const next = new Set<string>();
    for (const id of layer)
      for (const to of after.get(id) ?? []) {
        const n = left.get(to);
        if (n === undefined) continue;
        left.set(to, n - 1);
        if (n === 1) next.add(to);
      }
    layer = [...next];
  }
  return layers;
}

function ordered(
  layers: readonly string[][],
  waitsFor: (id: string) => readonly string[],
): readonly string[][] {
  const places = new Map<string, number>();
  const remember = (layer: readonly string[]): void =>
    layer.forEach((id, i) => void places.set(id, i / layer.length));
  layers.forEach(remember);
  let now = layers;
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    now = now.map((layer) => {
      const middle = new Map(layer.map((id) => [id, mean(waitsFor(id).map((on) => places.get(on)!))]));
      const sorted = [...layer].sort((a, b) => (middle.get(a) ?? 0) - (middle.get(b) ?? 0));
      const result = layers[0] === layer ? layer : sorted;
      remember(result);
      return result;
    });
  return now;
}

const mean = (all: readonly number[]): number | undefined =>
  all.length === 0 ? undefined : all.reduce((sum, n) => sum + n, 0) / all.length;

/** A task, all it waits for, and all that waits for it. */
export function around(tasks: readonly GraphTask[], id: string): ReadonlySet<string> {
  const before = new Map(tasks.map((task) => [task.id, task.dependsOn]));
  const after = new Map<string, string[]>();
  for (const task of tasks)
    for (const on of task.dependsOn) after.set(on, [...(after.get(on) ?? []), task.id]);
  const found = new Set<string>([id]);
  for (const links of [before, after]) {
    const todo = [id];
    const seen = new Set(todo);
    for (let next = todo.pop(); next !== undefined; next = todo.pop())
      for (const one of links.get(next) ?? [])
        if (!seen.has(one) && before.has(one)) {
          seen.add(one);
          todo.push(one);
        }
    for (const one of seen) found.add(one);
  }
  return found;
}

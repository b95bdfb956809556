/** What waits for what, drawn: only the part of it that can be seen. */
import { signal } from '@preact/signals';
import type { Task } from '@swarm/core/model/task';
import { h } from 'preact';
import { useMemo } from 'preact/hooks';
import { around, type Edge, layoutOf, type Node } from './graph-layout.ts';
import { useSight } from './scrolled.ts';
import { chosen, taskOf, tasks, tasksShape, tasksVersion, to } from './store.ts';
import { button, nothing, part, plural, shown } from './words.ts';

const COLUMN = 236;
const ROW = 46;
const NODE = { width: 176, height: 32 } as const;
const MARGIN = 14;
const SCALES = [0.4, 0.6, 0.8, 1, 1.25] as const;
/** Cut off by the node's edge; of longer ones not even the rest is there. */
const TITLE_CHARS = 60;

const scaleAt = signal(3);
const isNear = signal(false);

/** What a state is told by besides its colour. */
export const SIGNS: Readonly<Record<Task['state'], string>> = {
  pending: '○',
  expanded: '⋔',
  assigned: '◔',
  running: '◑',
  contending: '◑',
  reviewing: '◕',
  complete: '◕',
  landed: '●',
  answered: '●',
  unneeded: '●',
  gathered: '●',
  failed: '✕',
  cancelled: '–',
};

export function Graph() {
  const { box, sight, look } = useSight();
  const id = chosen.value;
  const near = useMemo(() => (id === undefined ? undefined : around(specs(), id)), [id, tasksShape.value]);
  const isOnly = isNear.value && near !== undefined;
  const layout = useMemo(
    () => layoutOf(isOnly ? specs().filter((one) => near.has(one.id)) : specs()),
    [tasksShape.value, isOnly, isOnly && near],
  );
  void tasksVersion.value;
  const scale = SCALES[scaleAt.value]!;
  const [width, height] = [2 * MARGIN + layout.columns * COLUMN, 2 * MARGIN + layout.rows * ROW];
  const isSeen = (x1: number, x2: number, y1: number, y2: number): boolean =>
    x2 * scale >= sight.left &&
    x1 * scale <= sight.left + sight.width &&
    y2 * scale >= sight.top &&
    y1 * scale <= sight.top + sight.height;
  const nodes = [...layout.nodes.values()].filter((node) => {
    const [x, y] = [xOf(node), yOf(node)];
    return isSeen(x, x + NODE.width, y, y + NODE.height);
  });
  const edges = layout.edges.filter(({ from, to: there }) => {
    const [y1, y2] = [yOf(from), yOf(there)];
    return isSeen(xOf(from), xOf(there), Math.min(y1, y2), Math.max(y1, y2) + NODE.height);
  });
  return part(
    'graph',
    'Task graph',
    plural(layout.nodes.size, 'task'),
    h('div', { class: 'filters', role: 'group', 'aria-label': 'of the graph' }, [
      button('−', () => zoom(-1), { 'aria-label': 'Smaller', disabled: scaleAt.value === 0 }),
      button('+', () => zoom(1), { 'aria-label': 'Larger', disabled: scaleAt.value === SCALES.length - 1 }),
      id !== undefined &&
        button(
          `only around ${id}`,
          () => {
            isNear.value = !isNear.value;
          },
          { 'aria-pressed': isNear.value },
        ),
    ]),
    layout.nodes.size === 0 && nothing('There is no task here yet.'),
    h(
      'div',
      {
        ref: box,
        class: 'canvas',
        tabIndex: 0,
        role: 'region',
        'aria-label': 'What waits for what',
        onScroll: look,
      },
      h(
        'svg',
        {
          width: width * scale,
          height: height * scale,
          viewBox: `0 0 ${width} ${height}`,
          role: 'group',
          'aria-label': 'Tasks',
        },
        [
          h(
            'clipPath',
            { key: 'inside', id: 'inside' },
            h('rect', { width: NODE.width - 8, height: NODE.height }),
          ),
          h(
            'g',
            { key: 'edges', 'aria-hidden': 'true' },
            edges.map((edge) => drawnEdge(edge, near)),
          ),
          h(
            'g',
            { key: 'nodes' },
            nodes.map((node) => drawnNode(node, near)),
          ),
        ],
      ),
    ),
  );
}

const specs = () => tasks().map(({ id, spec }) => ({ id, dependsOn: spec.dependsOn }));
const xOf = ({ column }: Node): number => MARGIN + column * COLUMN;
const yOf = ({ row }: Node): number => MARGIN + row * ROW;

function zoom(by: number): void {
  scaleAt.value = Math.min(SCALES.length - 1, Math.max(0, scaleAt.value + by));
}

function drawnEdge({ from, to: there }: Edge, near: ReadonlySet<string> | undefined) {
  const [x1, y1] = [xOf(from) + NODE.width, yOf(from) + NODE.height / 2];
  const [x2, y2] = [xOf(there), yOf(there) + NODE.height / 2];
  const bend = Math.max(24, (x2 - x1) / 2);
  const isNearEdge = near?.has(from.id) && near.has(there.id);
  return h('path', {
    key: `${from.id} ${there.id}`,
    class: isNearEdge ? 'edge near' : 'edge',
    d: `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`,
  });
}

function drawnNode(node: Node, near: ReadonlySet<string> | undefined) {
  const task = taskOf(node.id);
  if (!task) return null;
  const { id, state, spec } = task;
  const title = shown(spec.title).slice(0, TITLE_CHARS).toWellFormed();
  const kind = id === chosen.value ? ' chosen' : near && !near.has(id) ? ' far' : '';
  return h(
    'a',
    {
      key: id,
      href: to({ task: id, pane: 'story', attempt: undefined }),
      class: `node ${state}${kind}`,
      transform: `translate(${xOf(node)} ${yOf(node)})`,
      'aria-label': `${id} ${title}, ${state}`,
    },
    [
      h('title', null, `${id} ${title}: ${state}`),
      h('rect', { ...NODE, rx: 6 }),
      h('text', { class: 'sign', x: 10, y: 21, 'aria-hidden': 'true' }, SIGNS[state]),
      h('text', { x: 26, y: 21, 'clip-path': 'url(#inside)' }, `${id} ${title}`),
    ],
  );
}

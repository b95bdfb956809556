/** How much of the screen each pane gets: one column, or two where there is room for them. */
import type { Facts } from './facts.ts';
import { HEADER_HEIGHT } from './panes/header.ts';
import { PANES, type PaneName, type Ui } from './ui.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** In less there is no reading anyway. */
export const SMALLEST: Size = { columns: 40, rows: 12 };
/** From here on two columns are each as wide as a narrow terminal's one. */
const TWO_COLUMNS_FROM = 140;
/** Cells between them. */
const GAP = 2;
const NEEDS_SHOWN = 4;
/** From here on what can be typed stands below what needs somebody, whether it is looked at or not. */
const CHOICES_FROM = 28;

export interface Place {
  readonly pane: PaneName;
  readonly height: number;
}

export interface Arrangement {
  readonly needs: { readonly height: number; readonly choices: number };
  readonly columns: readonly { readonly width: number; readonly places: readonly Place[] }[];
}

/** The panes there are now, in the order in which Tab goes through them. */
export const panesOf = ({ needs }: Facts): readonly PaneName[] =>
  PANES.filter((name) => name !== 'needs' || needs.count > 0);

/** @param foot lines at the bottom that are taken. */
export function arrange(facts: Facts, ui: Ui, size: Size, foot: number): Arrangement {
  const needs = needsRoom(facts, ui, size);
  const height = Math.max(0, size.rows - HEADER_HEIGHT - foot - needs.height);
  const wants = wantsOf(facts);
  const place = (panes: readonly PaneName[]): readonly Place[] => {
    const heights = share(
      height,
      panes.map((pane) => ({ want: wants[pane], isFirst: ui.focus === pane })),
    );
    return panes.map((pane, i) => ({ pane, height: heights[i]! }));
  };
  if (size.columns < TWO_COLUMNS_FROM)
    return {
      needs,
      columns: [{ width: size.columns, places: place(['agents', 'queue', 'tasks', 'activity']) }],
    };
  const left = Math.floor((size.columns - GAP) * 0.58);
  return {
    needs,
    columns: [
      { width: left, places: place(['agents', 'tasks']) },
      { width: size.columns - GAP - left, places: place(['queue', 'activity']) },
    ],
  };
}

function needsRoom({ needs }: Facts, { focus }: Ui, { rows }: Size): Arrangement['needs'] {
  if (needs.count === 0) return { height: 0, choices: 0 };
  const isOpen = focus === 'needs' || rows >= CHOICES_FROM;
  const choices = isOpen ? Math.max(...needs.listed.map((need) => need.choices.length)) : 0;
  const most = Math.max(2, Math.floor((rows - HEADER_HEIGHT) / 2));
  const height = Math.min(most, 1 + Math.min(NEEDS_SHOWN, needs.listed.length) + choices);
  return { height, choices: Math.min(choices, height - 2) };
}

/** Lines that would show all of it, the title and the columns' names among them. */
const wantsOf = ({ agents, queue, waits, tasks, happened }: Facts): Record<PaneName, number> => ({
  needs: 0,
  agents: Math.max(1, agents.length) + 2,
  queue: Math.max(1, queue.landing.length + queue.waiting.length + waits.length) + 1,
  tasks: Math.max(1, tasks.length) + 2,
  activity: Math.max(1, happened.length) + 1,
});

/** A title and one row. */
const LEAST = 2;

/**
 * First each gets its title and a row; then the one that is looked at gets half of what is left, and what nobody wants goes to
 * the others in turn. What is over at the end is the last one's.
 */
export function share(
  height: number,
  parts: readonly { readonly want: number; readonly isFirst: boolean }[],
): readonly number[] {
  const heights = parts.map((_, i) => Math.max(0, Math.min(LEAST, height - i * LEAST)));
  let left = height - heights.reduce((sum, n) => sum + n, 0);
  const give = (i: number, n: number): void => {
    const given = Math.max(0, Math.min(n, left, parts[i]!.want - heights[i]!));
    heights[i] = heights[i]! + given;
    left -= given;
  };
  const first = parts.findIndex(({ isFirst }) => isFirst);
  if (first >= 0) give(first, Math.ceil(left / 2));
  for (let before = -1; before !== left; ) {
    before = left;
    for (const i of parts.keys()) give(i, 1);
  }
  if (left > 0) heights[heights.length - 1] = heights.at(-1)! + left;
  return heights;
}

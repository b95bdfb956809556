/** A pane: a list of rows of which one is chosen. Only the rows that are seen are ever drawn. */
import type { TaskId } from '@swarm/core/model/ids';
import type { Facts } from '../facts.ts';
import { chosen, fit, type Line, span } from '../lines.ts';
import { indexIn, type PaneName, type Ui } from '../ui.ts';

export interface Pane {
  readonly name: PaneName;
  title(facts: Facts, ui: Ui): string;
  /** The rows by what they are called: the same as long as they are the same thing. */
  rows(facts: Facts): readonly string[];
  /** The task that keys are meant for, where a row is about one. */
  taskOf(facts: Facts, row: string): TaskId | undefined;
  /** The names of the columns, where there are any. */
  heads?(width: number): Line;
  draw(facts: Facts, row: string, width: number): Line;
  /** What is said where there are no rows. */
  nothing(facts: Facts, ui: Ui): string;
}

/** Below that a row is worth more than the names of the columns. */
const HEADS_FROM = 4;
/** The mark before each row. */
const MARK = 1;

/** The title and the rows around the chosen one: exactly `height` lines of `width` cells. */
export function drawPane(pane: Pane, facts: Facts, ui: Ui, width: number, height: number): readonly Line[] {
  const isFocused = ui.focus === pane.name;
  const lines: Line[] = [titleLine(pane.title(facts, ui), isFocused)];
  const rows = pane.rows(facts);
  const heads = pane.heads && height > HEADS_FROM && rows.length > 0 ? pane.heads(width - MARK) : undefined;
  if (heads) lines.push([span(' '), ...heads]);
  const room = height - lines.length;
  const index = indexIn(ui, pane.name, rows);
  const top = topOf(index, rows.length, room);
  for (const [i, row] of rows.slice(top, top + room).entries())
    lines.push(chosen(pane.draw(facts, row, width - MARK), top + i === index, isFocused));
  if (rows.length === 0 && room > 0) lines.push([span(` ${pane.nothing(facts, ui)}`, 'dim')]);
  while (lines.length < height) lines.push([]);
  return lines.slice(0, height).map((one) => fit(one, width));
}

/** A page at a time, so that a step to the next row changes two lines and not all of them. */
export const topOf = (index: number, count: number, room: number): number =>
  Math.max(0, Math.min(Math.floor(Math.max(0, index) / Math.max(1, room)) * room, count - room));

/** No rule across the screen: a long row of its own characters is what a terminal library is slowest with. */
function titleLine(title: string, isFocused: boolean): Line {
  const [name = '', note = ''] = title.split('\t');
  const tone = isFocused ? 'accent' : 'dim';
  return [
    span(isFocused ? '━━ ' : '── ', tone),
    span(name, isFocused ? 'accent' : 'bold'),
    span(note === '' ? '' : `  ${note}`, 'dim'),
  ];
}

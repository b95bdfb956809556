/** Tables that fit the terminal they are shown on. */

import { cutToWidth, padToWidth, widthOf } from '@swarm/core/views/width';
import { sanitizeLine } from './output.ts';

export interface TableLook {
  /** Width of the terminal; undefined where there is none: what is piped is for programs and stays whole. */
  readonly columns?: number | undefined;
  /** Columns that may be cut, by number; what is copied or typed, such as ids and commands, never is. */
  readonly flexible?: readonly number[];
  /** Colour is added after the padding. Row -1 is the heads. */
  readonly paint?: (cell: string, row: number, column: number) => string;
}

/** Narrower no column is made. */
const CELL_MIN = 8;
const BETWEEN = 2;

/** Columns as wide as their widest cell, two blanks between, none at the end. Cells are made safe to show here. */
export function renderTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  { columns, flexible = [], paint = (cell) => cell }: TableLook = {},
): string {
  const table = [heads, ...rows].map((row) => row.map((cell) => sanitizeLine(cell)));
  const natural = heads.map((_, column) => Math.max(...table.map((row) => widthOf(row[column] ?? ''))));
  const widths = columns === undefined ? natural : fitted(natural, flexible, columns);
  const line = (row: readonly string[], index: number): string => {
    const last = row.findLastIndex((cell) => cell !== '');
    return row
      .slice(0, last + 1)
      .map((cell, column) => {
        const text = cutToWidth(cell, widths[column]!);
        return paint(column === last ? text : padToWidth(text, widths[column]!), index - 1, column);
      })
      .join(' '.repeat(BETWEEN));
  };
  return table.map(line).join('\n');
}

/** The widest of those that may be cut is made narrower, until all fit or none can give more. */
function fitted(natural: readonly number[], flexible: readonly number[], columns: number): readonly number[] {
  const widths = [...natural];
  const tooWide = (): number =>
    widths.reduce((sum, width) => sum + width, 0) +
    BETWEEN * (widths.filter((w) => w > 0).length - 1) -
    columns;
  for (let over = tooWide(); over > 0; over = tooWide()) {
    const widest = flexible.reduce<number | undefined>(
      (best, column) =>
        widths[column]! > CELL_MIN && (best === undefined || widths[column]! > widths[best]!) ? column : best,
      undefined,
    );
    if (widest === undefined) return widths;
    widths[widest]! -= 1;
  }
  return widths;
}

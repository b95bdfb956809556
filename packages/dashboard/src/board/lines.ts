/** Lines of a screen as values: pieces of clean text with a tone. Whatever is not ours passes `plain` on its way here. */
import { cutToWidth, padToWidth, piecesOf, widthOf } from '@swarm/core/views/width';
import { plain } from '@swarm/core/views/words';

export type Tone = 'plain' | 'dim' | 'bold' | 'good' | 'bad' | 'warn' | 'accent' | 'chosen';

export interface Span {
  readonly text: string;
  readonly tone: Tone;
}
export type Line = readonly Span[];

export const span = (text: string, tone: Tone = 'plain'): Span => ({ text, tone });
export const line = (text: string, tone: Tone = 'plain'): Line => [span(text, tone)];
export const BLANK: Line = [];

/** Foreign text as a piece of a line. */
export const foreign = (text: string, tone: Tone = 'plain', max = 400): Span => span(plain(text, max), tone);

export const textOf = (one: Line): string => one.map(({ text }) => text).join('');
export const lineWidth = (one: Line): number => one.reduce((sum, { text }) => sum + widthOf(text), 0);

/** Exactly so many cells: cut with an ellipsis, or filled. */
export function fit(one: Line, width: number): Line {
  const out: Span[] = [];
  let room = width;
  for (const { text, tone } of one) {
    const wide = widthOf(text);
    if (wide > room) {
      // A wide character at the edge leaves a cell free.
      const cut = room > 0 ? cutToWidth(text, room) : '';
      out.push(span(padToWidth(cut, room), tone));
      return out;
    }
    out.push(span(text, tone));
    room -= wide;
  }
  return room > 0 ? [...out, span(' '.repeat(room))] : out;
}

export interface Cell {
  readonly text: string;
  readonly tone?: Tone;
  /** Cells it takes. */
  readonly width: number;
}

/** Columns of fixed widths with a blank between. */
export const row = (...cells: readonly Cell[]): Line =>
  cells
    .filter(({ width }) => width > 0)
    .flatMap(({ text, tone = 'plain', width }, i) => [
      ...(i > 0 ? [span(' ')] : []),
      ...fit([span(text, tone)], width),
    ]);

/** Marked as the one that keys act on. Seen without colours too, by its first cell. */
export const chosen = (one: Line, isChosen: boolean, hasFocus: boolean): Line => {
  const mark = isChosen ? span('›', hasFocus ? 'accent' : 'dim') : span(' ');
  if (!isChosen || !hasFocus) return [mark, ...one];
  return [mark, ...one.map(({ text }) => span(text, 'chosen'))];
};

/** Broken at blanks where it can be, so that no line is wider; further lines are indented. */
export function wrapped(text: string, width: number, indent = 0): readonly string[] {
  if (widthOf(text) <= width) return [text];
  const lines: string[] = [];
  let now = '';
  const room = (): number => (lines.length === 0 ? width : width - indent);
  for (const piece of piecesOf(text).flatMap((one) => chunks(one, Math.max(1, width - indent)))) {
    if (now !== '' && widthOf(now) + widthOf(piece.trimEnd()) > room()) {
      lines.push(now.trimEnd());
      now = '';
    }
    now += piece;
  }
  lines.push(now.trimEnd());
  return lines.map((one, i) => (i === 0 ? one : ' '.repeat(indent) + one));
}

/** A word that is longer than a line, in pieces that are not. */
function chunks(piece: string, width: number): readonly string[] {
  if (widthOf(piece.trimEnd()) <= width) return [piece];
  const out: string[] = [];
  let rest = piece;
  while (widthOf(rest) > width) {
    const head = cutToWidth(rest, width + 1).slice(0, -1);
    const at = rest.startsWith(head) && head !== '' ? head.length : 1;
    out.push(rest.slice(0, at));
    rest = rest.slice(at);
  }
  return [...out, rest];
}

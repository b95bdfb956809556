/** How much room text takes on a terminal: wide characters two cells, marks none. */

/** Made for the first text that needs it: it costs more than all the rest of a short command's screen. */
const segments = (text: string): Intl.Segments => {
  graphemes ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' });
  return graphemes.segment(text);
};
let graphemes: Intl.Segmenter | undefined;
// East Asian Wide and Fullwidth (Unicode 16, EastAsianWidth.txt), and what is shown as a picture.
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const NO_ROOM = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]+$/u;
const PLAIN = /^[\x20-\x7e]*$/;

export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segments(text)) width += cellsOf(segment);
  return width;
}

const cellsOf = (segment: string): number => (NO_ROOM.test(segment) ? 0 : WIDE.test(segment) ? 2 : 1);

/** What ends a phrase or closes a bracket stays with what it ends. */
const CLOSES = /^[、。，．・：；！？」』）】〕〉》ー]/u;

/** The text in pieces between which a line may end: after blanks, and beside wide characters. */
export function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  let mayEnd = true;
  for (const { segment } of segments(text)) {
    const isWide = cellsOf(segment) === 2;
    if ((mayEnd || isWide) && segment !== ' ' && !CLOSES.test(segment)) pieces.push(segment);
    else pieces.push((pieces.pop() ?? '') + segment);
    mayEnd = isWide || segment === ' ';
  }
  return pieces;
}

/** The text where it fits, else its beginning and an ellipsis, which takes one cell. */
export function cutToWidth(text: string, max: number): string {
  if (widthOf(text) <= max) return text;
  let cut = '';
  let room = max - 1;
  for (const { segment } of segments(text)) {
    room -= cellsOf(segment);
    if (room < 0) break;
    cut += segment;
  }
  return `${cut.trimEnd()}…`;
}

/** Filled with blanks to so many cells. */
export const padToWidth = (text: string, width: number): string =>
  text + ' '.repeat(Math.max(0, width - widthOf(text)));

/** A text file as a model reads it: numbered lines, a page at a time. The same for whoever reads. */

/** Lines of one page, unless fewer are asked for. */
export const PAGE_LINES_MAX = 2_000;

export interface Page {
  /** First line, counted from 1. */
  readonly offset?: number | undefined;
  readonly limit?: number | undefined;
}

/** @returns the page, or why there is none. @param shown how the file is named. @param max characters of one page. */
export function pageOf(
  shown: string,
  text: string,
  { offset = 1, limit = PAGE_LINES_MAX }: Page,
  max: number,
): { readonly page: string } | { readonly problem: string } {
  const lines = linesOf(text);
  if (lines.length === 0) return { page: `${shown}: empty file` };
  if (offset > lines.length) return { problem: `${shown} has only ${lines.length} lines` };
  const taken: string[] = [];
  let chars = 0;
  for (const line of lines.slice(offset - 1, offset - 1 + Math.min(limit, PAGE_LINES_MAX))) {
    const numbered = `${offset + taken.length}\t${line}`;
    if (chars + numbered.length > max) break;
    taken.push(numbered);
    chars += numbered.length + 1;
  }
  if (taken.length === 0) {
    const cut = lines[offset - 1]!;
    const head = `${shown}: line ${offset} of ${lines.length}, its first ${max} of ${cut.length} characters`;
    return { page: `${head}\n${offset}\t${cut.slice(0, max)}` };
  }
  const last = offset + taken.length - 1;
  const left = lines.length - last;
  const more =
    left > 0 ? `\n[${left} more ${left === 1 ? 'line' : 'lines'}: read again with offset ${last + 1}]` : '';
  return { page: `${shown}: lines ${offset}-${last} of ${lines.length}\n${taken.join('\n')}${more}` };
}

/** Lines without their ends; a last newline does not begin another line. */
export function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

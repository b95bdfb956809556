/**
 * What git leaves in a file where a merge met a conflict. All three marks are needed, in order, in the form git gives
 * them: a row of seven signs at the beginning of a line, a name after the first and the last. A heading that is
 * underlined with `=======` is none.
 */
const OPENS = '<<<<<<< ';
const PARTS = '=======';
const CLOSES = '>>>>>>> ';

/** The lines that show it, with their numbers from 1; empty when no conflict was left. */
export function conflictLines(text: string): readonly string[] {
  // Most files have none of it, and are not taken apart.
  if (!text.startsWith(OPENS) && !text.includes(`\n${OPENS}`)) return [];
  const found: string[] = [];
  let open: string[] = [];
  for (const [at, raw] of text.split('\n').entries()) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    const shown = `${at + 1}: ${line.slice(0, 120)}`;
    if (line.startsWith(OPENS)) open = [shown];
    else if (line === PARTS && open.length === 1) open.push(shown);
    else if (line.startsWith(CLOSES) && open.length === 2) {
      found.push(...open, shown);
      open = [];
    }
  }
  return found;
}

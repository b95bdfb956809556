/** What one part of the eval found: a table, and what was aimed at. */
export interface Aim {
  readonly what: string;
  readonly seen: string;
  readonly aim: string;
  readonly isMet: boolean;
}

export interface Section {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly aims: readonly Aim[];
  /** What went wrong, in full, where the table has no room for it. */
  readonly faults: readonly string[];
}

const row = (cells: readonly string[]): string =>
  `| ${cells.map((c) => c.replaceAll('|', '\\|')).join(' | ')} |`;

/** As Markdown, which reads as a table in a terminal too. */
export function sectionText({ title, head, rows, aims, faults }: Section): string {
  const met = aims.map(
    ({ what, seen, aim, isMet }) => `${what}: **${seen}** (aim: ${aim})${isMet ? '' : ' MISSED'}`,
  );
  const table = [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
  return [`## ${title}`, met.map((line) => `- ${line}`).join('\n'), table, ...faults].join('\n\n');
}

export const isMet = ({ aims }: Section): boolean => aims.every((aim) => aim.isMet);

export const percent = (part: number, whole: number): string =>
  whole === 0 ? 'none' : `${((100 * part) / whole).toFixed(1)} %`;
export const ratio = (part: number, whole: number): string =>
  whole === 0 ? 'none' : (part / whole).toFixed(2);

/** Tagged blocks of a prompt. What stands inside one cannot end it: whoever wrote it, it stays material. */

/** Every block that swarm opens in a prompt. */
export const BLOCK_NAMES = [
  'environment',
  'project_instructions',
  'task',
  'upstream',
  'limits',
  'laws',
  'earlier_attempts',
  'conflict',
  'hint',
  'request',
  'repository',
  'files',
  'amendments',
  'requirements',
  'scratchpad',
  'news',
  'notes',
  'open_tasks',
  'landed',
  'owed',
  'ended',
  'findings',
  'failures',
  'handoff',
  'evidence',
  'change',
  'how_to_vote',
  'budget',
] as const;
export type BlockName = (typeof BLOCK_NAMES)[number];

const CLOSING = new RegExp(`</(?=\\s*(?:${BLOCK_NAMES.join('|')})\\s*>)`, 'gi');

/** The text with every end of a block taken for text. Code and prose otherwise stay as they are. */
export const inBlock = (text: string): string => text.replace(CLOSING, '<\\/');

export const block = (name: BlockName, text: string): string => `<${name}>\n${inBlock(text)}\n</${name}>`;

/** Each value made fit to stand inside a block. */
export const inBlocks = (values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, text]) => [name, inBlock(text)]));

/** The beginning of a text, with a mark that says how much is left out. */
export function headOf(text: string, max: number): string {
  const trimmed = text.trim();
  if (trimmed.length <= max) return trimmed;
  return `${trimmed.slice(0, max).toWellFormed()}\n[… ${trimmed.length - max} characters left out]`;
}

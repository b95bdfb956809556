/**
 * A worker's prompt with one part left out: the shipped text, changed as a repository may change it in
 * `.swarm/prompts/worker.md`. A prompt must use every hole, so the part stands behind a condition that never holds.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const SHIPPED = join(import.meta.dirname, '..', '..', '..', '..', 'prompts');

/** Parts of the worker's prompt that can be left out, each with the hole that fills it. */
export const PARTS = [
  ...['environment', 'project_instructions', 'scope', 'verify'],
  ...['limits', 'laws', 'upstream', 'earlier_attempts'],
] as const;
export type Part = (typeof PARTS)[number];

export const shippedPrompt = (name: string): string => readFileSync(join(SHIPPED, `${name}.md`), 'utf8');

/** @throws Error where the shipped text has no such part any more. */
export function workerWithout(part: Part): string {
  const whole = shippedPrompt('worker');
  const never = `${part} == '(never)'`;
  const conditional = `if ${part} != ''`;
  if (whole.includes(conditional)) return whole.replace(conditional, `if ${never}`);
  const block = new RegExp(`<${part}>\\n[\\s\\S]*?</${part}>|^[^\\n]*:\\n\\{\\{ ${part} \\}\\}`, 'm');
  const found = block.exec(whole)?.[0];
  if (found === undefined) throw new Error(`worker.md has no part ${part}`);
  return whole.replace(found, () => `{% if ${never} %}${found}{% endif %}`);
}

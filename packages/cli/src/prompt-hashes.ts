import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createPrompts } from '@swarm/agent';
import type { PromptName } from '@swarm/core';

/** The prompts of this version; each has a file of its name. */
export const PROMPT_NAMES: readonly PromptName[] = ['planner', 'worker', 'conflict', 'reconciler'];

/** Hash of each prompt as it stands now. A prompt that cannot be used is refused here, before a run begins. */
export function promptHashes(folder: string, overrides: string | undefined): Record<string, string> {
  const prompts = createPrompts({ folder, ...(overrides && existsSync(overrides) && { overrides }) });
  return Object.fromEntries(
    PROMPT_NAMES.filter((n) => existsSync(join(folder, `${n}.md`))).map((n) => [n, prompts.hash(n)]),
  );
}

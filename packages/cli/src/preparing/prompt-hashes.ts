import { createHash } from 'node:crypto';
import { createPrompts } from '@swarm/agent';
import type { PromptName } from '@swarm/core/ports/world';

/** The prompts of this version; each has a file of its name. */
export const PROMPT_NAMES: readonly PromptName[] = ['planner', 'worker', 'conflict', 'reconciler'];

/** Hash of each prompt as the run begins with it: ours, or the repository's where it brings one. */
export function promptHashes(folder: string, overrides: ReadonlyMap<string, string>): Record<string, string> {
  const prompts = createPrompts({ folder });
  return Object.fromEntries(
    PROMPT_NAMES.map((name) => {
      const own = overrides.get(`${name}.md`);
      return [name, own === undefined ? prompts.hash(name) : promptHash(own)];
    }),
  );
}

/** As the prompts themselves are hashed: 12 hex digits of the raw text's SHA-256. */
export const promptHash = (raw: string): string =>
  createHash('sha256').update(raw).digest('hex').slice(0, 12);

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createPrompts } from '@swarm/agent';
import type { PromptName } from '@swarm/core/ports/world';

/** The prompts of this version; each has a file of its name. */
export const PROMPT_NAMES: readonly PromptName[] = [
  'planner',
  'subplanner',
  'worker',
  'conflict',
  'reconciler',
  'vote',
];

/** Those of roles that we ship, or that a repository brings for a role of the run's. */
export const rolePrompts = (
  folder: string,
  overrides: ReadonlyMap<string, string>,
  roles: readonly string[],
): readonly string[] =>
  roles.filter((name) => overrides.has(`${name}.md`) || existsSync(join(folder, `${name}.md`)));

/** Hash of each prompt as the run begins with it: ours, or the repository's where it brings one. */
export function promptHashes(
  folder: string,
  overrides: ReadonlyMap<string, string>,
  roles: readonly string[],
): Record<string, string> {
  const prompts = createPrompts({ folder });
  return Object.fromEntries(
    [...PROMPT_NAMES, ...rolePrompts(folder, overrides, roles)].map((name) => {
      const own = overrides.get(`${name}.md`);
      return [name, own === undefined ? prompts.hash(name) : promptHash(own)];
    }),
  );
}

/** As the prompts themselves are hashed: 12 hex digits of the raw text's SHA-256. */
export const promptHash = (raw: string): string =>
  createHash('sha256').update(raw).digest('hex').slice(0, 12);

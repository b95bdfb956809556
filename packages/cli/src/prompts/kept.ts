/** Texts of prompts kept with a run, `<run>/prompts/<hash>.md`, so that a hash in the journal can be read. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PromptText } from '@swarm/agent';
import { SwarmError } from '@swarm/core/errors';
import type { Entry } from '@swarm/core/events';
import { type TaskId, taskOf } from '@swarm/core/model/ids';
import type { RunPaths } from '../finding/paths.ts';
import type { RunFile } from '../running/run-file.ts';

const fileOf = (paths: RunPaths, hash: string): string => join(paths.prompts, `${hash}.md`);

/** Whole or absent. At once, for a prompt is rendered at once; it happens when a text is new, not at each use. */
export function keepPrompt(paths: RunPaths, { hash, raw }: PromptText): void {
  const file = fileOf(paths, hash);
  try {
    mkdirSync(paths.prompts, { recursive: true });
    writeFileSync(`${file}.${process.pid}.tmp`, raw);
    renameSync(`${file}.${process.pid}.tmp`, file);
  } catch (error) {
    throw new SwarmError(
      {
        code: 'SW0701',
        what: `${file} cannot be written: ${(error as Error).message}`,
        fix: `df -h ${paths.folder}`,
      },
      { cause: error },
    );
  }
}

/** Undefined where the run does not have it. */
export const keptPrompt = (paths: RunPaths, hash: string): Promise<string | undefined> =>
  readFile(fileOf(paths, hash), 'utf8').catch(() => undefined);

/** Hashes a run used, oldest first, by prompt: those it began with, and what edits made of them. */
export function usedHashes(
  file: Pick<RunFile, 'promptHashes'>,
  entries: readonly Entry[],
): ReadonlyMap<string, readonly string[]> {
  const used = new Map(Object.entries(file.promptHashes).map(([name, hash]) => [name, [hash]]));
  const add = (name: string, hash: string): void => {
    const known = used.get(name) ?? [];
    if (!known.includes(hash)) used.set(name, [...known, hash]);
  };
  const roles = new Map<TaskId, string>();
  for (const event of entries.flatMap((entry) => entry.events)) {
    if ('spec' in event && event.spec.role !== undefined) roles.set(event.task, event.spec.role);
    if (event.type === 'iteration.started') add('planner', event.promptHash);
    if (event.type !== 'agent.started') continue;
    // A worker's prompt, what its role is told besides, and the one for conflicts behind it where there were any.
    const [whole = '', conflict] = event.promptHash.split('+');
    const [first = '', second] = whole.split('/');
    // A role's own prompt may stand in the worker's place.
    if (first !== '') add('worker', first);
    if (second !== undefined) add(roles.get(taskOf(event.attempt)) ?? 'worker', second);
    if (conflict !== undefined) add('conflict', conflict);
  }
  return used;
}

/** The prompts as they are now: ours, and what a repository puts in their place. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPrompts, PROMPT_VARIABLES, type PromptText } from '@swarm/agent';
import { type Problem, SwarmError } from '@swarm/core/errors';
import type { PromptName } from '@swarm/core/ports/world';
import { nearestWord } from '@swarm/core/rules/text';
import { readPromptOverrides } from '../config/trust.ts';
import { PROMPT_NAMES } from '../preparing/prompt-hashes.ts';

export interface PresentPrompt {
  readonly name: PromptName;
  /** Of the text that counts: the repository's where it has one. */
  readonly path: string;
  readonly isOverride: boolean;
  /** Undefined for a text that cannot be used. */
  readonly hash: string | undefined;
  readonly raw: string;
  readonly builtIn: string;
  readonly problem: Problem | undefined;
}

export interface PresentPrompts {
  readonly prompts: readonly PresentPrompt[];
  /** Files of the repository's that replace nothing. */
  readonly strays: readonly Problem[];
}

/** @param repository top of the work tree; undefined: ours alone. */
export async function presentPrompts(
  folder: string,
  repository: string | undefined,
): Promise<PresentPrompts> {
  const overrides = repository ? join(repository, '.swarm', 'prompts') : undefined;
  const own = repository ? await readPromptOverrides(repository) : new Map<string, string>();
  const prompts = PROMPT_NAMES.map((name) =>
    presentPrompt(name, folder, own.has(`${name}.md`) ? overrides : undefined),
  );
  const strays = [...own.keys()].filter((file) => !PROMPT_NAMES.some((name) => file === `${name}.md`));
  return { prompts, strays: strays.map((file) => stray(join(overrides!, file), file)) };
}

function presentPrompt(name: PromptName, folder: string, overrides: string | undefined): PresentPrompt {
  const builtIn = readFileSync(join(folder, `${name}.md`), 'utf8');
  const path = join(overrides ?? folder, `${name}.md`);
  let text: PromptText | undefined;
  let problem: Problem | undefined;
  const onText = (given: PromptText): void => {
    text = given;
  };
  try {
    createPrompts({ folder, ...(overrides && { overrides }), onText }).hash(name);
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    problem = error.problems[0];
  }
  const raw = text?.raw ?? (existsSync(path) ? readFileSync(path, 'utf8') : '');
  return { name, path, isOverride: overrides !== undefined, hash: text?.hash, raw, builtIn, problem };
}

function stray(path: string, file: string): Problem {
  const meant = nearestWord(file.replace(/\.md$/, ''), PROMPT_NAMES);
  return {
    code: 'SW0205',
    what: `${file} replaces no prompt`,
    where: path,
    why: `the prompts are: ${PROMPT_NAMES.join(', ')}`,
    fix: meant ? `mv ${path} ${join(path, '..', `${meant}.md`)}` : `rm ${path}`,
  };
}

/** With every hole filled by its own name, so that what the model is told around the values can be read. */
export function renderedSample({ name, path }: PresentPrompt): string {
  const values = (PROMPT_VARIABLES[name] ?? []).map((variable) => [variable, `<${variable}>`]);
  const { system, text } = createPrompts({ folder: join(path, '..') }).render(
    name,
    Object.fromEntries(values),
  );
  return system === '' ? text : `system:\n\n${system}\n\nuser:\n\n${text}`;
}

export const usage = (what: string, why: string, fix: string): SwarmError =>
  new SwarmError({ code: 'SW0101', what, why, fix });

export function noPrompt(name: string): never {
  const meant = nearestWord(name, PROMPT_NAMES) ?? 'worker';
  throw usage(
    `there is no prompt ${JSON.stringify(name)}`,
    `the prompts are: ${PROMPT_NAMES.join(', ')}`,
    `swarm prompts show ${meant}`,
  );
}

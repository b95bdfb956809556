/** The prompts as they are now: ours, and what a repository puts in their place. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPrompts, PROMPT_VARIABLES, type PromptText } from '@swarm/agent';
import { type Problem, SwarmError } from '@swarm/core/errors';
import type { PromptName } from '@swarm/core/ports/world';
import { isRoleName, KNOWN_ROLES } from '@swarm/core/rules/roles';
import { nearestWord } from '@swarm/core/rules/text';
import { readPromptOverrides } from '../config/trust.ts';
import { PROMPT_NAMES, rolePrompts } from '../preparing/prompt-hashes.ts';

export interface PresentPrompt {
  /** Of swarm’s own, or of a role. */
  readonly name: string;
  /** Of the text that counts: the repository's where it has one. */
  readonly path: string;
  readonly isOverride: boolean;
  /** Undefined for a text that cannot be used. */
  readonly hash: string | undefined;
  readonly raw: string;
  /** Empty for a role of the repository's own. */
  readonly builtIn: string;
  readonly problem: Problem | undefined;
}

export interface PresentPrompts {
  readonly prompts: readonly PresentPrompt[];
  /** Files of the repository's that replace nothing. */
  readonly strays: readonly Problem[];
}

/**
 * @param repository top of the work tree; undefined: ours alone.
 * @param roles that a task may ask for here.
 */
export async function presentPrompts(
  folder: string,
  repository: string | undefined,
  roles: readonly string[] = KNOWN_ROLES,
): Promise<PresentPrompts> {
  const overrides = repository ? join(repository, '.swarm', 'prompts') : undefined;
  const own = repository ? await readPromptOverrides(repository) : new Map<string, string>();
  const names = [...PROMPT_NAMES, ...rolePrompts(folder, own, roles)];
  const prompts = names.map((name) =>
    presentPrompt(name, folder, own.has(`${name}.md`) ? overrides : undefined),
  );
  const strays = [...own.keys()].filter((file) => !names.some((name) => file === `${name}.md`));
  return { prompts, strays: strays.map((file) => stray(join(overrides!, file), file)) };
}

function presentPrompt(name: string, folder: string, overrides: string | undefined): PresentPrompt {
  const ours = join(folder, `${name}.md`);
  const builtIn = existsSync(ours) ? readFileSync(ours, 'utf8') : '';
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
  const name = file.replace(/\.md$/, '');
  const meant = nearestWord(name, [...PROMPT_NAMES, ...KNOWN_ROLES]);
  const instead = isRoleName(name) ? `[roles.${name}]   # in swarm.toml, where it is a role’s` : `rm ${path}`;
  return {
    code: 'SW0205',
    what: `${file} replaces no prompt`,
    where: path,
    why: `the prompts are: ${PROMPT_NAMES.join(', ')}; and one for each role that is configured`,
    fix: meant ? `mv ${path} ${join(path, '..', `${meant}.md`)}` : instead,
  };
}

/** With every hole filled by its own name, so that what the model is told around the values can be read. */
export function renderedSample({ name, path }: PresentPrompt, folder: string): string {
  const isOwn = PROMPT_NAMES.some((own) => own === name);
  const values = PROMPT_VARIABLES[isOwn ? (name as PromptName) : 'worker']!.map((v) => [v, `<${v}>`]);
  const folders = isOwn ? { folder: join(path, '..') } : { folder, overrides: join(path, '..') };
  const prompts = createPrompts(folders);
  const { system, text } = isOwn
    ? prompts.render(name as PromptName, Object.fromEntries(values))
    : prompts.render('worker', Object.fromEntries(values), name);
  return system === '' ? text : `system:\n\n${system}\n\nuser:\n\n${text}`;
}

export const usage = (what: string, why: string, fix: string): SwarmError =>
  new SwarmError({ code: 'SW0101', what, why, fix });

export function noPrompt(name: string): never {
  const meant = nearestWord(name, [...PROMPT_NAMES, ...KNOWN_ROLES]) ?? 'worker';
  throw usage(
    `there is no prompt ${JSON.stringify(name)}`,
    `the prompts are: ${PROMPT_NAMES.join(', ')}`,
    `swarm prompts show ${meant}`,
  );
}

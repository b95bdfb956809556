/**
 * Port `Prompts`: the files of `prompts/`, with strict holes. Read at each use, so that an edit counts from the
 * next prompt on; an edit that breaks a prompt is told and the last good text stays in use.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Problem, SwarmError } from '@swarm/core/errors';
import type { PromptName, Prompts, RenderedPrompt } from '@swarm/core/ports/world';
import { isRoleName } from '@swarm/core/rules/roles';
import { Liquid, type Template } from 'liquidjs';

/** What the orchestrator fills in, by prompt: a prompt declares and uses exactly these. */
export const PROMPT_VARIABLES: Readonly<Partial<Record<PromptName, readonly string[]>>> = {
  planner: ['request', 'target', 'iteration', 'sections', 'max_tasks'],
  subplanner: ['request', 'target', 'iteration', 'task', 'files', 'sections', 'max_tasks'],
  worker: [
    'task_id',
    'title',
    'description',
    'scope',
    'acceptance',
    'verify',
    'gate',
    'upstream',
    'earlier_attempts',
    'hint',
    'kind',
    'environment',
    'project_instructions',
    'limits',
    'laws',
  ],
  conflict: ['files', 'ours', 'theirs'],
  vote: [
    'task_id',
    'title',
    'description',
    'scope',
    'acceptance',
    'environment',
    'project_instructions',
    'earlier_attempts',
    'handoff',
    'evidence',
    'change',
    'how',
  ],
  reconciler: ['failures', 'head', 'open_tasks', 'max_tasks', 'environment', 'project_instructions'],
};

/** The line that ends what stays the same and begins what the user says. A file without it is all the user's. */
export const USER_BEGINS = /^<!-- user -->\r?\n/m;

const PROMPT_BYTES_MAX = 256 * 1024;
const FRONT_MATTER = /^---\r?\n([\s\S]*?)\r?\n---\r?\n/;
const DECLARATION = /^variables:\s*\[([a-z0-9_,\s]*)\]\s*$/m;

export interface PromptsOptions {
  /** Folder of the prompts we ship. */
  readonly folder: string;
  /** Folder whose files replace ours, name by name; it may be missing. */
  readonly overrides?: string;
  /** Told once for each broken text, when the last good one stays in use. */
  readonly onBroken?: (problem: Problem) => void;
  /** Told of each text before it is first used, so that what a hash stands for can be kept. */
  readonly onText?: (text: PromptText) => void;
}

export interface PromptText {
  /** Of a prompt of swarm’s own, or of a role. */
  readonly name: string;
  /** The file it was read from. */
  readonly path: string;
  /** First 12 hex digits of the raw text's SHA-256. */
  readonly hash: string;
  readonly raw: string;
}

interface Good {
  readonly raw: string;
  readonly hash: string;
  readonly variables: readonly string[];
  readonly system: Template[];
  readonly user: Template[];
  /** It has a part for the system and one for the user. */
  readonly isDivided: boolean;
}

// Values are inserted as text and never parsed. No partials: a template reads no other file.
const engine = new Liquid({
  strictVariables: true,
  strictFilters: true,
  ownPropertyOnly: true,
  templates: {},
  parseLimit: 1024 * 1024,
  renderLimit: 2_000,
  memoryLimit: 64 * 1024 * 1024,
});

/** @throws SwarmError SW0205 from `render` and `hash` when a prompt was never good, or its variables differ. */
export function createPrompts(options: PromptsOptions): Prompts {
  const good = new Map<string, Good>();
  const told = new Map<string, string>();

  function present(name: string): Good {
    const last = good.get(name);
    try {
      const { path, raw } = readPrompt(options, name);
      const next = last?.raw === raw ? last : parsedOnce(name, path, raw);
      if (next !== last) options.onText?.({ name, path, hash: next.hash, raw });
      good.set(name, next);
      told.delete(name);
      return next;
    } catch (error) {
      if (!last || !(error instanceof SwarmError)) throw error;
      const problem = error.problems[0]!;
      if (told.get(name) !== problem.what) options.onBroken?.(problem);
      told.set(name, problem.what);
      return last;
    }
  }

  /** A role has a file, or nothing is said to it besides. */
  function ofRole(role: string | undefined): Good | undefined {
    if (role === undefined || !isRoleName(role)) return undefined;
    return good.has(role) || existsSync(pathOf(options, role)) ? present(role) : undefined;
  }

  return {
    render(name, variables, role) {
      const prompt = present(name);
      sameNames(`${name}.md`, prompt.variables, Object.keys(variables), 'given');
      const own = ofRole(role);
      try {
        return own ? renderedRole(prompt, own, variables) : rendered(prompt, variables);
      } catch (error) {
        throw unusable(`${own ? role : name}.md`, (error as Error).message);
      }
    },
    hash: (name) => present(name).hash,
  };
}

type Values = Readonly<Record<string, string>>;

/**
 * A role's file with both parts stands in the worker's place; any other is what a role is told besides. The hash names
 * both: the worker's, where it is used, then the role's.
 */
function renderedRole(worker: Good, own: Good, variables: Values): RenderedPrompt {
  if (own.isDivided) return { ...rendered(own, variables), hash: `/${own.hash}` };
  const { system, text, hash } = rendered(worker, variables);
  const said = rendered(own, variables).text.trim();
  return { system: [system, said].filter(Boolean).join('\n\n'), text, hash: `${hash}/${own.hash}` };
}

function rendered({ system, user, hash }: Good, variables: Values): RenderedPrompt {
  const fill = (templates: Template[]): string => engine.renderSync(templates, variables) as string;
  return { system: fill(system).trimEnd(), text: fill(user), hash };
}

function pathOf({ folder, overrides }: PromptsOptions, name: string): string {
  const own = overrides && join(overrides, `${name}.md`);
  return own && existsSync(own) ? own : join(folder, `${name}.md`);
}

function readPrompt(options: PromptsOptions, name: string): { path: string; raw: string } {
  const path = pathOf(options, name);
  try {
    const { size } = statSync(path);
    if (size > PROMPT_BYTES_MAX) throw unusable(path, `it has ${size} bytes, more than ${PROMPT_BYTES_MAX}`);
    return { path, raw: readFileSync(path, 'utf8') };
  } catch (error) {
    if (error instanceof SwarmError) throw error;
    throw unusable(path, (error as Error).message);
  }
}

/** Asked by whoever looks before a run begins, and by the run: the same text is read once. Errors are not kept. */
function parsedOnce(name: string, path: string, raw: string): Good {
  const known = PARSED.get(`${name} ${path}`);
  if (known?.raw === raw) return known;
  const good = parsePrompt(name, path, raw);
  PARSED.set(`${name} ${path}`, good);
  return good;
}

/** The last good text of each file. */
const PARSED = new Map<string, Good>();

function parsePrompt(name: string, path: string, raw: string): Good {
  const matter = FRONT_MATTER.exec(raw);
  const declared = DECLARATION.exec(matter?.[1] ?? '')?.[1];
  if (!matter || declared === undefined) {
    throw unusable(
      path,
      'it does not begin with front matter that declares its variables',
      'begin it with three lines: ---, variables: [a, b], ---',
    );
  }
  const variables = declared.split(',').flatMap((v) => v.trim() || []);
  const { system, user, used } = parseTemplates(path, raw.slice(matter[0].length));
  sameNames(path, variables, used, 'used');
  const isDivided = USER_BEGINS.test(raw);
  fitsContract(path, name, variables, isDivided);
  const hash = createHash('sha256').update(raw).digest('hex').slice(0, 12);
  return { raw, hash, variables, system, user, isDivided };
}

/** What stands in the worker's place has all its variables; what is only added to it has those it wants. */
function fitsContract(path: string, name: string, variables: readonly string[], isDivided: boolean): void {
  const contract = PROMPT_VARIABLES[name as PromptName];
  if (contract) return sameNames(path, variables, contract, 'offered by swarm');
  const offered = PROMPT_VARIABLES.worker!;
  sameNames(
    path,
    variables,
    isDivided ? offered : offered.filter((v) => variables.includes(v)),
    'offered by swarm',
  );
}

/** The text is divided before anything is filled in: no value can begin the user's part. */
function parseTemplates(
  path: string,
  text: string,
): Pick<Good, 'system' | 'user'> & { readonly used: readonly string[] } {
  const divided = text.split(USER_BEGINS);
  if (divided.length > 2) throw unusable(path, 'the line <!-- user --> stands in it more than once');
  try {
    const user = engine.parse(divided.at(-1)!.trimStart());
    const system = divided.length === 2 ? engine.parse(divided[0]!.trimStart()) : [];
    return { system, user, used: engine.globalVariablesSync([...system, ...user]) };
  } catch (error) {
    throw unusable(path, (error as Error).message);
  }
}

/** Both ways: a declared variable that is not there, and one that is there and not declared. */
function sameNames(path: string, declared: readonly string[], there: readonly string[], how: string): void {
  const missing = declared.filter((name) => !there.includes(name));
  const extra = there.filter((name) => !declared.includes(name));
  if (missing.length + extra.length === 0) return;
  const parts = [
    ...(missing.length > 0 ? [`declared and not ${how}: ${missing.join(', ')}`] : []),
    ...(extra.length > 0 ? [`${how} and not declared: ${extra.join(', ')}`] : []),
  ];
  throw unusable(path, `its variables do not agree; ${parts.join('; ')}`);
}

function unusable(path: string, why: string, fix = 'swarm prompts check'): SwarmError {
  return new SwarmError({ code: 'SW0205', what: `prompt ${path} cannot be used: ${why}`, where: path, fix });
}

/** `swarm prompts`: what models are told, whether it can be used, and how two versions differ. */
import { USER_BEGINS } from '@swarm/agent';
import type { Role } from '@swarm/core/rules/roles';
import { nearestWord } from '@swarm/core/rules/text';
import { loadConfig, NO_FLAGS } from '../config/load.ts';
import { programPlaces } from '../places.ts';
import { locate } from '../preparing/locate.ts';
import { PROMPT_NAMES } from '../preparing/prompt-hashes.ts';
import type { Context } from '../program/context.ts';
import { briefText, plannerBrief } from '../prompts/brief.ts';
import { configuredRoles } from '../prompts/configured-roles.ts';
import { textDiff } from '../prompts/diff.ts';
import { pairsOf } from '../prompts/pairs.ts';
import {
  noPrompt,
  type PresentPrompt,
  type PresentPrompts,
  presentPrompts,
  renderedSample,
  usage,
} from '../prompts/present.ts';
import { exitCodeFor, renderProblems } from '../telling/errors.ts';
import { sanitize } from '../telling/output.ts';
import { renderTable } from '../telling/table.ts';

export interface PromptsOptions {
  readonly repo?: string | undefined;
  /** Two of them for `diff`. */
  readonly run?: readonly string[] | undefined;
  readonly rendered?: true | undefined;
  readonly request?: string | undefined;
  readonly json?: true | undefined;
}

type Action = (names: readonly string[], options: PromptsOptions, context: Context) => Promise<number>;

export async function prompts(
  action: string,
  names: readonly string[],
  options: PromptsOptions,
  context: Context,
): Promise<number> {
  const run = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (run) return run(names, options, context);
  const known = Object.keys(ACTIONS);
  throw usage(
    `there is no ${JSON.stringify(action)} of prompts`,
    `it is one of: ${known.join(', ')}`,
    `swarm prompts ${nearestWord(action, known) ?? 'list'}`,
  );
}

const ACTIONS: Readonly<Record<string, Action>> = { list, show, check, diff };

/** Ours alone outside any work tree. */
async function present(
  { repo }: PromptsOptions,
  context: Context,
): Promise<PresentPrompts & { readonly roles: readonly Role[] }> {
  const { path, isBare, exists } = await locate(repo, context);
  const repository = exists && !isBare ? path : undefined;
  const roles = await configuredRoles(repository, context.env);
  const names = roles.map(({ name }) => name);
  return { ...(await presentPrompts(programPlaces().prompts, repository, names)), roles };
}

// ───────────── list, show, check ─────────────

async function list(_: readonly string[], options: PromptsOptions, context: Context): Promise<number> {
  const { prompts: all } = await present(options, context);
  const trusted = all.some((prompt) => prompt.isOverride) ? await isTrusted(options, context) : true;
  if (options.json) {
    context.output.json(
      all.map(({ name, hash, path, isOverride }) => ({
        name,
        hash: hash ?? null,
        path,
        isOverride,
        counts: !isOverride || trusted,
      })),
    );
    return 0;
  }
  const rows = all.map((prompt) => [
    prompt.name,
    prompt.hash ?? 'cannot be used',
    standingOf(prompt, trusted),
  ]);
  context.output.result(renderTable(['prompt', 'hash', 'from'], rows));
  return 0;
}

function standingOf({ isOverride, path }: PresentPrompt, trusted: boolean): string {
  if (!isOverride) return 'built in';
  return trusted ? path : `${path}, once you trust it (swarm run … --trust-repo)`;
}

/** Whether the repository's prompts count: the same question, and the same answer, as when a run begins. */
async function isTrusted({ repo }: PromptsOptions, context: Context): Promise<boolean> {
  const { path } = await locate(repo, context);
  const ask = { env: context.env, repository: path, flags: NO_FLAGS, isTrustGiven: false };
  return loadConfig(ask).then(
    () => true,
    () => false,
  );
}

async function show(names: readonly string[], options: PromptsOptions, context: Context): Promise<number> {
  const { prompts: all, roles } = await present(options, context);
  for (const name of oneOrMore(names, 'show')) {
    const role = roles.find((one) => one.name === name);
    const own = all.find((p) => p.name === name);
    // A role without a file is told what every worker is told.
    const found = own ?? (role && all.find((p) => p.name === 'worker')) ?? noPrompt(name);
    if (role) context.output.narrate(roleText(role, own));
    const prompt = await shownOf(found, context);
    const brief = await briefOf(prompt, options, context);
    const text = brief
      ? briefText(brief)
      : options.rendered
        ? renderedSample(prompt, programPlaces().prompts)
        : prompt.raw;
    if (options.json)
      context.output.json({
        name,
        hash: prompt.hash ?? null,
        path: prompt.path,
        text,
        ...brief,
        ...(role && { role: { agent: role.agent ?? null, model: role.model ?? null } }),
      });
    else context.output.result(sanitize(text.trimEnd()));
  }
  return 0;
}

/** Who does its tasks, and how its text is used. */
function roleText({ name, agent, model }: Role, own: PresentPrompt | undefined): string {
  const who = agent ?? 'the run’s own agent';
  const how = !own
    ? 'it has no prompt of its own: this is the worker’s'
    : USER_BEGINS.test(own.raw)
      ? 'this stands in the place of the worker’s prompt'
      : 'this is told after the rules of the worker’s prompt';
  return sanitize(`role ${name}: by ${who}${model === undefined ? '' : `, with ${model}`}; ${how}`);
}

/** What the planner of a run would be sent, where that is asked for and such a run could begin. */
const briefOf = async ({ name }: PresentPrompt, options: PromptsOptions, context: Context) =>
  options.rendered && name === 'planner' ? plannerBrief(options, context, programPlaces()) : undefined;

/** `show worker > .swarm/prompts/worker.md`: the shell has made that file, empty, before we look. */
async function shownOf(found: PresentPrompt, { output }: Context): Promise<PresentPrompt> {
  if (!found.isOverride || found.raw !== '') return found;
  output.narrate(`${sanitize(found.path)} is empty: this is the text built in`);
  const { prompts: ours } = await presentPrompts(programPlaces().prompts, undefined);
  return ours.find((prompt) => prompt.name === found.name)!;
}

function oneOrMore(names: readonly string[], action: string): readonly string[] {
  if (names.length > 0) return names;
  throw usage(
    'no prompt is named',
    `the prompts are: ${PROMPT_NAMES.join(', ')}`,
    `swarm prompts ${action} worker`,
  );
}

/** Exit 65 when one cannot be used. */
async function check(_: readonly string[], options: PromptsOptions, context: Context): Promise<number> {
  const { prompts: all, strays } = await present(options, context);
  const problems = [...all.flatMap((prompt) => prompt.problem ?? []), ...strays];
  if (options.json) context.output.json({ ok: problems.length === 0, problems });
  else if (problems.length > 0) context.output.narrate(renderProblems(problems, context.output.narrationInk));
  else context.output.result(`all ${all.length} prompts can be used`);
  return problems.length === 0 ? 0 : exitCodeFor(problems);
}

// ───────────── diff ─────────────

async function diff(names: readonly string[], options: PromptsOptions, context: Context): Promise<number> {
  const { prompts: all } = await present(options, context);
  const pairs = await pairsOf(names, options, all, context);
  const texts = await Promise.all(pairs.map(([from, to]) => textDiff(from, to)));
  const found = texts.filter((text) => text !== '');
  if (options.json)
    context.output.json(pairs.map(([from, to], i) => ({ from: from.label, to: to.label, diff: texts[i] })));
  else context.output.result(found.length === 0 ? 'they are alike' : sanitize(found.join('\n\n')));
  return 0;
}

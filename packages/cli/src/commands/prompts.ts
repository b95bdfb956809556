/** `swarm prompts`: what models are told, whether it can be used, and how two versions differ. */
import { nearestWord, SwarmError } from '@swarm/core';
import { loadConfig, NO_FLAGS } from '../config/load.ts';
import { exitCodeFor, renderProblems } from '../errors.ts';
import { locate } from '../gather.ts';
import { chooseRepository, readRun } from '../opened-run.ts';
import { renderTable, sanitize } from '../output.ts';
import { listRuns, runPaths } from '../paths.ts';
import { programPlaces } from '../places.ts';
import type { Context } from '../program.ts';
import { PROMPT_NAMES } from '../prompt-hashes.ts';
import { type Side, textDiff } from '../prompts/diff.ts';
import { keptPrompt, usedHashes } from '../prompts/kept.ts';
import {
  type PresentPrompt,
  type PresentPrompts,
  presentPrompts,
  renderedSample,
} from '../prompts/present.ts';
import { readRunFile } from '../run-file.ts';

export interface PromptsOptions {
  readonly repo?: string | undefined;
  /** Two of them for `diff`. */
  readonly run?: readonly string[] | undefined;
  readonly rendered?: true | undefined;
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

const usage = (what: string, why: string, fix: string): SwarmError =>
  new SwarmError({ code: 'SW0101', what, why, fix });

/** Ours alone outside any work tree. */
async function present({ repo }: PromptsOptions, context: Context): Promise<PresentPrompts> {
  const { path, isBare, exists } = await locate(repo, context);
  return presentPrompts(programPlaces().prompts, exists && !isBare ? path : undefined);
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
  const { prompts: all } = await present(options, context);
  for (const name of oneOrMore(names, 'show')) {
    const prompt = all.find((p) => p.name === name) ?? noPrompt(name);
    const text = options.rendered ? renderedSample(prompt) : prompt.raw;
    if (options.json) context.output.json({ name, hash: prompt.hash ?? null, path: prompt.path, text });
    else context.output.result(sanitize(text.trimEnd()));
  }
  return 0;
}

function oneOrMore(names: readonly string[], action: string): readonly string[] {
  if (names.length > 0) return names;
  throw usage(
    'no prompt is named',
    `the prompts are: ${PROMPT_NAMES.join(', ')}`,
    `swarm prompts ${action} worker`,
  );
}

function noPrompt(name: string): never {
  const meant = nearestWord(name, PROMPT_NAMES) ?? 'worker';
  throw usage(
    `there is no prompt ${JSON.stringify(name)}`,
    `the prompts are: ${PROMPT_NAMES.join(', ')}`,
    `swarm prompts show ${meant}`,
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
  const pairs = await pairsOf(names, options, context);
  const texts = await Promise.all(pairs.map(([from, to]) => textDiff(from, to)));
  const found = texts.filter((text) => text !== '');
  if (options.json)
    context.output.json(pairs.map(([from, to], i) => ({ from: from.label, to: to.label, diff: texts[i] })));
  else context.output.result(found.length === 0 ? 'they are alike' : sanitize(found.join('\n\n')));
  return 0;
}

type Pair = readonly [from: Side, to: Side];

async function pairsOf(
  names: readonly string[],
  options: PromptsOptions,
  context: Context,
): Promise<readonly Pair[]> {
  const { run = [] } = options;
  if (run.length > 0) return runPairs(run, names, options, context);
  if (names.length === 2 && names.every((name) => HASH.test(name)))
    return [await hashPair(names, options, context)];
  const { prompts: all } = await present(options, context);
  for (const name of names) if (!all.some((prompt) => prompt.name === name)) noPrompt(name);
  return all
    .filter((prompt) => prompt.isOverride && (names.length === 0 || names.includes(prompt.name)))
    .map(({ name, builtIn, raw }) => [
      { label: `built-in/${name}.md`, text: builtIn },
      { label: `repository/${name}.md`, text: raw },
    ]);
}

const HASH = /^[0-9a-f]{12}$/;

/** Each prompt as the two runs used it last. */
async function runPairs(
  runs: readonly string[],
  names: readonly string[],
  options: PromptsOptions,
  context: Context,
): Promise<readonly Pair[]> {
  if (runs.length !== 2)
    throw usage(
      'one run is named',
      'two are compared with one another',
      'swarm prompts diff --run <id> --run <id>',
    );
  const [from, to] = await Promise.all(runs.map((run) => usedBy(run, options, context)));
  const wanted = PROMPT_NAMES.filter((name) => names.length === 0 || names.includes(name));
  return wanted.flatMap((name): Pair[] => {
    const [a, b] = [from!.get(name), to!.get(name)];
    return a && b && a.text !== b.text ? [[a, b]] : [];
  });
}

async function usedBy(
  run: string,
  options: PromptsOptions,
  context: Context,
): Promise<ReadonlyMap<string, Side>> {
  const { paths, entries } = await readRun({ repo: options.repo, run }, context);
  const used = usedHashes(await readRunFile(paths), entries);
  const sides = [...used].map(async ([name, hashes]) => {
    const hash = hashes.at(-1)!;
    const text = await keptPrompt(paths, hash);
    if (text === undefined) throw notKept(hash, run);
    return [name, { label: `${run}/${name}.md`, text }] as const;
  });
  return new Map(await Promise.all(sides));
}

const notKept = (hash: string, where: string): SwarmError =>
  new SwarmError({
    code: 'SW0205',
    what: `no text is kept of the prompt ${hash}`,
    where,
    why: 'runs keep the texts they use; this one was begun by an older version, or its records were removed',
    fix: 'swarm prompts list',
  });

/** Any two versions there are: of a run, of the repository, ours. */
async function hashPair(hashes: readonly string[], options: PromptsOptions, context: Context): Promise<Pair> {
  const { prompts: all } = await present(options, context);
  const repository = await chooseRepository({ repo: options.repo }, context);
  const runs = (await listRuns(repository)).map((run) => runPaths(repository, run));
  const sideOf = async (hash: string): Promise<Side> => {
    const now = all.find((prompt) => prompt.hash === hash);
    if (now) return { label: `${hash}.md`, text: now.raw };
    for (const paths of runs) {
      const text = await keptPrompt(paths, hash);
      if (text !== undefined) return { label: `${hash}.md`, text };
    }
    throw notKept(hash, repository.runs);
  };
  return [await sideOf(hashes[0]!), await sideOf(hashes[1]!)];
}

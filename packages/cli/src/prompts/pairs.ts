/** The pairs of texts `swarm prompts diff` compares. */
import { SwarmError } from '@swarm/core/errors';
import { enterRepository, isKnownRun } from '../finding/door.ts';
import { readRun } from '../finding/opened-run.ts';
import type { RunPaths } from '../finding/paths.ts';
import { listRuns } from '../finding/runs.ts';
import { PROMPT_NAMES } from '../preparing/prompt-hashes.ts';
import type { Context } from '../program/context.ts';
import type { Side } from './diff.ts';
import { keptPrompt, usedHashes } from './kept.ts';
import { noPrompt, type PresentPrompt, usage } from './present.ts';

export interface CompareOptions {
  readonly repo?: string | undefined;
  readonly run?: readonly string[] | undefined;
}

export type Pair = readonly [from: Side, to: Side];

/** What is compared: two runs, two hashes, or else the repository's prompts with ours. Errors: SW0101, SW0104, SW0205. */
export async function pairsOf(
  names: readonly string[],
  options: CompareOptions,
  all: readonly PresentPrompt[],
  context: Context,
): Promise<readonly Pair[]> {
  const { run = [] } = options;
  if (run.length > 0) return runPairs(run, names, options, context);
  if (names.length === 2 && names.every((name) => HASH.test(name)))
    return [await hashPair(names, all, options, context)];
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
  options: CompareOptions,
  context: Context,
): Promise<readonly Pair[]> {
  if (runs.length !== 2)
    throw usage(
      'one run is named',
      'two are compared with one another',
      'swarm prompts diff --run <id> --run <id>',
    );
  const [from, to] = await Promise.all(runs.map((run) => usedBy(run, options, context)));
  const all = [...new Set([...PROMPT_NAMES, ...from!.keys(), ...to!.keys()])];
  const wanted = all.filter((name) => names.length === 0 || names.includes(name));
  return wanted.flatMap((name): Pair[] => {
    const [a, b] = [from!.get(name), to!.get(name)];
    return a && b && a.text !== b.text ? [[a, b]] : [];
  });
}

async function usedBy(
  run: string,
  options: CompareOptions,
  context: Context,
): Promise<ReadonlyMap<string, Side>> {
  const { paths, entries, file } = await readRun({ repo: options.repo, run }, context);
  const used = usedHashes(file, entries);
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
async function hashPair(
  hashes: readonly string[],
  all: readonly PresentPrompt[],
  options: CompareOptions,
  context: Context,
): Promise<Pair> {
  const repository = await enterRepository({ repo: options.repo }, context);
  const runs: RunPaths[] = [];
  for (const run of await listRuns(repository, context.env))
    if (await isKnownRun(repository, run, context.env)) runs.push(run);
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

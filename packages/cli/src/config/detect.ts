/** Gate and setup of a repository that names none, found by its manifests and lockfiles. Pure: facts in, proposals out. */
import { shellWord } from '../telling/shell.ts';
import { COMPILED } from './detecting/compiled.ts';
import type { Folder, Kind, Proposal } from './detecting/folder.ts';
import { DENO, NODE } from './detecting/node.ts';
import { PYTHON } from './detecting/python.ts';
import { RECIPES } from './detecting/recipes.ts';

/** Tried in this order. Recipes come last: they are written for people, over one of the others. */
export const KINDS: readonly Kind[] = [...NODE, DENO, ...COMPILED, ...PYTHON, ...RECIPES];

export interface Detected {
  readonly gate?: string;
  readonly setup?: string;
  /** What was found, one clause each: shown before anything runs. */
  readonly why: readonly string[];
  /** Programs that both start and no project brings. */
  readonly needs: readonly string[];
  /** Of these, those that the sandbox does not have. */
  readonly missing: readonly string[];
  /** What the sandbox could run at once, where something is missing. */
  readonly nextBest?: { readonly gate: string; readonly setup?: string };
}

/** @param isThere whether the sandbox has a program. */
export type IsThere = (program: string) => boolean;

/**
 * @param folders the one somebody stands in, then those around it, up to the top. The first that knows a gate is taken;
 * a setup without a gate is kept as well.
 */
export function detectCommands(folders: readonly Folder[], isThere: IsThere): Detected {
  const found = folders.map((folder, at) => bestIn(folder, folders.slice(at + 1), isThere));
  const best =
    found.find((one) => one?.proposal.gate !== undefined) ?? found.find((one) => one !== undefined);
  if (!best) return { why: ['no manifest with tests that we know'], needs: [], missing: [] };
  return detected(best, isThere);
}

/** Every program that a proposal for these folders may need: asked for at once, before the best is chosen. */
export function programsOf(folders: readonly Folder[]): readonly string[] {
  const all = folders.flatMap((folder, at) =>
    KINDS.flatMap((kind) => kind.propose(folder, folders.slice(at + 1))),
  );
  return [...new Set(all.flatMap(({ needs }) => needs))];
}

interface Best {
  readonly folder: Folder;
  readonly proposal: Proposal;
  readonly others: readonly Proposal[];
}

/** Of each kind the first that can run, else the first. A kind without a gate lends its setup to the one that has it. */
function bestIn(folder: Folder, above: readonly Folder[], isThere: IsThere): Best | undefined {
  const all = KINDS.flatMap((kind) => {
    const proposals = kind.propose(folder, above);
    const best = proposals.find((one) => canRun(one, isThere)) ?? proposals[0];
    return best ? [best] : [];
  });
  const [first, ...others] = all;
  if (!first || first.gate !== undefined) return first && { folder, proposal: first, others };
  const gated = others.find(({ gate }) => gate !== undefined);
  if (!gated) return { folder, proposal: first, others: [] };
  return { folder, proposal: joined(first, gated), others: others.filter((one) => one !== gated) };
}

const joined = (first: Proposal, gated: Proposal): Proposal => ({
  ...gated,
  ...first,
  ...(gated.gate && { gate: gated.gate }),
  why: [...first.why, ...gated.why],
  needs: [...new Set([...first.needs, ...gated.needs])],
});

const canRun = ({ needs }: Proposal, isThere: IsThere): boolean => needs.every(isThere);

function detected({ folder, proposal, others }: Best, isThere: IsThere): Detected {
  const missing = proposal.needs.filter((program) => !isThere(program));
  const next = missing.length > 0 ? others.find((one) => one.gate && canRun(one, isThere)) : undefined;
  const where = folder.path === '' ? [] : [`the manifest of ${folder.path}`];
  const nextBest = next && commandsOf(folder, next);
  return {
    ...commandsOf(folder, proposal),
    why: [...where, ...proposal.why],
    needs: proposal.needs,
    missing,
    ...(nextBest?.gate !== undefined && { nextBest: { ...nextBest, gate: nextBest.gate } }),
  };
}

function commandsOf(
  { path }: Folder,
  { gate, setup, setupIn = path }: Proposal,
): Pick<Detected, 'gate' | 'setup'> {
  return {
    ...(gate !== undefined && { gate: inFolder(path, gate) }),
    ...(setup !== undefined && { setup: inFolder(setupIn, setup) }),
  };
}

const inFolder = (path: string, command: string): string =>
  path === '' ? command : `cd ${shellWord(path)} && ${command}`;

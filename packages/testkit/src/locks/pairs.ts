/**
 * Branches that change a project's dependencies side by side, their lockfiles made by the manager itself; each two
 * joined by rule, and what comes out put before the manager. It takes it, or there is a mistake.
 */
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveConflict } from '@swarm/core/rules/resolve/resolve';
import { clear, type Manager, type Place, writeFiles } from './manager.ts';
import { run } from './managers.ts';
import { Registry } from './registry.ts';
import { Chance, change, makeProject, makeWorld, type Project } from './universe.ts';

export interface Tally {
  readonly manager: string;
  joined: number;
  givenBack: number;
  /** Lockfiles the manager did not take: what it said, and how to see it again. */
  readonly refused: string[];
}

export interface PairsOptions {
  readonly pairs: number;
  readonly seed: number;
  readonly tell?: (line: string) => void;
}

/** A branch: its files, and its lockfile among them. */
type Side = Readonly<Record<string, string>>;

const SIDES = 8;

export async function tryPairs(manager: Manager, options: PairsOptions): Promise<Tally> {
  const tally: Tally = { manager: manager.name, joined: 0, givenBack: 0, refused: [] };
  const registry = new Registry();
  await registry.open();
  try {
    for (let round = 0; tally.joined + tally.givenBack < options.pairs && round < options.pairs * 4; round++)
      await tryWorld(manager, registry, { ...options, seed: options.seed + round }, tally);
  } finally {
    await registry.close();
  }
  return tally;
}

async function tryWorld(
  manager: Manager,
  registry: Registry,
  options: PairsOptions,
  tally: Tally,
): Promise<void> {
  const top = mkdtempSync(join(tmpdir(), 'swarm-locks-'));
  try {
    const sides = await makeSides(manager, registry, options, top);
    const [base, ...branches] = sides;
    if (!base) return;
    for (const [i, ours] of branches.entries())
      for (const [j, theirs] of branches.entries()) {
        if (j <= i || tally.joined + tally.givenBack >= options.pairs) continue;
        const place = { folder: join(top, `${i}-${j}`), cache: join(top, 'cache'), registry: registry.url };
        const said = await tryPair(manager, { base, ours, theirs }, place);
        if (said === undefined) continue;
        if (said === 'joined') tally.joined++;
        else if (said === 'given back') tally.givenBack++;
        else {
          tally.joined++;
          tally.refused.push(`seed ${options.seed}, branches ${i} and ${j}: ${said}`);
        }
        options.tell?.(`${manager.name} seed ${options.seed} ${i}-${j}: ${said.slice(0, 300)}`);
      }
  } finally {
    clear(top);
  }
}

/** The base, then the branches; none when the manager cannot make a lockfile of what chance asks for. */
async function makeSides(
  manager: Manager,
  registry: Registry,
  { seed, pairs }: PairsOptions,
  top: string,
): Promise<readonly Side[]> {
  const chance = new Chance(seed);
  const world = makeWorld(chance, manager.habits);
  const folders = chance.is(0.3) ? ['', 'packages/one', 'packages/two'] : [''];
  const base = makeProject(world, chance, manager.habits, folders);
  const place = { folder: join(top, 'base'), cache: join(top, 'cache'), registry: registry.url };
  registry.serve(world.early);
  manager.provide?.(world.early, place);
  const first = await lockOf(manager, base, {}, place);
  if (!first) return [];
  registry.serve(world.releases);
  manager.provide?.(world.releases, place);
  const sides = [first];
  const count = Math.min(SIDES, Math.ceil((1 + Math.sqrt(1 + 8 * pairs)) / 2));
  for (let i = 0; i < count; i++) {
    const project = change(base, world, chance, manager.habits);
    const side = await lockOf(manager, project, first, { ...place, folder: join(top, `side-${i}`) });
    if (side && side[manager.lock] !== first[manager.lock]) sides.push(side);
  }
  return sides;
}

async function lockOf(
  manager: Manager,
  project: Project,
  before: Side,
  place: Place,
): Promise<Side | undefined> {
  const files = manager.manifests(project, place);
  const lock = before[manager.lock];
  mkdirSync(place.folder, { recursive: true });
  writeFiles(place.folder, { ...files, ...(lock !== undefined && { [manager.lock]: lock }) });
  const { code } = await run(manager.make(place), place);
  // What the manager itself would refuse is no lockfile to start from.
  if (code !== 0 || (await run(manager.check(place), place)).code !== 0) return undefined;
  const made = [...(manager.rewrites ?? []), manager.lock].map((path) => [
    path,
    readFileSync(join(place.folder, path), 'utf8'),
  ]);
  return { ...files, ...Object.fromEntries(made) };
}

interface Pair {
  readonly base: Side;
  readonly ours: Side;
  readonly theirs: Side;
}

/** @returns undefined when the manifests cannot be joined: then there is nothing to try. */
async function tryPair(
  manager: Manager,
  { base, ours, theirs }: Pair,
  place: Place,
): Promise<string | undefined> {
  const merged: Record<string, string> = {};
  for (const path of Object.keys(base)) {
    if (path === manager.lock) continue;
    const texts = { base: base[path]!, ours: ours[path]!, theirs: theirs[path]! };
    const text = texts.ours === texts.theirs ? texts.ours : resolveConflict(path, texts)?.text;
    if (text === undefined) return manager.rewrites?.includes(path) ? 'given back' : undefined;
    merged[path] = text;
  }
  const [lock, around] = [manager.lock, aroundOf(manager, ours, theirs, merged)];
  const texts = { base: base[lock]!, ours: ours[lock]!, theirs: theirs[lock]! };
  const joined = resolveConflict(lock, texts, around)?.text;
  if (joined === undefined) return 'given back';
  writeFiles(place.folder, { ...merged, [lock]: joined });
  const { code, text } = await run(manager.check(place), place);
  if (code !== 0) return `exit ${code}: ${text.trim()}`;
  return readFileSync(join(place.folder, lock), 'utf8') === joined
    ? 'joined'
    : 'the manager wrote another one';
}

function aroundOf({ lock }: Manager, ours: Side, theirs: Side, merged: Side) {
  const manifests = (side: Side): ReadonlyMap<string, string> =>
    new Map(Object.entries(side).filter(([path]) => path !== lock));
  return { ours: manifests(ours), theirs: manifests(theirs), merged: manifests(merged) };
}

import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import type { EnvironmentStore, PreparedPlace, SetupLeft } from '@swarm/core/ports/running';
import { copy, copyAll } from './environment-copy.ts';
import { copyHome, largeStores, withoutCredentials } from './environment-home.ts';
import { leftBySetup } from './environment-left.ts';
import { setupNeed } from './environment-need.ts';
import { sealOf } from './environment-seal.ts';
import { removeTree } from './remove-tree.ts';

/** Environments kept beside the pinned ones; the one unused longest goes first. Each may be as large as a `node_modules`. */
const KEPT = 8;
const UNITS = 'units.json';
const KEY = /^[0-9a-f]{16}(?:-[0-9a-z]{1,64}){0,2}$/;
/** Where git looks for what a clone leaves out. */
const EXCLUDE = '.git/info/exclude';

/** What `units.json` holds. */
interface Kept {
  /** Paths in the work tree that setup made. */
  readonly units: readonly string[];
  readonly left: readonly SetupLeft[];
  /** Parts of the home that no workspace gets. Absent in what an earlier version kept. */
  readonly homeLeft?: readonly string[];
  /** Of `tree` and `home`, as they were kept. */
  readonly seal: string;
}

/**
 * Prepared environments under `folder`, one folder a key: `units.json` names what setup made, `tree/` holds it, `home/`
 * is the home it left. A key's folder appears whole, by rename, or not at all, and is never written to afterwards; one
 * that somebody wrote to all the same serves nobody.
 * @param folder `<state>/<repository>/env`; made when first needed, used by one orchestrator at a time.
 */
export function createEnvironmentStore(folder: string): EnvironmentStore {
  const pinned = new Set<string>();
  const placeOf = (key: string): string => {
    if (KEY.test(key)) return join(folder, key);
    throw new SwarmError({ code: 'SW0801', what: `not an environment key: ${JSON.stringify(key)}` });
  };
  return {
    needOf: setupNeed,
    has: (key) => exists(join(placeOf(key), UNITS)),
    pin: (key) => void pinned.add(key),
    snapshot: async (workspace) => new Set(await listing(workspace)),
    async keep(key, made, before) {
      const place = placeOf(key);
      await mkdir(folder, { recursive: true });
      await removeUnfinished(folder);
      const unfinished = join(folder, `.${key}.${process.pid}.${randomUUID().slice(0, 8)}`);
      try {
        await fill(unfinished, made, await newUnits(made.workspace, before));
        await rename(unfinished, place).catch(unlessTaken);
      } finally {
        await removeTree(unfinished);
      }
      await removeUnused(folder, pinned);
    },
    async install(key, into) {
      const place = placeOf(key);
      const kept = await readKept(place);
      if (!kept || kept.seal !== (await sealOf(sealed(place)))) {
        await removeTree(place);
        return undefined;
      }
      const now = new Date();
      await utimes(place, now, now);
      await putUnits(join(place, 'tree'), kept.units, into.workspace);
      await lend(place, into.home, kept.homeLeft ?? []);
      await writeFile(join(into.workspace, EXCLUDE), kept.left.map(({ pattern }) => `${pattern}\n`).join(''));
      return kept.left;
    },
    lendHome: (key, home) => lend(placeOf(key), home, []),
  };
}

const sealed = (place: string): string[] => ['tree', 'home'].map((name) => join(place, name));

/** Units of one folder in one copy: a file that two of them share, such as a store's, stays one. */
async function putUnits(tree: string, units: readonly string[], workspace: string): Promise<void> {
  const byFolder = new Map<string, string[]>();
  for (const unit of units) {
    if (!(await isFree(workspace, unit))) continue;
    const folder = dirname(unit);
    byFolder.set(folder, [...(byFolder.get(folder) ?? []), join(tree, unit)]);
  }
  for (const [folder, entries] of byFolder) {
    await mkdir(join(workspace, folder), { recursive: true });
    await copyAll(entries, join(workspace, folder));
  }
}

async function lend(place: string, home: string, left: readonly string[]): Promise<void> {
  await mkdir(home, { recursive: true });
  const kept = join(place, 'home');
  if (await exists(kept)) await copyHome(kept, home, left);
}

/** Moved where that can be done, so that nothing is there twice. */
async function fill(unfinished: string, made: PreparedPlace, units: readonly string[]): Promise<void> {
  const left = await leftBySetup(made.workspace, units);
  await mkdir(join(unfinished, 'tree'), { recursive: true });
  for (const unit of units) await move(join(made.workspace, unit), join(unfinished, 'tree', unit));
  if (await exists(made.home)) {
    await withoutCredentials(made.home);
    await move(made.home, join(unfinished, 'home'));
  }
  const homeLeft = await largeStores(join(unfinished, 'home'));
  const kept: Kept = { units, left, homeLeft, seal: await sealOf(sealed(unfinished)) };
  await writeFile(join(unfinished, UNITS), JSON.stringify(kept));
}

async function move(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  try {
    await rename(from, to);
  } catch {
    // Another disk, or a folder its maker locked: what cannot be copied either is told there.
    await copy(from, to);
  }
}

/** Undefined when there is none, or it is not readable as one. */
async function readKept(place: string): Promise<Kept | undefined> {
  try {
    return JSON.parse(await readFile(join(place, UNITS), 'utf8')) as Kept;
  } catch {
    return undefined;
  }
}

/** Kept under this key already: the first copy stays, for an install may be reading it. */
function unlessTaken(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
}

/** Every path of the workspace but git's own, relative; symlinks are not followed. */
async function listing(workspace: string, folder = ''): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(join(workspace, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (path === '.git') continue;
    paths.push(path);
    if (entry.isDirectory()) paths.push(...(await listing(workspace, path)));
  }
  return paths;
}

/** What was not there before: a folder that is new is one unit, an old one is looked into. */
async function newUnits(workspace: string, before: ReadonlySet<string>, folder = ''): Promise<string[]> {
  const units: string[] = [];
  for (const entry of await readdir(join(workspace, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (path === '.git') continue;
    if (!before.has(path)) units.push(path);
    else if (entry.isDirectory()) units.push(...(await newUnits(workspace, before, path)));
  }
  return units;
}

/**
 * Whether a unit may be put here. The workspace's commit is hostile: a path it tracks itself, or a link where
 * a folder was, would lead the copy over its work or out of the workspace. Such a unit has no place in it.
 */
async function isFree(workspace: string, unit: string): Promise<boolean> {
  for (let folder = dirname(unit); folder !== '.'; folder = dirname(folder)) {
    const found = await lstat(join(workspace, folder)).catch(() => undefined);
    if (found !== undefined && !found.isDirectory()) return false;
  }
  return !(await exists(join(workspace, unit)));
}

/** What a killed orchestrator was copying: the lock says that nobody else is at work here. */
async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const owner = /^\.[0-9a-z-]+\.(\d+)\./.exec(name)?.[1];
    if (owner !== undefined && Number(owner) !== process.pid) await removeTree(join(folder, name));
  }
}

async function removeUnused(folder: string, pinned: ReadonlySet<string>): Promise<void> {
  const names = (await readdir(folder)).filter((name) => KEY.test(name) && !pinned.has(name));
  const aged = await Promise.all(
    names.map(async (name) => ({ name, at: (await lstat(join(folder, name))).mtimeMs })),
  );
  for (const { name } of aged.toSorted((a, b) => b.at - a.at).slice(KEPT))
    await removeTree(join(folder, name));
}

const exists = async (path: string): Promise<boolean> =>
  (await lstat(path).catch(() => undefined)) !== undefined;

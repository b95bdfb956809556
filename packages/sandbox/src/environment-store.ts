import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rename, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { SwarmError } from '@swarm/core/errors';
import type { EnvironmentStore } from '@swarm/core/ports/running';
import { environmentKey } from './environment-key.ts';
import { removeTree } from './remove-tree.ts';

const run = promisify(execFile);

/** Environments kept; the one unused longest goes first. Each may be as large as a `node_modules`. */
const KEPT = 8;
const COPY_MS = 10 * 60_000;
const UNITS = 'units.json';

/**
 * Prepared environments under `folder`, one folder a key: `units.json` names what setup made, `tree/` holds it.
 * A key's folder appears whole, by rename, or not at all, and is never written to afterwards.
 * @param folder `<state>/<repository>/env`; made when first needed, used by one orchestrator at a time.
 */
export function createEnvironmentStore(folder: string): EnvironmentStore {
  const placeOf = (key: string): string => {
    if (/^[0-9a-f]{16}$/.test(key)) return join(folder, key);
    throw new SwarmError({ code: 'SW0801', what: `not an environment key: ${JSON.stringify(key)}` });
  };
  return {
    keyOf: environmentKey,
    has: (key) => exists(join(placeOf(key), UNITS)),
    snapshot: async (workspace) => new Set(await listing(workspace)),
    async keep(key, workspace, before) {
      const place = placeOf(key);
      await mkdir(folder, { recursive: true });
      await removeUnfinished(folder);
      const unfinished = join(folder, `.${key}.${process.pid}.${randomUUID().slice(0, 8)}`);
      try {
        await fill(unfinished, workspace, await newUnits(workspace, before));
        await rename(unfinished, place).catch(unlessTaken);
      } finally {
        await removeTree(unfinished);
      }
      await removeUnused(folder);
    },
    async install(key, workspace) {
      const place = placeOf(key);
      const units = JSON.parse(await readFile(join(place, UNITS), 'utf8')) as string[];
      const now = new Date();
      await utimes(place, now, now);
      for (const unit of units) {
        if (await isFree(workspace, unit)) await copy(join(place, 'tree', unit), join(workspace, unit));
      }
    },
  };
}

async function fill(unfinished: string, workspace: string, units: readonly string[]): Promise<void> {
  for (const unit of units) await copy(join(workspace, unit), join(unfinished, 'tree', unit));
  await mkdir(unfinished, { recursive: true });
  await writeFile(join(unfinished, UNITS), JSON.stringify(units));
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

/** Shares blocks where the file system can; symlinks stay symlinks, modes and times stay. */
async function copy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  const how = process.platform === 'linux' ? ['-a', '--reflink=auto', '--no-target-directory'] : ['-a'];
  try {
    await run('cp', [...how, '--', from, to], { timeout: COPY_MS, killSignal: 'SIGKILL' });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SwarmError(
      {
        code: 'SW0701',
        what: 'an environment cannot be copied',
        where: to,
        why,
        fix: `df -h ${dirname(to)}`,
      },
      { cause },
    );
  }
}

/** What a killed orchestrator was copying: the lock says that nobody else is at work here. */
async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const owner = /^\.[0-9a-f]{16}\.(\d+)\./.exec(name)?.[1];
    if (owner !== undefined && Number(owner) !== process.pid) await removeTree(join(folder, name));
  }
}

async function removeUnused(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /^[0-9a-f]{16}$/.test(name));
  const aged = await Promise.all(
    names.map(async (name) => ({ name, at: (await lstat(join(folder, name))).mtimeMs })),
  );
  for (const { name } of aged.toSorted((a, b) => b.at - a.at).slice(KEPT))
    await removeTree(join(folder, name));
}

const exists = async (path: string): Promise<boolean> =>
  (await lstat(path).catch(() => undefined)) !== undefined;

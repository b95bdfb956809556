/** What setup left in a work tree and git would take for the agent's work. */
import { createHash } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { SetupLeft } from '@swarm/core/ports/running';

/** What package managers fill: a change in there is never a deliverable. */
const FILLED = new Set([
  ...[
    'node_modules',
    '.pnpm-store',
    '.pnp.cjs',
    '.pnp.loader.mjs',
    '.yarn',
    'bower_components',
    'jspm_packages',
  ],
  ...['.venv', 'venv', '.tox', '.nox', '__pycache__', '.pytest_cache', '.eggs', 'target', '.gradle', '.m2'],
  ...['vendor', '.bundle', 'deps', '_build', 'obj', '.nuget', '.cache', '.turbo', '.next'],
]);
/** A folder with more files than this is left out as a whole. */
const MAX_FILES = 2_000;
const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** @param units paths that setup made, relative to the work tree. */
export async function leftBySetup(workspace: string, units: readonly string[]): Promise<SetupLeft[]> {
  const left: SetupLeft[] = [];
  for (const unit of units) left.push(...(await leftAt(workspace, unit)));
  return left;
}

async function leftAt(workspace: string, unit: string): Promise<SetupLeft[]> {
  const whole = [{ pattern: patternOf(unit) }];
  const found = await lstat(join(workspace, unit));
  if (FILLED.has(basename(unit)) || unit.endsWith('.egg-info')) return whole;
  if (!found.isDirectory()) return [await fileAt(workspace, unit)];
  const files = await filesBelow(workspace, unit, MAX_FILES);
  if (!files) return whole;
  return Promise.all(
    files.map((file) => (isFilled(file) ? { pattern: patternOf(file) } : fileAt(workspace, file))),
  );
}

const isFilled = (path: string): boolean => FILLED.has(basename(path));

/** Undefined when there are more. A folder that package managers fill is one of them, and not looked into. */
async function filesBelow(workspace: string, folder: string, most: number): Promise<string[] | undefined> {
  const files: string[] = [];
  for (const entry of await readdir(join(workspace, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const below =
      entry.isDirectory() && !isFilled(path)
        ? await filesBelow(workspace, path, most - files.length)
        : [path];
    if (!below) return undefined;
    files.push(...below);
    if (files.length > most) return undefined;
  }
  return files;
}

/** A file that is no plain one, is large, or has a name that no list of lines can hold is left out whatever becomes of it. */
async function fileAt(workspace: string, path: string): Promise<SetupLeft> {
  const found = await lstat(join(workspace, path));
  const pattern = patternOf(path);
  if (!found.isFile() || found.size > MAX_FILE_BYTES || !isPlain(path)) return { pattern };
  const content = await readFile(join(workspace, path));
  const names = ['sha1', 'sha256'].map((kind) =>
    createHash(kind).update(`blob ${content.length}\0`).update(content).digest('hex'),
  );
  return { pattern, file: { path, blobs: names } };
}

const isPlain = (path: string): boolean => /^[^\p{Cc}"\\]+$/u.test(path) && path.isWellFormed();

/** As git reads it in a list of what is left out: from the top, and nothing in it a sign. */
const patternOf = (path: string): string =>
  `/${path.replaceAll(/[\\*?[\]!# \t]/g, '\\$&').replaceAll(/\p{Cc}/gu, '?')}`;

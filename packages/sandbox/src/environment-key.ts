import { createHash } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Files that say what an environment must hold; a change in any of them asks for a new one. */
const DECIDING = new Set([
  ...['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package-lock.json', 'npm-shrinkwrap.json'],
  ...[
    'yarn.lock',
    '.yarnrc.yml',
    'bun.lock',
    'bun.lockb',
    '.npmrc',
    '.nvmrc',
    '.node-version',
    '.tool-versions',
  ],
  ...['Cargo.toml', 'Cargo.lock', 'rust-toolchain', 'rust-toolchain.toml', 'go.mod', 'go.sum', 'go.work'],
  ...['pyproject.toml', 'poetry.lock', 'uv.lock', 'Pipfile.lock', '.python-version', 'setup.py', 'setup.cfg'],
  ...['Gemfile', 'Gemfile.lock', 'composer.json', 'composer.lock', 'mix.exs', 'mix.lock'],
]);
const REQUIREMENTS = /^requirements.*\.txt$/;
const SKIPPED = new Set(['.git', 'node_modules', 'target', '.venv', 'vendor']);

/** Folders deeper than this, and entries past this many (nearest the root first), do not take part. */
const MAX_DEPTH = 8;
const MAX_ENTRIES = 200_000;
/** A larger lockfile counts by its size alone. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;

/**
 * 16 hex digits of SHA-256 over the setup command, the machine's kind, and name and content of every deciding
 * file of the workspace. Symlinks are not followed. The same on every run for the same content.
 */
export async function environmentKey(workspace: string, setup: string): Promise<string> {
  const hash = createHash('sha256');
  const add = (text: string | Buffer) => hash.update(`${text.length}:`).update(text);
  add(`v1 ${process.platform} ${process.arch}`);
  add(setup);
  for (const file of await decidingFiles(workspace)) {
    add(file);
    add(await contentOf(join(workspace, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

async function contentOf(file: string): Promise<Buffer | string> {
  const { size } = await lstat(file);
  return size > MAX_FILE_BYTES ? `size ${size}` : readFile(file);
}

/** Breadth first, each folder's entries by name, so that the limits cut at the same place each time. */
async function decidingFiles(workspace: string): Promise<string[]> {
  const files: string[] = [];
  let seen = 0;
  let level = [''];
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth += 1) {
    const below: string[] = [];
    for (const folder of level) {
      const entries = await readdir(join(workspace, folder), { withFileTypes: true });
      for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
        seen += 1;
        if (seen > MAX_ENTRIES) return files;
        if (entry.isDirectory() && !SKIPPED.has(entry.name)) below.push(join(folder, entry.name));
        if (entry.isFile() && isDeciding(entry.name)) files.push(join(folder, entry.name));
      }
    }
    level = below;
  }
  return files;
}

const isDeciding = (name: string): boolean => DECIDING.has(name) || REQUIREMENTS.test(name);

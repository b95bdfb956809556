/** What setup of a work tree reads, as far as that can be told without running it. */
import { createHash } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, normalize } from 'node:path';
import type { SetupNeed } from '@swarm/core/ports/running';

/** Files that say what an environment must hold; a change in any of them asks for a new one. */
const DECIDING = new Set([
  ...['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package-lock.json', 'npm-shrinkwrap.json'],
  ...[
    'yarn.lock',
    '.yarnrc',
    '.yarnrc.yml',
    'bun.lock',
    'bun.lockb',
    'bunfig.toml',
    '.npmrc',
    '.pnpmfile.cjs',
  ],
  ...['deno.json', 'deno.jsonc', 'deno.lock', '.nvmrc', '.node-version', '.tool-versions', 'mise.toml'],
  ...['Cargo.toml', 'Cargo.lock', 'rust-toolchain', 'rust-toolchain.toml', 'go.mod', 'go.sum', 'go.work'],
  ...['go.work.sum', 'pyproject.toml', 'poetry.lock', 'uv.lock', 'pdm.lock', 'Pipfile', 'Pipfile.lock'],
  ...['.python-version', 'setup.py', 'setup.cfg', 'tox.ini', 'environment.yml'],
  ...['pom.xml', 'build.gradle', 'build.gradle.kts', 'settings.gradle', 'settings.gradle.kts'],
  ...['gradle.lockfile', 'gradle.properties', 'gradle-wrapper.properties', 'libs.versions.toml'],
  ...['global.json', 'packages.lock.json', 'nuget.config', 'Directory.Packages.props'],
  ...['Gemfile', 'Gemfile.lock', 'composer.json', 'composer.lock', 'mix.exs', 'mix.lock'],
]);
const DECIDING_NAMES = [/^requirements.*\.(?:txt|in)$/, /\.(?:cs|fs|vb)proj$/, /\.gemspec$/, /\.patch$/];
/** Read by a program that the command names. */
const RECIPES: Readonly<Record<string, readonly string[]>> = {
  make: ['GNUmakefile', 'makefile', 'Makefile'],
  just: ['justfile', 'Justfile', '.justfile'],
  cmake: ['CMakeLists.txt'],
  task: ['Taskfile.yml', 'Taskfile.yaml'],
};
const SKIPPED = new Set(['.git', 'node_modules', 'target', '.venv', 'vendor']);

/** Folders deeper than this, and entries past this many (nearest the root first), do not take part. */
const MAX_DEPTH = 8;
const MAX_ENTRIES = 200_000;
/** A larger lockfile counts by its size alone. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** Scripts that are followed, and how much of each. */
const MAX_SCRIPTS = 500;
const MAX_SCRIPT_BYTES = 256 * 1024;

/** Package managers run these of a package's own scripts when they install. */
const LIFECYCLE = [
  'preinstall',
  'install',
  'postinstall',
  'prepublish',
  'preprepare',
  'prepare',
  'postprepare',
];
/** Commands that read lists and run nothing of the tree, as long as its manifests name no script. */
const READERS_OF_LISTS = [
  /^npm (?:ci|install)(?: --[\w-]+(?:=\w+)?)*$/,
  /^pnpm (?:i|install|fetch)(?: --[\w-]+(?:=\w+)?)*$/,
  /^yarn(?: install)?(?: --[\w-]+(?:=\w+)?)*$/,
  /^bun (?:i|install)(?: --[\w-]+(?:=\w+)?)*$/,
  /^cargo fetch(?: --locked)?$/,
  /^go mod download$/,
];
/** Brings a package manager first, in a version that the command names: nothing of the tree is read for it. */
const FETCHED_MANAGER =
  /^npm install --global --prefix "\$HOME\/\.local" @?[\w./-]+@\d[\w.-]* && (?=(?:pnpm|yarn|bun) )/;
/** A tree that has one of these has code of its own run by its package manager. */
const HOOKS = new Set(['.pnpmfile.cjs']);
const RUNS_A_PROGRAM =
  /^\s*["']?(?:yarnPath|yarn-path|plugins|onload-script|script-shell|shell|git|node-options)\b/im;

/**
 * The setup command, the machine's kind, name and content of every deciding file, and of every script that the command or
 * a package's own install scripts name, followed into the scripts those name. Symlinks are not followed. The same on
 * every run for the same content.
 */
export async function setupNeed(workspace: string, setup: string): Promise<SetupNeed> {
  const deciding = await decidingFiles(workspace);
  const packages = await lifecycleOf(workspace, deciding.files);
  const scripts = await namedScripts(workspace, [{ folder: '', text: setup }, ...packages]);
  const hash = createHash('sha256');
  const add = (text: string | Buffer) => hash.update(`${text.length}:`).update(text);
  add(`v2 ${process.platform} ${process.arch}`);
  add(setup);
  for (const file of [...new Set([...deciding.files, ...scripts.files])]) {
    add(file);
    add(await contentOf(join(workspace, file)));
  }
  const isListed =
    deciding.isWhole &&
    packages.length === 0 &&
    READERS_OF_LISTS.some((known) => known.test(setup.trim().replace(FETCHED_MANAGER, '')));
  const isKnown = isListed && !(await hasHooks(workspace, deciding.files));
  return { hash: hash.digest('hex').slice(0, 16), isKnown };
}

async function contentOf(file: string): Promise<Buffer | string> {
  const { size } = await lstat(file);
  return size > MAX_FILE_BYTES ? `size ${size}` : readFile(file);
}

/** Breadth first, each folder's entries by name, so that the limits cut at the same place each time. */
export async function decidingFiles(workspace: string): Promise<{ files: string[]; isWhole: boolean }> {
  const files: string[] = [];
  let seen = 0;
  let level = [''];
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth += 1) {
    const below: string[] = [];
    for (const folder of level) {
      const entries = await readdir(join(workspace, folder), { withFileTypes: true });
      for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
        seen += 1;
        if (seen > MAX_ENTRIES) return { files, isWhole: false };
        if (entry.isDirectory() && !SKIPPED.has(entry.name)) below.push(join(folder, entry.name));
        if (entry.isFile() && isDeciding(folder, entry.name)) files.push(join(folder, entry.name));
      }
    }
    level = below;
  }
  return { files, isWhole: level.length === 0 };
}

const isDeciding = (folder: string, name: string): boolean =>
  DECIDING.has(name) ||
  DECIDING_NAMES.some((known) => known.test(name)) ||
  (name === 'config.toml' && basename(folder) === '.cargo');

// ───────────── scripts ─────────────

interface Words {
  /** What its relative paths start from, as the tree's own path. */
  readonly folder: string;
  readonly text: string;
}

/** The install scripts of every package of the tree; a manifest that cannot be read counts as one. */
async function lifecycleOf(workspace: string, files: readonly string[]): Promise<Words[]> {
  const found: Words[] = [];
  for (const file of files.filter((name) => basename(name) === 'package.json')) {
    const text = `${await contentOf(join(workspace, file))}`;
    const folder = dirname(file) === '.' ? '' : dirname(file);
    for (const script of lifecycleScripts(text)) found.push({ folder, text: script });
  }
  return found;
}

function lifecycleScripts(manifest: string): string[] {
  try {
    const { scripts } = (JSON.parse(manifest) ?? {}) as { scripts?: Record<string, unknown> };
    return LIFECYCLE.map((name) => scripts?.[name]).filter((script) => typeof script === 'string');
  } catch {
    return [''];
  }
}

/** Files of the tree that are named by these words, and by the words of those files, as far as the limits go. */
async function namedScripts(
  workspace: string,
  first: readonly Words[],
): Promise<{ readonly files: readonly string[] }> {
  const files = new Set<string>();
  const left: Words[] = [...first];
  for (let next = left.shift(); next !== undefined && files.size < MAX_SCRIPTS; next = left.shift()) {
    for (const path of pathsIn(next)) {
      if (files.has(path)) continue;
      const text = await scriptText(workspace, path);
      if (text === undefined) continue;
      files.add(path);
      // A script is started where its caller stands, and names its neighbours from either place.
      left.push({ folder: next.folder, text }, { folder: dirname(path), text });
    }
  }
  return { files: [...files].toSorted() };
}

function pathsIn({ folder, text }: Words): string[] {
  const words = text.split(/[\s;&|()<>"'`=,:{}[\]$]+/).filter((word) => word !== '' && word.length < 256);
  const recipes = words.flatMap((word) => RECIPES[word] ?? []);
  return [...words, ...recipes]
    .map((word) => normalize(join(folder, word)))
    .filter((path) => path !== '.' && !path.startsWith('..') && !path.startsWith('/'));
}

/** Undefined when it is no file of the tree itself. A large one counts, and is not looked into. */
async function scriptText(workspace: string, path: string): Promise<string | undefined> {
  const parts = path.split('/');
  for (const [index] of parts.entries()) {
    const found = await lstat(join(workspace, ...parts.slice(0, index + 1))).catch(() => undefined);
    const isLast = index === parts.length - 1;
    if (!found || (isLast ? !found.isFile() : !found.isDirectory())) return undefined;
    if (isLast && found.size > MAX_SCRIPT_BYTES) return '';
  }
  return readFile(join(workspace, path), 'utf8');
}

/** Settings of a package manager that make it run a program of the tree. */
async function hasHooks(workspace: string, files: readonly string[]): Promise<boolean> {
  for (const file of files) {
    const name = basename(file);
    if (HOOKS.has(name)) return true;
    const isSettings = name === '.yarnrc.yml' || name === '.yarnrc' || name === '.npmrc';
    if (isSettings && RUNS_A_PROGRAM.test(`${await contentOf(join(workspace, file))}`)) return true;
  }
  return false;
}

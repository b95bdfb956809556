/** What a scripted worker does to the project: its own files, and the shared ones that ride along. */
import type { PlannedFact } from './facts.ts';

/** The project before the run. */
export const PROJECT: Readonly<Record<string, string>> = {
  '.gitignore': 'node_modules/\ndist/\n',
  'package.json': json({ name: 'game', version: '0.1.0', devDependencies: { typescript: '^5.9.0' } }),
  'package-lock.json': json({
    name: 'game',
    version: '0.1.0',
    lockfileVersion: 3,
    packages: {
      '': { name: 'game', version: '0.1.0', devDependencies: { typescript: '^5.9.0' } },
      'node_modules/typescript': { version: '5.9.3' },
    },
  }),
  'src/index.ts': '// Everything the game offers.\n',
  'README.md': '# Game\n',
};

/** Files that ride along: changed by many, in nobody's scope. */
export const SHARED = ['.gitignore', 'package.json', 'package-lock.json', 'src/index.ts'] as const;
type SharedFile = (typeof SHARED)[number];

/** A change to one file: what stands there, before and after. Applied to its own result it changes nothing. */
export interface Edit {
  readonly path: string;
  readonly apply: (text: string | undefined) => string;
}

export interface WorkOptions {
  /** Chance that a handoff changes one of the shared files, for each of them. */
  readonly rideAlong: number;
  /** Chance that a first handoff breaks the build once it is merged. */
  readonly breaks: number;
  /** Every task has files of its own and touches nothing shared: no conflict is possible. */
  readonly isApart: boolean;
}

/** The same task always does the same. */
export function editsOf(task: PlannedFact, options: WorkOptions): readonly Edit[] {
  if (options.isApart) return [ownFile(`src/apart/${task.id}.ts`, task)];
  const isShared = (path: string): path is SharedFile => (SHARED as readonly string[]).includes(path);
  const rides = SHARED.filter((path) => chance(`${task.id} ${path}`) < options.rideAlong);
  const shared = new Set([...task.scope.filter(isShared), ...rides]);
  const named = task.scope.filter((path) => !isShared(path));
  const own = named.length + shared.size > 0 ? named : [`src/${task.id}.ts`];
  return [
    ...own.map((path) => ownFile(path, task)),
    ...[...shared].map((path) => sharedFile(path, task, task.scope.includes(path))),
  ];
}

/** Evenly spread: at a rate of 0.02 every fiftieth task, by the number in its name. */
export function isBreaking(task: PlannedFact, { breaks }: WorkOptions): boolean {
  const number = Number(/\d+$/.exec(task.id)?.[0] ?? 0);
  return Math.floor(number * breaks) > Math.floor((number - 1) * breaks);
}

/** The file of a handoff that breaks the build. */
export const BROKEN = 'src/broken.ts';

/** What would stop this project's build: markers of a conflict, a manifest that is no JSON, a broken file. */
export function isGreen(read: (path: string) => string | undefined): boolean {
  if (read(BROKEN) !== undefined) return false;
  return SHARED.every((path) => {
    const text = read(path) ?? '';
    return !text.includes('<<<<<<<') && (!path.endsWith('.json') || isJson(text));
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

// ───────────── files ─────────────

/** A new file is written whole; one that is there gets a function more and another first line. */
function ownFile(path: string, task: PlannedFact): Edit {
  const name = nameOf(task);
  const added = Array.from({ length: Math.max(1, task.linesAdded) }, (_, i) => `  step(${i});`).join('\n');
  const text = `export function ${name}(): void {\n${added}\n}\n`;
  return {
    path,
    apply: (before) => {
      if (before === undefined) return `// Last changed for ${task.id}.\n${text}`;
      if (before.includes(`function ${name}(`)) return before;
      return `${before.replace(/^\/\/ Last changed .*\n/, `// Last changed for ${task.id}.\n`)}\n${text}`;
    },
  };
}

const IGNORED = ['coverage/', '*.log', '.vite/', '.DS_Store', '*.tsbuildinfo', '.cache/', '.env', 'tmp/'];
const PACKAGES = [
  'vite',
  'vitest',
  'eslint',
  'prettier',
  'three',
  'tsx',
  'jsdom',
  'zod',
  'nanoid',
  'seedrandom',
];

/** What rides along is one of a few things many add; what a task is about is its own. */
function sharedFile(path: SharedFile, task: PlannedFact, isAbout: boolean): Edit {
  const one = (of: readonly string[], why: string) =>
    of[Math.floor(chance(`${task.id} ${why}`) * of.length)]!;
  const ignored = isAbout ? `${task.id}/` : one(IGNORED, 'ignores');
  const added = isAbout ? task.id : one(PACKAGES, 'adds');
  const name = nameOf(task);
  switch (path) {
    case '.gitignore':
      return { path, apply: (text = '') => withLine(text, ignored) };
    case 'src/index.ts': {
      const from = (task.scope.find((file) => /^src\/.*\.ts$/.test(file)) ?? 'src/game.ts').slice(4);
      return { path, apply: (text = '') => withLine(text, `export { ${name} } from './${from}';`) };
    }
    case 'package.json':
      return { path, apply: (text = '{}') => withPackage(text, (all) => [all], added, '^1.0.0') };
    case 'package-lock.json':
      return { path, apply: (text = '{}') => withLocked(text, added) };
  }
}

const withLine = (text: string, line: string): string =>
  text.includes(`${line}\n`) ? text : `${text}${line}\n`;

interface Manifest {
  devDependencies?: Record<string, string>;
  packages?: Record<string, Manifest & { version?: string }>;
}

function withPackage(
  text: string,
  of: (all: Manifest) => readonly Manifest[],
  name: string,
  range: string,
): string {
  const all = JSON.parse(text) as Manifest;
  for (const manifest of of(all))
    manifest.devDependencies = sorted({ ...manifest.devDependencies, [name]: range });
  return json(all);
}

function withLocked(text: string, name: string): string {
  const all = JSON.parse(withPackage(text, (lock) => [lock.packages![''] ?? {}], name, '^1.0.0')) as Manifest;
  all.packages = sorted({ ...all.packages, [`node_modules/${name}`]: { version: '1.0.0' } });
  return json(all);
}

const sorted = <T>(entries: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(entries).toSorted(([a], [b]) => (a < b ? -1 : 1)));

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

const nameOf = (task: PlannedFact): string =>
  task.id.replace(/\W(\w)/g, (_, next: string) => next.toUpperCase());

/** A number in [0, 1) that belongs to the words (FNV-1a, then mixed: neighbours must not be alike). */
function chance(words: string): number {
  let hash = 2_166_136_261;
  for (const char of words) hash = Math.imul(hash ^ char.charCodeAt(0), 16_777_619);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

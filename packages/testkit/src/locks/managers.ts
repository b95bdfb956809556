/** Package managers as commands: how each makes a lockfile, and how it says whether it takes one as it stands. */
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { cargo } from './cargo.ts';
import { CARET, type Habits, type Project, type World } from './universe.ts';

export interface Place {
  /** The project. */
  readonly folder: string;
  /** For whatever the manager keeps; the same for all projects of one world. */
  readonly cache: string;
  readonly registry: string;
}

export interface Manager {
  readonly name: string;
  readonly lock: string;
  readonly habits: Habits;
  /** Writes what stands for the registry, where that is files. */
  readonly provide?: (world: World['releases'], place: Place) => void;
  /** Manifests by path. */
  readonly manifests: (project: Project, place: Place) => Readonly<Record<string, string>>;
  /** Makes the lockfile fit the manifests. */
  readonly make: (place: Place) => Command;
  /** Exits 0 when the lockfile is taken as it stands. */
  readonly check: (place: Place) => Command;
  readonly isHere: Command;
}

export interface Command {
  readonly argv: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export const JS: Habits = { hasPeers: true, rangeOf: CARET };

function packageJsons(project: Project, isWorkspace = true): Readonly<Record<string, string>> {
  const isMany = project.size > 1;
  return Object.fromEntries(
    [...project].map(([folder, { needs, dev }]) => {
      const root = folder === '';
      const manifest = {
        name: root ? 'project' : folder.split('/').at(-1),
        version: '1.0.0',
        private: true,
        ...(root && isMany && isWorkspace && { workspaces: ['packages/*'] }),
        dependencies: sorted(needs),
        devDependencies: sorted(dev),
      };
      return [join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`];
    }),
  );
}

const sorted = (list: Readonly<Record<string, string>>): object =>
  Object.fromEntries(Object.entries(list).sort(([a], [b]) => (a < b ? -1 : 1)));

const npmFlags = ({ cache, registry }: Place): readonly string[] => [
  ...['--registry', registry, '--cache', join(cache, 'npm'), '--no-audit', '--no-fund', '--ignore-scripts'],
  ...[
    '--no-progress',
    '--no-update-notifier',
    '--prefer-online',
    '--legacy-peer-deps=false',
    '--loglevel=error',
  ],
];

const npm: Manager = {
  name: 'npm',
  lock: 'package-lock.json',
  habits: JS,
  manifests: (project) => packageJsons(project),
  make: (place) => ({ argv: ['npm', 'install', '--package-lock-only', '--force', ...npmFlags(place)] }),
  check: (place) => ({ argv: ['npm', 'ci', '--dry-run', ...npmFlags(place)] }),
  isHere: { argv: ['npm', '--version'] },
};

const pnpmEnv = ({ cache }: Place) => ({
  env: {
    XDG_CACHE_HOME: join(cache, 'xdg'),
    XDG_DATA_HOME: join(cache, 'xdg-data'),
    XDG_STATE_HOME: join(cache, 'xdg-state'),
    npm_config_manage_package_manager_versions: 'false',
  },
});
const pnpmFlags = ({ cache, registry }: Place): readonly string[] => [
  ...[
    `--registry=${registry}`,
    `--store-dir=${join(cache, 'store')}`,
    '--ignore-scripts',
    '--reporter=silent',
  ],
  '--config.minimum-release-age=0',
];

const pnpm: Manager = {
  name: 'pnpm',
  lock: 'pnpm-lock.yaml',
  habits: JS,
  manifests: (project) => ({
    ...packageJsons(project, false),
    ...(project.size > 1 && { 'pnpm-workspace.yaml': "packages:\n  - 'packages/*'\n" }),
  }),
  make: (place) => ({
    argv: ['pnpm', 'install', '--lockfile-only', '--no-frozen-lockfile', ...pnpmFlags(place)],
    ...pnpmEnv(place),
  }),
  check: (place) => ({
    argv: ['pnpm', 'install', '--frozen-lockfile', ...pnpmFlags(place)],
    ...pnpmEnv(place),
  }),
  isHere: { argv: ['pnpm', '--version'] },
};

const yarnFlags = ({ cache, registry }: Place): readonly string[] => [
  ...['--registry', registry, '--cache-folder', join(cache, 'yarn'), '--ignore-scripts', '--non-interactive'],
  ...['--no-progress', '--silent', '--no-node-version-check'],
];

const yarn: Manager = {
  name: 'yarn',
  lock: 'yarn.lock',
  habits: JS,
  manifests: (project) => packageJsons(project),
  make: (place) => ({ argv: ['yarn', 'install', ...yarnFlags(place)] }),
  check: (place) => ({ argv: ['yarn', 'install', '--frozen-lockfile', ...yarnFlags(place)] }),
  isHere: { argv: ['yarn', '--version'] },
};

export const MANAGERS: readonly Manager[] = [npm, pnpm, yarn, cargo];

// ───────────── running them ─────────────

export interface Said {
  readonly code: number | null;
  readonly text: string;
}

const LIMIT_MS = 300_000;

export function run(
  { argv, env }: Command,
  { folder, cache }: Pick<Place, 'folder' | 'cache'>,
): Promise<Said> {
  const [program = '', ...args] = argv;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        HOME: cache,
        RUSTUP_HOME: join(homedir(), '.rustup'),
        CI: '1',
        NO_COLOR: '1',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: LIMIT_MS,
    });
    const parts: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part) => parts.push(part));
    child.on('error', (error) => resolve({ code: null, text: String(error) }));
    child.on('close', (code) => resolve({ code, text: parts.join('') }));
  });
}

export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

export const clear = (folder: string): void => rmSync(folder, { recursive: true, force: true });

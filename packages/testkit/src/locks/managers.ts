/** Package managers as commands: how each makes a lockfile, and how it says whether it takes one as it stands. */
import { spawn } from 'node:child_process';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { cargo } from './cargo.ts';
import { go } from './go.ts';
import type { Command, Manager, Place } from './manager.ts';
import { CARET, type Habits, type Project } from './universe.ts';

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
  versions: /^1\./,
};

export const MANAGERS: readonly Manager[] = [npm, pnpm, yarn, cargo, go];

// ───────────── running them ─────────────

export interface Said {
  readonly code: number | null;
  readonly text: string;
}

const LIMIT_MS = 300_000;

/** The version of a manager on this machine; undefined when it is not here, or another one is. */
export async function versionHere({ isHere, versions = /^/ }: Manager): Promise<string | undefined> {
  const { code, text } = await run(isHere, { folder: tmpdir(), cache: tmpdir() });
  const version = text.trim().split('\n')[0] ?? '';
  return code === 0 && versions.test(version) ? version : undefined;
}

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
    });
    // Node's own limit goes on ticking, and keeps its process alive, where the program was not found.
    const limit = setTimeout(() => child.kill(), LIMIT_MS);
    const parts: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part) => parts.push(part));
    const end = (said: Said) => {
      clearTimeout(limit);
      resolve(said);
    };
    child.on('error', (error) => end({ code: null, text: String(error) }));
    child.on('close', (code) => end({ code, text: parts.join('') }));
  });
}

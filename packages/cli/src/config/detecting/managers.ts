/** Package managers of JavaScript: what each is known by, and how it is called. */
import { type Folder, firstOf, has, jsonTable, textOf } from './folder.ts';

export interface Manager {
  readonly name: string;
  readonly lockfiles: readonly string[];
  readonly setup: string;
  /** Without a lockfile, which it must not write: it would be taken for a change. */
  readonly unlocked: string;
  readonly test: string;
  /** Runs the tests of every package of a workspace that has some. */
  readonly testAll: string;
  /** What npm calls the package that holds it, and the version for who pins none. Absent: it is npm. */
  readonly fetched?: { readonly name: string; readonly version: string };
}

const PNPM: Manager = {
  name: 'pnpm',
  lockfiles: ['pnpm-lock.yaml'],
  setup: 'pnpm install --frozen-lockfile',
  unlocked: 'pnpm install --no-lockfile',
  test: 'pnpm test',
  testAll: 'pnpm -r --if-present test',
  fetched: { name: 'pnpm', version: '10' },
};
const BUN: Manager = {
  name: 'bun',
  lockfiles: ['bun.lock', 'bun.lockb'],
  setup: 'bun install --frozen-lockfile',
  unlocked: 'bun install --no-save',
  test: 'bun run test',
  testAll: "bun run --filter '*' test",
  fetched: { name: 'bun', version: '1' },
};
const YARN: Manager = {
  name: 'yarn',
  lockfiles: ['yarn.lock'],
  setup: 'yarn install --frozen-lockfile',
  unlocked: 'yarn install --no-lockfile',
  test: 'yarn test',
  testAll: 'yarn workspaces run test',
  fetched: { name: 'yarn', version: '1' },
};
/** From its second version on yarn is another program. It always writes its lockfile; setup's files are nobody's work. */
const LATER_YARN: Manager = {
  ...YARN,
  setup: 'yarn install --immutable',
  unlocked: 'yarn install --no-immutable',
  testAll: 'yarn workspaces foreach -A run test',
  fetched: { name: '@yarnpkg/cli-dist', version: '4' },
};
const NPM: Manager = {
  name: 'npm',
  lockfiles: ['package-lock.json', 'npm-shrinkwrap.json'],
  setup: 'npm ci',
  unlocked: 'npm install --no-package-lock',
  test: 'npm test',
  testAll: 'npm test --workspaces --if-present',
};

/** First match wins. npm last: its lockfile is the one left behind when a project moves on. */
const MANAGERS: readonly Manager[] = [PNPM, BUN, YARN, NPM];
/** One row each in the table of kinds. */
export const MANAGER_NAMES: readonly string[] = MANAGERS.map(({ name }) => name);

export interface Managed {
  readonly manager: Manager;
  /** The version that is pinned. */
  readonly version: string | undefined;
  readonly lockfile: string | undefined;
  /** The folder that pins it or has the lockfile. */
  readonly folder: Folder;
  readonly why: readonly string[];
}

/** What packageManager pins, else what a lockfile says, in the folder itself or in one around it; else npm. */
export function managedBy(folder: Folder, above: readonly Folder[]): Managed {
  for (const one of [folder, ...above]) {
    const found = managedIn(one);
    if (found) return found;
  }
  return { manager: NPM, version: undefined, lockfile: undefined, folder, why: ['no lockfile'] };
}

function managedIn(folder: Folder): Managed | undefined {
  const pin = pinOf(folder);
  const pinned = MANAGERS.find(({ name }) => name === pin?.name);
  const locked = (pinned ? [pinned] : MANAGERS).find((one) => firstOf(folder, one.lockfiles));
  const manager = pinned ?? locked;
  if (!manager) return undefined;
  const isLater = manager === YARN && (has(folder, '.yarnrc.yml') || /^[2-9]|^\d\d/.test(pin?.version ?? ''));
  const lockfile = firstOf(folder, manager.lockfiles);
  const pins = pinned ? [`packageManager ${pinned.name}@${pin?.version}`] : [];
  return {
    manager: isLater ? LATER_YARN : manager,
    version: pinned && pin?.version,
    lockfile,
    folder,
    why: [...pins, lockfile ?? 'no lockfile'],
  };
}

/** The hash behind it is the manager's own to check. It goes into a command line: nothing but a plain version counts. */
function pinOf(folder: Folder): { readonly name: string; readonly version: string } | undefined {
  const { packageManager } = jsonTable(textOf(folder, 'package.json'));
  const [, name, version] =
    /^([a-z]{1,20})@(\d{1,6}\.\d{1,6}\.\d{1,6}(?:-[\w.-]{1,40})?)(?:\+|$)/.exec(`${packageManager ?? ''}`) ??
    [];
  return name === undefined || version === undefined ? undefined : { name, version };
}

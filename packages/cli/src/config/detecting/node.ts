/** Gate and setup of a package.json: its manager is the one it pins, else the one whose lockfile is there. */
import { type Detected, entriesOf, firstOf, jsonObject, type ListingReader } from './files.ts';

interface Manager {
  readonly name: string;
  readonly lockfiles: readonly string[];
  readonly setup: string;
  /** Without a lockfile, which it must not write: it would be taken for a change. */
  readonly unlocked: string;
  readonly test: string;
  /** Runs the tests of every package of a workspace that has some. */
  readonly testAll: string;
}

/** First match wins. npm last: its lockfile is the one left behind when a project moves on. */
const MANAGERS: readonly Manager[] = [
  {
    name: 'pnpm',
    lockfiles: ['pnpm-lock.yaml'],
    setup: 'pnpm install --frozen-lockfile',
    unlocked: 'pnpm install --no-lockfile',
    test: 'pnpm test',
    testAll: 'pnpm -r --if-present test',
  },
  {
    name: 'bun',
    lockfiles: ['bun.lock', 'bun.lockb'],
    setup: 'bun install --frozen-lockfile',
    unlocked: 'bun install --no-save',
    test: 'bun run test',
    testAll: "bun run --filter '*' test",
  },
  {
    name: 'yarn',
    lockfiles: ['yarn.lock'],
    setup: 'yarn install --frozen-lockfile',
    unlocked: 'yarn install --no-lockfile',
    test: 'yarn test',
    testAll: 'yarn workspaces run test',
  },
  {
    name: 'npm',
    lockfiles: ['package-lock.json', 'npm-shrinkwrap.json'],
    setup: 'npm ci',
    unlocked: 'npm install --no-package-lock',
    test: 'npm test',
    testAll: 'npm test --workspaces --if-present',
  },
];
/** From its second version on yarn is another program. */
const LATER_YARN: Pick<Manager, 'setup' | 'unlocked' | 'testAll'> = {
  setup: 'yarn install --immutable',
  unlocked: 'yarn install --no-immutable',
  testAll: 'yarn workspaces foreach -A run test',
};

/** What `npm init` writes for `test`: it always fails and tests nothing. */
const NO_TEST = /no test specified/;

export async function detectNode(files: ListingReader): Promise<Detected | undefined> {
  const text = await files.read('package.json');
  if (text === undefined) return undefined;
  const manifest = jsonObject(text) ?? {};
  const { manager, lockfile, why } = await managerOf(files, manifest);
  const tests = await testsOf(files, manifest, manager);
  const needs = ['dependencies', 'devDependencies'].some(
    (key) => Object.keys(entriesOf(manifest[key])).length > 0,
  );
  const setup = lockfile ? manager.setup : needs || tests.isWorkspace ? manager.unlocked : undefined;
  return {
    ...(setup && { setup }),
    ...(tests.gate && { gate: tests.gate }),
    why: lockfile ? [...why, tests.why] : tests.gate ? [tests.why, ...why] : [tests.why],
  };
}

/** What packageManager pins, else what a lockfile says. */
async function managerOf(files: ListingReader, manifest: Record<string, unknown>) {
  const pin = typeof manifest.packageManager === 'string' ? manifest.packageManager : '';
  const [, name, major] = /^(\w+)@(\d+)/.exec(pin) ?? [];
  const pinned = MANAGERS.find((one) => one.name === name);
  for (const manager of pinned ? [pinned] : MANAGERS) {
    const lockfile = await firstOf(files, manager.lockfiles);
    if (!lockfile) continue;
    const isLater = manager.name === 'yarn' && (Number(major ?? 1) > 1 || (await files.has('.yarnrc.yml')));
    const pins = pinned ? [`packageManager ${pin.split('+', 1)[0]}`] : [];
    return { manager: isLater ? { ...manager, ...LATER_YARN } : manager, lockfile, why: [...pins, lockfile] };
  }
  return { manager: pinned ?? MANAGERS.at(-1)!, lockfile: undefined, why: ['no lockfile'] };
}

async function testsOf(files: ListingReader, manifest: Record<string, unknown>, manager: Manager) {
  const test = entriesOf(manifest.scripts).test;
  if (typeof test === 'string' && !NO_TEST.test(test))
    return { gate: manager.test, why: 'scripts.test in package.json', isWorkspace: false };
  const isWorkspace = manifest.workspaces !== undefined || (await files.has('pnpm-workspace.yaml'));
  if (!isWorkspace) return { gate: undefined, why: 'no scripts.test in package.json', isWorkspace };
  return { gate: manager.testAll, why: 'scripts.test in the packages of the workspace', isWorkspace };
}

export async function detectDeno(files: ListingReader): Promise<Detected | undefined> {
  const mark = await firstOf(files, ['deno.json', 'deno.jsonc']);
  if (!mark) return undefined;
  const text = (await files.read(mark)) ?? '';
  const hasTask = /"tasks"\s*:\s*\{[^}]*"test"\s*:/.test(text);
  const setup = (await files.has('deno.lock')) ? 'deno install --frozen' : 'deno install';
  return { gate: hasTask ? 'deno task test' : 'deno test -A', setup, why: [mark] };
}

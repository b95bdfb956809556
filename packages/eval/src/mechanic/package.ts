/** A small npm package of the eval's own, with faults planted in it by chance, and tests that nobody is shown. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '@swarm/testkit';
import { applied, type Swap, swapsIn } from './faults.ts';

const FIXTURES = join(import.meta.dirname, '..', '..', 'fixtures');
export const PACKAGE_NAMES = ['intervals', 'csv', 'ledger'] as const;

/** A fault may make a loop that never ends. */
const PATIENCE_MS = 5_000;

export interface Planted {
  /** What the repository holds. */
  readonly files: Readonly<Record<string, string>>;
  readonly faults: readonly Swap[];
  /** Hidden tests that fail with the faults: what a mend is judged by. */
  readonly hidden: readonly string[];
}

/** Runs the tests of a folder; names of those that passed and that failed. */
export interface Tested {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
}

export function testsOf(folder: string, pattern: string): Promise<Tested> {
  const args = ['--test', '--test-isolation=none', '--test-reporter=tap', pattern];
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      args,
      { cwd: folder, env: {}, timeout: PATIENCE_MS, killSignal: 'SIGKILL' },
      (_, stdout) => {
        const names = (start: string) =>
          [...stdout.matchAll(new RegExp(`^\\s*${start} \\d+ - (.*)$`, 'gm'))].map(([, name = '']) => name);
        resolve({ passed: names('ok'), failed: names('not ok') });
      },
    );
  });
}

/** Gives `look` a copy of the package in a folder of its own. */
export async function copied<T>(name: string, look: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-eval-'));
  try {
    await cp(join(FIXTURES, name), folder, { recursive: true });
    await mkdir(join(folder, 'lib'), { recursive: true });
    return await look(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export const build = (folder: string): Promise<void> =>
  new Promise((resolve, reject) => {
    execFile(process.execPath, ['build.js'], { cwd: folder, env: {} }, (error) =>
      error ? reject(error) : resolve(),
    );
  });

/** One fault in each source file, of the kind of the first where it can be, each seen by a test that is shown and by one that is hidden. */
export function plant(name: string, seed: number): Promise<Planted> {
  return copied(name, async (folder) => {
    const random = new Random(seed);
    const faults: Swap[] = [];
    for (const source of (await readdir(join(folder, 'src'))).sort())
      faults.push(await plantIn(folder, `src/${source}`, random, faults[0]?.kind));
    await build(folder);
    const hidden = (await testsOf(folder, 'hidden/*.test.js')).failed;
    return { files: await filesIn(folder), faults, hidden };
  });
}

const shuffled = <T>(list: readonly T[], random: Random): T[] =>
  list
    .map((one) => [random.next(), one] as const)
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one);

async function plantIn(folder: string, file: string, random: Random, kind?: string): Promise<Swap> {
  const whole = await readFile(join(folder, file), 'utf8');
  const left = shuffled(swapsIn(file, whole), random);
  for (const swap of left.sort((a, b) => Number(b.kind === kind) - Number(a.kind === kind))) {
    await writeFile(join(folder, file), applied(whole, swap));
    await build(folder);
    const shown = await testsOf(folder, file.replace('src/', 'test/').replace('.js', '.test.js'));
    const hidden = await testsOf(folder, 'hidden/*.test.js');
    const name = file.slice(4, -3);
    if (shown.failed.length > 0 && hidden.failed.some((one) => one.startsWith(`${name}:`))) return swap;
  }
  throw new Error(`no fault of ${file} is seen by its tests`);
}

/** Everything but the hidden tests. */
async function filesIn(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const shown = files
    .map((path) => path.slice(folder.length + 1))
    .filter((path) => !path.startsWith('hidden/'));
  return Object.fromEntries(
    await Promise.all(shown.map(async (path) => [path, await readFile(join(folder, path), 'utf8')] as const)),
  );
}

/** What finds a mutant: the simulator, seed after seed, and the unit tests of the packages it is in. */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { copyWith } from './copy.ts';
import type { ProductMutant } from './mutant.ts';

export interface Tried {
  readonly name: string;
  readonly mutant: ProductMutant;
  /** The first seed that showed it. */
  readonly seed?: number;
  /** What that seed said. */
  readonly said?: string;
  /** The first test that failed; only looked for when asked. */
  readonly test?: string;
}

export interface TryOptions {
  readonly seeds: number;
  readonly isWithUnits: boolean;
}

/** Longer than any seed set needs that does not go round in circles. */
const SIM_MS_MAX = 20 * 60_000;
const UNIT_MS_MAX = 10 * 60_000;

export async function tryMutant(name: string, mutant: ProductMutant, options: TryOptions): Promise<Tried> {
  const copy = copyWith(name, mutant);
  try {
    const seen = await simulated(copy.root, options.seeds);
    const test = options.isWithUnits ? await failingTest(copy.root, mutant) : undefined;
    return { name, mutant, ...seen, ...(test !== undefined && { test }) };
  } finally {
    copy.remove();
  }
}

async function simulated(root: string, seeds: number): Promise<Pick<Tried, 'seed' | 'said'>> {
  const main = join(root, 'packages', 'testkit', 'src', 'sim', 'main.ts');
  const ran = await run([...NODE, '--stack-size=2000', main, '--seeds', String(seeds)], root, SIM_MS_MAX);
  const [, seed, said] = /^seed (\d+): (.*)$/m.exec(ran.output) ?? [];
  if (seed !== undefined) return { seed: Number(seed), said: said! };
  if (ran.code === 0) return {};
  throw new Error(
    `the simulator ended with ${ran.code ?? 'no exit code'} and named no seed:\n${ran.output.slice(-2_000)}`,
  );
}

async function failingTest(root: string, mutant: ProductMutant): Promise<string | undefined> {
  const owners = new Set(['orchestrator', ...mutant.patches.map((patch) => patch.in)]);
  for (const owner of owners) {
    const files = testsOf(join(root, 'packages', owner, 'src'));
    const ran = await run(
      [...NODE, '--test', '--test-reporter=tap', ...files],
      join(root, 'packages', owner),
      UNIT_MS_MAX,
    );
    if (ran.code === 0) continue;
    const failed = [...ran.output.matchAll(/^ *not ok \d+ - (.*)$/gm)].map((match) => match[1]!);
    return failed.find((title) => !title.endsWith('.test.ts')) ?? failed[0] ?? `the tests of ${owner}`;
  }
  return undefined;
}

const NODE = ['--conditions=swarm-src', '--disable-warning=ExperimentalWarning'];

const testsOf = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(folder, name));

function run(
  args: readonly string[],
  cwd: string,
  timeoutMs: number,
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (piece) => (output += piece));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** What finds a mutant: the simulator, seed after seed, and, where it does not, the unit tests of what is changed. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { copyWith, filesOf } from './copy.ts';
import type { ProductMutant } from './mutant.ts';

export interface Tried {
  readonly name: string;
  readonly mutant: ProductMutant;
  /** The first seed that showed it. */
  readonly seed?: number;
  /** How many seeds had no word of it. */
  readonly unfoundIn?: number;
  /** What that seed said. */
  readonly said?: string;
  /** The first test that failed; looked for when no seed has shown it. */
  readonly test?: string;
}

export interface TryOptions {
  readonly seeds: number;
  readonly isWithUnits: boolean;
}

/** Longer than any seed set needs. */
const SIM_MS_MAX = 60 * 60_000;
/** A seed takes 30 MB. */
const SIM_MB_MAX = 700;
/** A seed takes a twentieth of a second. */
const SEED_MS_MAX = 3 * 60_000;
const ENDLESS = 'P9: the run goes round in circles in which no time passes';
const UNIT_MS_MAX = 10 * 60_000;

export async function tryMutant(name: string, mutant: ProductMutant, options: TryOptions): Promise<Tried> {
  const copy = copyWith(name, mutant);
  try {
    const seen = await simulated(copy.root, mutant, options.seeds);
    const isAsked = options.isWithUnits && seen.seed === undefined;
    const test = isAsked ? await failingTest(copy.root, name, mutant) : undefined;
    return { name, mutant, ...seen, ...(test !== undefined && { test }) };
  } finally {
    copy.remove();
  }
}

async function simulated(
  root: string,
  { focus = [] }: ProductMutant,
  seeds: number,
): Promise<Pick<Tried, 'seed' | 'said' | 'unfoundIn'>> {
  const focused = focus.length > 0 ? ['--focus', focus.join(',')] : [];
  const main = join(root, 'packages', 'testkit', 'src', 'sim', 'main.ts');
  const ran = await run(
    [
      ...NODE,
      '--stack-size=2000',
      `--max-old-space-size=${SIM_MB_MAX}`,
      main,
      '--each',
      '--seeds',
      String(seeds),
      ...focused,
    ],
    root,
    { wholeMs: SIM_MS_MAX, silentMs: SEED_MS_MAX },
  );
  const [, seed, said] = /^seed (\d+): (.*)$/m.exec(ran.output) ?? [];
  if (seed !== undefined) return { seed: Number(seed), said: said! };
  if (ran.code === 0) return { unfoundIn: seeds };
  const last = [...ran.output.matchAll(/^now seed (\d+)$/gm)].at(-1)?.[1];
  const isEndless = ran.isSilent || ran.output.includes('heap out of memory');
  if (last !== undefined && isEndless) return { seed: Number(last), said: ENDLESS };
  throw new Error(
    `the simulator ended with ${ran.code ?? 'no exit code'} and named no seed:\n${ran.output.slice(-2_000)}`,
  );
}

/** The test files beside what is changed, and those the mutant names. */
export function testsOf(name: string, mutant: ProductMutant, root: string): readonly string[] {
  const beside = filesOf(name, mutant).map((file) => file.replace(/\.ts$/, '.test.ts'));
  const packages = join(root, 'packages');
  const named = (mutant.tests ?? []).map((file) => {
    if (existsSync(join(packages, file))) return file;
    throw new Error(`mutant ${name}: there is no test ${file}`);
  });
  return [...new Set([...beside.filter((file) => existsSync(join(packages, file))), ...named])];
}

async function failingTest(root: string, name: string, mutant: ProductMutant): Promise<string | undefined> {
  const files = testsOf(name, mutant, root);
  if (files.length === 0) return undefined;
  const ran = await run([...NODE, '--test', '--test-reporter=tap', ...files], join(root, 'packages'), {
    wholeMs: UNIT_MS_MAX,
    silentMs: UNIT_MS_MAX,
  });
  if (ran.code === 0) return undefined;
  const failed = [...ran.output.matchAll(/^ *not ok \d+ - (.*)$/gm)].map((match) => match[1]!);
  const title = failed.find((one) => !one.endsWith('.test.ts'));
  if (title !== undefined) return title;
  throw new Error(`mutant ${name}: its tests could not be run:\n${ran.output.slice(-2_000)}`);
}

const NODE = ['--conditions=swarm-src', '--disable-warning=ExperimentalWarning'];

interface Ran {
  readonly code: number | null;
  readonly output: string;
  /** It was ended because it said nothing for so long. */
  readonly isSilent: boolean;
}

interface Patience {
  readonly wholeMs: number;
  readonly silentMs: number;
}

function run(args: readonly string[], cwd: string, { wholeMs, silentMs }: Patience): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: wholeMs,
    });
    let output = '';
    let isSilent = false;
    const silence = setTimeout(() => {
      isSilent = true;
      child.kill('SIGKILL');
    }, silentMs);
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (piece) => {
        output += piece;
        silence.refresh();
      });
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(silence);
      resolve({ code, output, isSilent });
    });
  });
}

/**
 * `pnpm sim [--seeds N] [--from S] [--trace SEED] [--focus WORD,WORD] [--mutant NAME]`: runs seeds and checks every
 * promise after each; with a focus every seed has what its words say (see focus.ts). With `--each` a seed is named before
 * it runs: one that goes round in circles takes the process with it, and says nothing afterwards.
 * Exit 0: none broken; 1: one was, with its seed and the command that shows it again; 2: usage.
 * `pnpm sim --mutants` plants faults in the product and looks whether they are found: see mutants/main.ts.
 */
import { parseArgs } from 'node:util';
import { type MutantsAsk, tryMutants } from '../mutants/main.ts';
import { type Focus, isFocusWord } from './focus.ts';
import { MUTANTS } from './mutants.ts';
import { type SimulatedRun, simulate } from './simulate.ts';

interface Totals {
  seeds: number;
  steps: number;
  crashes: number;
  landed: number;
  batches: number;
  divided: number;
  hours: number;
}

const USAGE = `usage: pnpm sim [--seeds N] [--from S] [--trace SEED] [--focus WORD,WORD] [--each] [--mutant ${Object.keys(MUTANTS).join('|')}]
       pnpm sim --mutants [--seeds N] [--only NAME,NAME] [--unit] [--jobs N] [--write]\n`;

async function main(): Promise<number> {
  const ask = readArguments();
  if (!ask) {
    process.stderr.write(USAGE);
    return 2;
  }
  if (ask.mutants) return tryMutants(ask.mutants);
  return ask.trace === undefined ? runSeeds(ask) : traceSeed(ask.trace, ask);
}

interface Ask {
  readonly seeds: number;
  readonly from: number;
  readonly trace: number | undefined;
  readonly mutant: string | undefined;
  readonly focus: Focus;
  readonly isEachNamed: boolean;
  readonly mutants: MutantsAsk | undefined;
}

function readArguments(): Ask | undefined {
  try {
    const { values } = parseArgs({
      options: {
        seeds: { type: 'string' },
        from: { type: 'string', default: '1' },
        trace: { type: 'string' },
        mutant: { type: 'string' },
        focus: { type: 'string', default: '' },
        each: { type: 'boolean', default: false },
        mutants: { type: 'boolean', default: false },
        only: { type: 'string', default: '' },
        unit: { type: 'boolean', default: false },
        jobs: { type: 'string', default: '2' },
        write: { type: 'boolean', default: false },
      },
    });
    const trace = values.trace === undefined ? undefined : Number(values.trace);
    const seeds = Number(values.seeds ?? (values.mutants ? SEEDS_FOR_MUTANTS : SEEDS));
    const jobs = Number(values.jobs);
    const mutants = values.mutants
      ? {
          seeds,
          jobs,
          only: words(values.only),
          isWithUnits: values.unit,
          isWritten: values.write,
        }
      : undefined;
    const focus = words(values.focus);
    const ask = {
      seeds,
      from: Number(values.from),
      trace,
      mutant: values.mutant,
      mutants,
      isEachNamed: values.each,
    };
    const numbers = [ask.seeds, ask.from, trace ?? 0, jobs];
    const isSound = numbers.every((n) => Number.isSafeInteger(n) && n >= 0);
    if (!isSound || !focus.every(isFocusWord)) return undefined;
    return ask.mutant === undefined || Object.hasOwn(MUTANTS, ask.mutant) ? { ...ask, focus } : undefined;
  } catch {
    return undefined;
  }
}

const words = (list: string): string[] => list.split(',').filter((word) => word !== '');

/** Stands before a seed's number, on a line of its own. */
const NAMED = 'now seed';

/** Seeds of one call, and what each mutant of the product is given. */
const SEEDS = 1_000;
const SEEDS_FOR_MUTANTS = 2_000;

async function runSeeds({ seeds, from, mutant, focus, isEachNamed }: Ask): Promise<number> {
  const startedAt = performance.now();
  const totals: Totals = { seeds: 0, steps: 0, crashes: 0, landed: 0, batches: 0, divided: 0, hours: 0 };
  let toldAt = startedAt;
  for (let seed = from; seed < from + seeds; seed++) {
    if (isEachNamed) process.stderr.write(`${NAMED} ${seed}\n`);
    const run = await simulate(seed, { focus, ...(mutant && { mutant: MUTANTS[mutant]! }) });
    add(totals, run);
    if (run.violations.length > 0) return report(run, totals, { mutant, focus });
    if (performance.now() - toldAt > 5_000) {
      toldAt = performance.now();
      process.stderr.write(`${totals.seeds} of ${seeds} seeds\n`);
    }
  }
  const seconds = (performance.now() - startedAt) / 1000;
  process.stdout.write(`${figures(totals)}, 0 violations, ${(seeds / seconds).toFixed(0)} seeds/s\n`);
  return 0;
}

function add(totals: Totals, run: SimulatedRun): void {
  totals.seeds += 1;
  totals.steps += run.steps;
  totals.crashes += run.crashes;
  totals.landed += run.landed;
  totals.batches += run.batches;
  totals.divided += run.divided;
  totals.hours += run.virtualMs / 3_600_000;
}

const figures = (t: Totals): string =>
  `${t.seeds} seeds, ${t.steps} events, ${Math.round(t.hours)} virtual hours, ${t.crashes} crashes, ${t.landed} landings, ${t.batches} of several, ${t.divided} batches divided`;

type Tuned = Pick<Ask, 'mutant' | 'focus'>;

function report(run: SimulatedRun, totals: Totals, { mutant, focus }: Tuned): number {
  process.stdout.write(`${figures(totals)}\n`);
  for (const violation of run.violations) process.stdout.write(`seed ${run.seed}: ${violation}\n`);
  const planted = `${focus.length > 0 ? ` --focus ${focus.join(',')}` : ''}${mutant ? ` --mutant ${mutant}` : ''}`;
  process.stdout.write(`to see it again: pnpm sim --trace ${run.seed}${planted}\n`);
  return 1;
}

async function traceSeed(seed: number, { mutant, focus }: Tuned): Promise<number> {
  const run = await simulate(seed, { isTraced: true, focus, ...(mutant && { mutant: MUTANTS[mutant]! }) });
  for (const line of run.trace) process.stdout.write(`${line}\n`);
  process.stdout.write(`seed ${seed}: ${run.steps} events, digest ${run.digest}\n`);
  for (const violation of run.violations) process.stdout.write(`seed ${seed}: ${violation}\n`);
  return run.violations.length > 0 ? 1 : 0;
}

process.exitCode = await main();

/** One run of the real program whose worker is the mechanic, on one package with planted faults, and its score. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ask, Reply } from '../server/habit.ts';
import { type Played, played } from '../world.ts';
import { mechanic } from './mechanic.ts';
import { copied, type Planted, plant, testsOf } from './package.ts';

export interface Score {
  /** Hidden tests that failed because of the faults, and how many of them pass on what landed. */
  readonly hidden: number;
  readonly passed: number;
  readonly tasks: number;
  readonly landed: number;
  readonly attempts: number;
  /** Of workers. */
  readonly calls: number;
}

export const NO_SCORE: Score = { hidden: 0, passed: 0, tasks: 0, landed: 0, attempts: 0, calls: 0 };

export const addScores = (a: Score, b: Score): Score => ({
  hidden: a.hidden + b.hidden,
  passed: a.passed + b.passed,
  tasks: a.tasks + b.tasks,
  landed: a.landed + b.landed,
  attempts: a.attempts + b.attempts,
  calls: a.calls + b.calls,
});

export interface Trial {
  readonly package: string;
  readonly seed: number;
  /** Changes that the mechanic tries in one attempt at most. */
  readonly patience?: number;
  /** Files of `.swarm/prompts/`, by name. */
  readonly prompts?: Readonly<Record<string, string>>;
}

export const GATE = 'node --test test/*.test.js';
export const CONFIG = '[gate]\nflaky_retries = 0\n';

const tried = new Map<string, Promise<Score>>();

/** The same trial is the same score: it is played once. */
export function tryPackage(trial: Trial): Promise<Score> {
  const key = JSON.stringify(trial);
  const score = tried.get(key) ?? play(trial);
  tried.set(key, score);
  return score;
}

async function play(trial: Trial): Promise<Score> {
  const planted = await plant(trial.package, trial.seed);
  const prompts = Object.entries(trial.prompts ?? {}).map(([name, text]) => [`.swarm/prompts/${name}`, text]);
  const setting = {
    files: { ...planted.files, ...Object.fromEntries(prompts) },
    args: ['run', 'Mend the tests', '--workers', '1', '--gate', GATE, '--setup', 'none', '--trust-repo'],
    brain: (ask: Ask) => brain(ask, planted, trial.patience),
    config: CONFIG,
  };
  return played(setting, (run) => scoreOf(run, trial, planted));
}

export function brain(ask: Ask, planted: Planted, patience?: number): Reply {
  if (ask.kind === 'probe') return { text: 'pong' };
  if (ask.kind === 'worker') return mechanic(ask, patience);
  return { text: ask.raw.includes('Mend the tests of') ? OVER : planOf(planted) };
}

const OVER = '{"tasks":[],"done":true}';

/** What a planner knows that ran the tests: which files fail, and not why. */
function planOf({ faults }: Planted): string {
  const names = faults.map(({ file }) => file.slice(4, -3));
  const tasks = names.map((name, i) => ({
    id: name,
    title: `Mend the tests of ${name}`,
    priority: 2,
    description: `Tests of test/${name}.test.js fail. Find the fault in the code and mend it.`,
    scope: [`src/${name}.js`, `lib/${name}.js`],
    acceptance: `Every test of test/${name}.test.js passes.`,
    verify: `node --test test/${name}.test.js`,
    dependsOn: i === 0 ? [] : [names[0]],
  }));
  return JSON.stringify({ tasks, done: false });
}

async function scoreOf({ world, server }: Played, trial: Trial, { faults, hidden }: Planted): Promise<Score> {
  const log = await world.log();
  const events = (name: string): number => log.filter(({ event }) => event === name).length;
  const passed = await hiddenPassed(world, trial);
  return {
    hidden: hidden.length,
    passed: hidden.filter((name) => passed.includes(name)).length,
    tasks: faults.length,
    landed: events('landing.landed'),
    attempts: events('attempt.started'),
    calls: server.asks.filter(({ kind }) => kind === 'worker').length,
  };
}

/** Hidden tests that pass on what landed; none where nothing did. */
export async function hiddenPassed(
  world: Played['world'],
  trial: Pick<Trial, 'package'>,
): Promise<readonly string[]> {
  const branch = await world.branch();
  if ((await world.git('branch', '--list', branch)) === '') return [];
  const names = await world.git('ls-tree', '-r', '--name-only', branch, 'src', 'lib');
  return copied(trial.package, async (folder) => {
    for (const name of names.split('\n'))
      await writeFile(join(folder, name), `${await world.git('show', `${branch}:${name}`)}\n`);
    return (await testsOf(folder, 'hidden/*.test.js')).passed;
  });
}

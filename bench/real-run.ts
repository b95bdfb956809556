/**
 * The recorded run, replayed: its 102 planned tasks when its planner gave them, with their scopes, priorities and
 * durations, by 50 workers; (a) as the original system worked them and (b) as ours does, beside what was recorded.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Figure } from './figure.ts';
import { playAtOnce } from './real-run/at-once.ts';
import { AGAIN, MEAN_FILES_BEYOND_SCOPE, ORIGINAL, PLANNED, SUMMARY } from './real-run/facts.ts';
import { type Played, perHour, type Replayed } from './real-run/outcome.ts';
import { makeProject } from './real-run/project.ts';
import { playSwarm, type SwarmOptions } from './real-run/swarm.ts';
import { SHARED } from './real-run/work.ts';

/**
 * At this rate (a) lands about as many handoffs at the first try as the record. It cannot be higher than the recorded
 * number of files changed beyond the scope allows: 0.56 for each of the four.
 */
const RIDE_ALONG = 0.42;
const DEFAULTS: SwarmOptions = {
  rideAlong: RIDE_ALONG,
  breaks: 0.02,
  gateMs: 30_000,
  parallel: 2,
  isApart: false,
};
const RATES = [0, 0.25, 0.5, 0.75, 1];

export async function run(): Promise<{ readonly figures: readonly Figure[]; readonly document: object }> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-bench-'));
  try {
    const [a, b] = [await atOnce(folder, DEFAULTS), await swarm(folder, DEFAULTS)];
    const sensitivity = [];
    for (const rideAlong of RATES) sensitivity.push(await atRate(folder, rideAlong));
    const document = { assumptions: { ...ASSUMPTIONS, sensitivity }, original: original(a), a, b };
    return { figures: [...figuresOf(a, b), ...sensitivityOf(sensitivity)], document };
  } finally {
    await rm(folder, { recursive: true, maxRetries: 3 });
  }
}

const ASSUMPTIONS = {
  tasks: `${PLANNED.length} planned tasks at the recorded times, with the recorded scopes, priorities, durations and tokens`,
  unfinished: 'a task without an end in the record takes what the median task took',
  workers: SUMMARY.maxWorkers,
  again: `a repair, and any attempt after the first, takes ${AGAIN.durationMs} ms and ${AGAIN.tokens} tokens: the recorded median`,
  rideAlong: {
    rate: DEFAULTS.rideAlong,
    files: SHARED,
    means: `chance that a handoff also changes a shared file, for each: where (a) lands at the first try as often as the record; at most ${(MEAN_FILES_BEYOND_SCOPE / SHARED.length).toFixed(2)} by the recorded files beyond the scope`,
  },
  breaks: {
    rate: DEFAULTS.breaks,
    means: 'chance that a first handoff breaks the build, seen once it is merged',
  },
  gate: {
    ms: DEFAULTS.gateMs,
    parallel: DEFAULTS.parallel,
    means: '(b) only: in the worker, and on each candidate; (a) has none',
  },
  time: 'virtual: durations are waited for in no real time; git, merges, rules and the orchestrator are real, and free',
  a: `dispatched at once, no scopes, merged as they are, a repair task for each conflict, stopped at the recorded ${SUMMARY.elapsedMs} ms`,
  handoffs: 'first handoffs of planned tasks',
  landedPerHour: 'landed tasks over the time to the last landing; the record over its whole time',
  noConflictCeilingPerHour: 'the same replay with files of its own for every task',
} as const;

// ───────────── the replays ─────────────

async function atOnce(folder: string, options: SwarmOptions): Promise<Replayed> {
  const play = async (all: SwarmOptions) => playAtOnce(await fresh(folder), all);
  return withCeiling(play, options);
}

async function swarm(folder: string, options: SwarmOptions): Promise<Replayed> {
  const play = async (all: SwarmOptions) => {
    const repository = await fresh(folder);
    return playSwarm(`${repository}.state`, repository, all);
  };
  return withCeiling(play, options);
}

async function withCeiling(
  play: (options: SwarmOptions) => Promise<Played>,
  options: SwarmOptions,
): Promise<Replayed> {
  const ceiling = await play({ ...options, isApart: true, breaks: 0 });
  return { ...(await play(options)), noConflictCeilingPerHour: ceiling.landedPerHour };
}

async function fresh(folder: string): Promise<string> {
  const repository = join(await mkdtemp(join(folder, 'replay-')), 'origin.git');
  await makeProject(repository);
  return repository;
}

/** Only (b): what rides along is what the rules are for. */
async function atRate(folder: string, rideAlong: number) {
  const repository = await fresh(folder);
  const options = { ...DEFAULTS, rideAlong };
  const b = await playSwarm(`${repository}.state`, repository, options);
  const a = await playAtOnce(await fresh(folder), options);
  return { rideAlong, a: shareOf(a), b: shareOf(b) };
}

const shareOf = ({ handoffs, firstTryLandings, landed }: Played) => ({ handoffs, firstTryLandings, landed });

function original(a: Replayed): Replayed {
  return {
    ...ORIGINAL,
    landedPerHour: perHour(ORIGINAL.landed, SUMMARY.elapsedMs),
    noConflictCeilingPerHour: a.noConflictCeilingPerHour,
    repairTokenShare: SUMMARY.tokensOnRepair / SUMMARY.tokens,
    alwaysGreen: false,
  };
}

// ───────────── the figures ─────────────

function figuresOf(a: Replayed, b: Replayed): Figure[] {
  const firstTry = ({ firstTryLandings, handoffs }: Replayed) => (100 * firstTryLandings) / handoffs;
  const figure = (name: string, value: number, unit: string, aim?: Figure['aim']): Figure => ({
    name: `real run: ${name}`,
    value,
    unit,
    ...(aim && { aim }),
  });
  return [
    ...Object.entries({ 'the original': original(a), '(a) at once': a }).flatMap(([name, of]) => [
      figure(`${name}, landed at the first try`, firstTry(of), '%'),
      figure(`${name}, tokens on repair`, 100 * of.repairTokenShare, '%'),
      figure(`${name}, landed`, of.landed, 'tasks'),
      figure(`${name}, landed an hour`, of.landedPerHour, 'tasks'),
    ]),
    figure('(b) ours, landed at the first try', firstTry(b), '%', { kind: 'at-least', value: 95 }),
    figure('(b) ours, tokens after a first attempt', 100 * b.repairTokenShare, '%', {
      kind: 'at-most',
      value: 3,
    }),
    figure('(b) ours, landed', b.landed, 'tasks', { kind: 'at-least', value: PLANNED.length }),
    figure('(b) ours, landed an hour', b.landedPerHour, 'tasks'),
    figure(
      '(b) ours, of the rate without conflicts',
      (100 * b.landedPerHour) / b.noConflictCeilingPerHour,
      '%',
      {
        kind: 'at-least',
        value: 90,
      },
    ),
    figure('(b) ours, always green', b.alwaysGreen ? 1 : 0, 'yes', { kind: 'at-least', value: 1 }),
  ];
}

const sensitivityOf = (rows: readonly Awaited<ReturnType<typeof atRate>>[]): Figure[] =>
  rows.flatMap(({ rideAlong, a, b }) =>
    Object.entries({ '(a)': a, '(b)': b }).map(([name, { firstTryLandings, handoffs }]) => ({
      name: `real run: ${name} first try where ${100 * rideAlong} % ride along`,
      value: (100 * firstTryLandings) / handoffs,
      unit: '%',
    })),
  );

/**
 * One seed: the real core and the real orchestrator on twins, with faults, crashes and restarts until faults stop;
 * then the run must come to its end by itself, and every promise must have been kept.
 */
import { SwarmError } from '@swarm/core/errors';
import type { Entry } from '@swarm/core/events';
import { type Desk, twinReviewers } from '../twins/reviewers.ts';
import { startDisk, startHuman, watch } from './actors.ts';
import type { Fault, FaultRates } from './faults.ts';
import { drawFocused, drawFocusedFaults, type Focus, withFeatures } from './focus.ts';
import { violationsOf } from './invariants.ts';
import type { Mutant } from './mutants.ts';
import { type SimProcess, startProcess } from './process.ts';
import { Random } from './random.ts';
import { settled } from './scheduler.ts';
import type { Story } from './story.ts';
import { type FailAt, World } from './world.ts';

export interface SimulateOptions {
  readonly mutant?: Mutant;
  /** Instead of a random subset. */
  readonly faults?: FaultRates;
  /** Kills the first process after so many steps; the rest of the run is left in peace. */
  readonly killAt?: number;
  /** Makes one call to the outside fail. */
  readonly failAt?: FailAt;
  readonly isTraced?: boolean;
  /** What every seed has. */
  readonly focus?: Focus;
}

export interface SimulatedRun {
  readonly seed: number;
  /** Broken promises, in words; empty when all were kept. */
  readonly violations: readonly string[];
  readonly steps: number;
  /** Calls to the outside. */
  readonly calls: number;
  readonly virtualMs: number;
  readonly crashes: number;
  readonly landed: number;
  /** Landings of several, and batches that failed and were divided. */
  readonly batches: number;
  readonly divided: number;
  readonly faults: ReadonlyMap<Fault, number>;
  /** Hash of everything that happened, in order. */
  readonly digest: string;
  readonly trace: readonly string[];
  /** Its journal. */
  readonly entries: readonly Entry[];
}

/** Virtual time a run may take once faults have stopped. */
const CALM_MS_MAX = 72 * 3_600_000;
/** Events of one seed; a run that needs more goes round in circles. */
const STEPS_MAX = 150_000;
/** Hosts say every few seconds that they are there. */
const STEPS_MAX_HOSTED = 3_000_000;

export async function simulate(seed: number, options: SimulateOptions = {}): Promise<SimulatedRun> {
  const { focus = [] } = options;
  const story = withFeatures(new Random(seed ^ 0xfea7), drawFocused(new Random(seed ^ 0x5eed), focus), focus);
  const faults = (random: Random): FaultRates => options.faults ?? drawFocusedFaults(random, focus);
  const world = new World({
    seed,
    faults,
    files: story.files,
    branches: story.branches,
    commandMsMax: story.commandMsMax,
    hasSetup: story.hasSetup,
    isVotedOn: story.features.review !== undefined,
    isMetered: story.features.isMetered,
    isTraced: options.isTraced ?? false,
    ...(options.failAt && { failAt: options.failAt }),
  });
  const life = await liveThrough(
    world,
    story,
    options.mutant ?? { means: 'nothing planted' },
    options.killAt,
  );
  const violations = [...life.violations, ...(life.last ? violationsOf(world, story, life.last) : [])];
  const landings = [...(life.last?.orchestrator?.state.landings.values() ?? [])];
  return {
    seed,
    violations,
    steps: world.scheduler.steps,
    calls: world.calls,
    virtualMs: world.scheduler.now,
    crashes: world.crashes,
    landed: life.last?.orchestrator?.state.landedCount ?? 0,
    batches: landings.filter((l) => l.state === 'landed' && l.members.length > 1).length,
    divided: landings.filter((l) => l.state === 'dropped' && l.reason === 'bisect').length,
    faults: world.seenFaults,
    digest: world.digest(),
    trace: world.trace ?? [],
    entries: world.acked,
  };
}

interface Life {
  readonly violations: readonly string[];
  /** The process that closed the run. */
  readonly last?: SimProcess;
}

async function liveThrough(
  world: World,
  story: Story,
  mutant: Mutant,
  killAt: number | undefined,
): Promise<Life> {
  world.scheduler.after(story.chaosMs, () => world.calm());
  startHuman(world);
  startDisk(world);
  for (let isFirst = true; ; isFirst = false) {
    const process = startProcess(world, story, mutant);
    await settled();
    const isKilled = await runUntilEnd(world, story, process, isFirst ? killAt : undefined);
    const problem = problemOf(world, story, process, isKilled);
    process.inc.isAlive = false;
    if (problem) return { violations: [problem, ...world.breaches] };
    if (process.end?.kind === 'ended' && process.end.outcome.kind === 'closed') {
      return { violations: [...world.losses, ...world.breaches], last: process };
    }
    world.strays.add(process.inc);
    leaveDisk(world, isKilled);
    await pass(world, drawGap(world));
  }
}

/** True when the process was killed. */
async function runUntilEnd(
  world: World,
  story: Story,
  process: SimProcess,
  killAt: number | undefined,
): Promise<boolean> {
  const { scheduler } = world;
  const isKilledAt = world.rates.crash > 0 ? scheduler.steps + drawLifetime(world) : Number.POSITIVE_INFINITY;
  let isWatched = false;
  while (!process.end && isWithinBounds(world, story)) {
    if (scheduler.steps === killAt || (scheduler.steps >= isKilledAt && world.rates.crash > 0)) return true;
    if (!isWatched && process.orchestrator) {
      const isAlive = (): boolean => process.inc.isAlive && !process.end;
      watch(world, process.orchestrator, isAlive);
      const desk: Desk = { world, orchestrator: process.orchestrator, isAlive };
      world.helpers = story.features.review ? [twinReviewers(desk)] : [];
      isWatched = true;
    }
    if (!(await scheduler.step())) break;
    const shown = process.orchestrator?.state.seq ?? 0;
    world.expect(shown <= world.durable.seq, 'P13: the state that is shown is ahead of the disk');
  }
  return false;
}

/** Steps until a crash: often a moment after the start, sometimes long into the work. */
function drawLifetime(world: World): number {
  return Math.floor(1_500 ** world.random.next());
}

const isWithinBounds = (world: World, story: Story): boolean =>
  world.scheduler.steps < (story.features.hosts ? STEPS_MAX_HOSTED : STEPS_MAX) &&
  world.scheduler.now < story.chaosMs + CALM_MS_MAX;

function problemOf(world: World, story: Story, process: SimProcess, isKilled: boolean): string | undefined {
  if (isKilled) return undefined;
  if (!process.end) {
    const s = process.orchestrator?.state;
    const open = s && [...s.tasks.values()].map((t) => `${t.id} ${t.state}`).join(', ');
    const paused = s?.paused ? `, paused for ${s.paused.reason}` : '';
    const bound = isWithinBounds(world, story) ? 'nothing is left to happen' : 'it takes too long';
    return `P9: the run does not come to its end (${bound}): ${open}${paused}`;
  }
  if (process.end.kind === 'failed' && !isExpected(process.end.error)) {
    return `fault of ours: ${(process.end.error as Error).stack ?? String(process.end.error)}`;
  }
  return undefined;
}

/** A disk or a git that fails ends the process; it says so, and can be started again. */
const isExpected = (error: unknown): boolean =>
  (error instanceof SwarmError && error.kind === 'io') ||
  ['EIO', 'ENOSPC'].includes((error as NodeJS.ErrnoException).code ?? '');

/** A killed process leaves what it wrote, but a power cut takes what was not synced, or half of it. */
function leaveDisk(world: World, isKilled: boolean): void {
  const { journalFile, random } = world;
  const keep =
    isKilled && random.chance(0.7) ? random.between(0, journalFile.unsynced) : journalFile.unsynced;
  world.powerCut(journalFile.crash(keep));
  if (isKilled) world.crashes += 1;
  if (world.hits('loss')) loseWork(world);
  world.tell('process', isKilled ? 'killed' : 'ended');
}

function loseWork(world: World): void {
  const held = [...world.work.keys()];
  if (held.length > 0) world.work.delete(world.random.pick(held));
}

/** Until it is started again, ms: now and then at once, by whatever watches over it. */
const drawGap = ({ random }: World): number =>
  random.chance(0.3) ? random.between(1, 300) : random.between(1_000, 600_000);

async function pass(world: World, ms: number): Promise<void> {
  let isOver = false;
  world.scheduler.after(ms, () => {
    isOver = true;
  });
  while (!isOver) await world.scheduler.step();
}

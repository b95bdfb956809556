import type { Criterion } from '@swarm/core/model/acceptance';
import type { Request, RunMode } from '@swarm/core/model/request';
import type { TaskDraft } from '@swarm/core/rules/task-format';
import type { Tree } from '../twins/objects.ts';
import { BREAK, GUARDED } from '../twins/words.ts';
import { type Features, NO_FEATURES } from './asked.ts';
import type { Random } from './random.ts';
import type { StoryBranch, World } from './world.ts';

/** A task as the planner's twin says it: the wire format, as far as the simulation uses it. */
export interface PlannedTask {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly scope: readonly string[];
  readonly verify?: string;
  readonly acceptance?: string;
  readonly priority: number;
  readonly dependsOn: readonly string[];
  readonly anyEnd?: true;
  readonly kind: 'change' | 'answer';
  readonly requires?: readonly string[];
  readonly candidates?: number;
}

/** What one seed is about: a repository, a plan, and how the run is set up. */
export interface Story {
  readonly files: Tree;
  readonly plan: readonly PlannedTask[];
  /** What `swarm land` is to land; empty in every other mode. */
  readonly branches: readonly StoryBranch[];
  /** The gate fails on the base, and the run begins all the same. */
  readonly isRed: boolean;
  readonly mode: RunMode;
  readonly hasGate: boolean;
  readonly hasChecks: boolean;
  readonly hasSetup: boolean;
  readonly hasPreGate: boolean;
  readonly policy: NonNullable<Request['gatePolicy']>;
  readonly parallel: number;
  readonly workers: number;
  readonly attempts: number;
  /** The most tasks the run accepts; never fewer than are planned. */
  readonly tasksMax: number;
  readonly tokens: number | undefined;
  readonly usd: number | undefined;
  readonly timeMs: number | undefined;
  readonly deliver: Request['deliver'];
  readonly overlap: Request['overlap'];
  readonly features: Features;
  /** The longest gate, virtual ms. */
  readonly commandMsMax: number;
  /** Virtual ms until faults stop. */
  readonly chaosMs: number;
}

export function drawStory(random: Random): Story {
  // Many at work and a slow gate: the merge queue is long.
  const isCrowded = random.chance(0.35);
  const files = isCrowded ? random.between(16, 40) : random.between(1, 6);
  const story = drawPlanned(random, files, isCrowded);
  if (random.chance(0.12)) return landing(random, story);
  const bounded = random.chance(0.2)
    ? { ...story, tasksMax: story.plan.length + random.between(1, 3) }
    : story;
  return random.chance(0.15) ? onRed(bounded) : bounded;
}

function drawPlanned(random: Random, files: number, isCrowded: boolean): Story {
  return {
    features: NO_FEATURES,
    branches: [],
    isRed: false,
    tasksMax: TASKS_MAX,
    files: new Map(Array.from({ length: files }, (_, i) => [`f${i}.txt`, 'one\ntwo'])),
    plan: drawPlan(random, files, isCrowded ? 32 : 8),
    mode: random.chance(0.5) ? 'planner' : 'plan',
    hasGate: random.chance(0.9),
    hasChecks: random.chance(0.5),
    hasSetup: random.chance(0.3),
    hasPreGate: random.chance(0.5),
    policy: random.chance(0.8) ? 'batch' : 'strict',
    parallel: random.between(1, isCrowded ? 2 : 4),
    workers: isCrowded ? random.between(8, 16) : random.between(1, 5),
    attempts: random.between(1, 4),
    tokens: random.chance(0.3) ? random.between(60_000, 600_000) : undefined,
    usd: random.chance(0.2) ? random.between(1, 30) / 10 : undefined,
    timeMs: random.chance(0.1) ? random.between(600_000, 10_800_000) : undefined,
    deliver: random.pick(['branch', 'apply', 'push']),
    overlap: random.pick(['serialize', 'warn', 'off']),
    commandMsMax: isCrowded ? 550_000 : 60_000,
    chaosMs: random.between(600_000, 4 * 3_600_000),
  };
}

/** The same work done by people, each on a branch: some upon another, some with nothing new in them. */
function landing(random: Random, story: Story): Story {
  const works = story.plan.filter((task) => task.kind === 'change');
  const branches = works.map(({ id, description }, i): StoryBranch => {
    const path = description.split(' ')[1]!;
    const on = i > 0 && random.chance(0.3) ? works[i - 1]!.id : undefined;
    const isEmpty = random.chance(0.1);
    return { name: id, on, files: isEmpty ? [] : [[path, `one\n${id}\ntwo`]] };
  });
  return { ...story, mode: 'land', plan: [], branches, isRed: false };
}

/** Something that nobody is asked to mend fails from the beginning. */
const onRed = (story: Story): Story => ({
  ...story,
  isRed: story.hasGate,
  files: story.hasGate ? new Map([...story.files, ['old.txt', BREAK]]) : story.files,
});

function drawPlan(random: Random, files: number, most: number): PlannedTask[] {
  const count = random.between(most / 8, most);
  return Array.from({ length: count }, (_, i) => drawTask(random, i, files));
}

function drawTask(random: Random, i: number, files: number): PlannedTask {
  const path = `f${random.between(0, files)}.txt`;
  const earlier = Array.from({ length: i }, (_, n) => `p${n}`);
  return {
    id: `p${i}`,
    title: `Write p${i}`,
    description: `write ${path} p${i}`,
    scope: random.chance(0.7) ? [path] : [],
    ...(random.chance(0.5) && { verify: `has ${path} p${i}` }),
    priority: random.between(1, 10),
    dependsOn: earlier.filter(() => random.chance(0.15)),
    kind: random.chance(0.1) ? 'answer' : 'change',
  };
}

export function draftOf(t: PlannedTask): TaskDraft {
  const { id, acceptance = '', ...rest } = t;
  return { requires: [], ...rest, label: id, acceptance };
}

/** What `swarm land` makes of a branch. */
export const branchDraftOf = ({ name }: StoryBranch): TaskDraft => ({
  ...draftOf({
    id: name,
    title: `Land ${name}`,
    description: '',
    scope: [],
    priority: 5,
    dependsOn: [],
    kind: 'change',
  }),
});

/** One that is to come true, one that held before, and one for people. */
const CRITERIA: readonly Criterion[] = [
  { text: 'p0 is written', check: { kind: 'command', command: 'has f0.txt p0' } },
  { text: 'f0 begins with one', check: { kind: 'command', command: 'has f0.txt one' } },
  { text: 'It reads well', check: { kind: 'text' } },
];

const TASKS_MAX = 60;

export function requestOf(world: World, story: Story): Request {
  return {
    text: 'write what is planned',
    mode: story.mode,
    target: 'main',
    landOn: 'refs/heads/swarm/sim',
    deliver: story.deliver,
    base: world.base,
    ...(story.hasGate && { gate: 'gate' }),
    gateHash: story.hasGate ? 'gate-1' : 'none',
    gatePolicy: story.policy,
    gateParallel: story.parallel,
    ...(story.isRed && { fixRed: true }),
    protect: [GUARDED],
    ...(story.hasSetup && { setup: 'setup' }),
    ...(story.hasChecks && { checks: 'checks', revertAfter: 1 }),
    checksMinMs: 60_000,
    checksMaxMs: 600_000,
    limits: {
      workers: story.workers,
      attempts: story.attempts,
      tasks: story.tasksMax,
      attemptTokens: 50_000,
      ...(story.features.depth > 0 && { depth: story.features.depth }),
      ...(story.features.soft !== undefined && { soft: story.features.soft }),
      ...(story.features.tried && { candidates: story.features.tried.cap }),
      ...(story.features.tried?.taskTokens !== undefined && { taskTokens: story.features.tried.taskTokens }),
      ...(story.features.roles && { roles: story.features.roles }),
      ...(story.tokens !== undefined && { tokens: story.tokens }),
      ...(story.usd !== undefined && { usd: story.usd }),
      ...(story.timeMs !== undefined && { timeMs: story.timeMs }),
    },
    overlap: story.overlap,
    ...(story.features.review && { review: story.features.review }),
    ...(story.features.isHeld && { acceptance: { criteria: CRITERIA } }),
    ...(story.features.pipeline.length > 0 && { pipeline: story.features.pipeline }),
    ...(story.features.tried && {
      roles: [{ name: 'coder', candidates: story.features.tried.candidates }],
    }),
    ...(story.features.hosts && { hosted: true as const }),
    ...(story.features.distribute && { distribute: story.features.distribute }),
  };
}

/**
 * What a request asks for beside its work: tasks that are split, votes, budgets by role. Drawn from a line of its own, so
 * that a seed without them is the run it always was.
 */
import { DEPTH_MAX } from '@swarm/core/model/plan';
import type { Limits } from '@swarm/core/model/request';
import type { ReviewRule } from '@swarm/core/model/review';
import { DISTRIBUTIONS, type Distribution } from '@swarm/core/rules/distribute';
import type { Features, SimHosts } from './asked.ts';
import type { Random } from './random.ts';
import type { PlannedTask, Story } from './story.ts';

export const WANTED = [
  'split',
  'reviewed',
  'roled',
  'metered',
  'soft',
  'held',
  'collected',
  'piped',
  'staffed',
  'tried',
  'hosted',
] as const;
export type FeatureWord = (typeof WANTED)[number];

/** @param wanted these are in it whatever is drawn. */
export function drawFeatures(random: Random, wanted: readonly FeatureWord[]): Features {
  const isDrawn = (word: FeatureWord, chance: number): boolean =>
    random.chance(chance) || wanted.includes(word);
  return {
    depth: isDrawn('split', 0.15) ? random.between(1, DEPTH_MAX) : 0,
    review: isDrawn('reviewed', 0.15) ? drawReview(random) : undefined,
    roles: isDrawn('roled', 0.06) ? drawRoles(random) : undefined,
    isMetered: isDrawn('metered', 0.06),
    soft: undefined,
    ...(wanted.includes('held') && { isHeld: true as const }),
    isCollected: isDrawn('collected', 0.12),
    pipeline: isDrawn('piped', 0.08) ? random.pick(PIPELINES) : [],
    distribute: isDrawn('staffed', 0.08) ? drawKinds(random) : undefined,
    // Only where it is asked for: what is drawn without it is as it was.
    ...(wanted.includes('tried') && { tried: drawTried(random) }),
    ...(wanted.includes('hosted') && { hosts: drawHosts(random) }),
  };
}

const PIPELINES = [
  ['researcher', 'coder', 'tester'],
  ['coder', 'tester'],
  ['researcher', 'coder'],
];

/** One of them can do everything that is asked for, and has one slot or two. */
function drawKinds(random: Random): Distribution {
  const kinds = [
    { name: 'plain', slots: random.between(1, 4), capabilities: [] },
    { name: 'strong', slots: random.between(1, 2), capabilities: ['gpu', 'coder@2.1'] },
    ...(random.chance(0.5) ? [{ name: 'reader', slots: 1, capabilities: ['researcher'] }] : []),
  ];
  return { by: random.pick(DISTRIBUTIONS), kinds };
}

/** One of them has all that is asked for. */
function drawHosts(random: Random): SimHosts {
  const count = random.between(1, 4);
  const each = <T>(draw: (n: number) => T): T[] => Array.from({ length: count }, (_, n) => draw(n));
  const rate = (most: number): number => (random.chance(0.6) ? random.next() * most : 0);
  return {
    slots: each(() => random.between(1, 4)),
    capabilities: each((n) => (n === 0 || random.chance(0.4) ? ['gpu', 'coder@2.1'] : [])),
    leaseMs: random.pick([10_000, 60_000]),
    skewMs: each(() => (random.chance(0.5) ? random.between(-3_600_000, 3_600_000) : 0)),
    lost: rate(0.3),
    twice: rate(0.3),
    late: rate(0.3),
    lateMsMax: random.pick([500, 10_000, 120_000]),
    cut: rate(0.2),
    killed: rate(0.1),
    drained: rate(0.1),
  };
}

function drawTried(random: Random): NonNullable<Features['tried']> {
  return {
    candidates: random.between(2, 4),
    cap: random.between(1, 3),
    taskTokens: random.chance(0.3) ? random.between(30_000, 200_000) : undefined,
  };
}

function drawReview(random: Random): ReviewRule {
  const reviewers = random.between(1, 3);
  return {
    reviewers,
    threshold: random.pick([0.5, 0.6, 0.8]),
    quorum: random.between(1, reviewers),
  };
}

function drawRoles(random: Random): NonNullable<Limits['roles']> {
  return {
    worker: { tokens: random.between(60_000, 400_000) },
    planner: { tokens: random.between(30_000, 100_000) },
    subplanner: { tokens: random.between(30_000, 100_000) },
    reviewer: { tokens: random.between(30_000, 200_000) },
    ...(random.chance(0.5) && { reconciler: { tokens: random.between(20_000, 60_000) } }),
  };
}

/** A story as it is with what its request asks for. The soft limit is drawn last: the rest is as it was without one. */
export function featured(
  random: Random,
  story: Story,
  features: Features,
  wanted: readonly FeatureWord[] = [],
): Story {
  const asked = withLimits(random, story, features);
  const isSoft = random.chance(0.3) || wanted.includes('soft');
  if (!isSoft || story.mode === 'land') return asked;
  const soft = random.pick([0.5, 0.7, 0.85]);
  const isBounded = [asked.tokens, asked.usd, asked.timeMs].some((limit) => limit !== undefined);
  const drawn = random.between(60_000, 400_000);
  const tokens = isBounded || !wanted.includes('soft') ? asked.tokens : drawn;
  return { ...asked, tokens, features: { ...asked.features, soft } };
}

function withLimits(random: Random, story: Story, features: Features): Story {
  const { isMetered } = features;
  const bounded =
    isMetered && story.mode !== 'land' ? { ...story, tokens: random.between(40_000, 200_000) } : story;
  const wider = collected(random, widened(random, bounded, features), features);
  const whole = wished(random, needy(random, wider, features), features);
  // Drawn last: what was drawn before there was such a thing is as it was.
  const isHeld = random.chance(0.15) || features.isHeld === true;
  return isHeld && story.mode !== 'land'
    ? { ...held(whole), features: { ...features, isHeld: true } }
    : { ...whole, features };
}

/** Some tasks wait for ends alone, and one makes something of all. */
function collected(random: Random, story: Story, { isCollected }: Features): Story {
  if (!isCollected || story.mode === 'land') return story;
  const loose = story.plan.map((task) =>
    task.dependsOn.length > 0 && random.chance(0.5) ? { ...task, anyEnd: true as const } : task,
  );
  const last: PlannedTask = {
    id: 'all',
    title: 'Say what came of all',
    description: 'write f0.txt all',
    scope: [],
    priority: 5,
    dependsOn: story.plan.map(({ id }) => id),
    anyEnd: true,
    kind: 'answer',
  };
  return { ...story, tasksMax: story.tasksMax + 1, plan: [...loose, last] };
}

/** Each task says what is to hold; a later one may write over it. */
const held = (story: Story): Story => ({
  ...story,
  plan: story.plan.map((task) => {
    const [, path, word] = task.description.split(' ');
    return { ...task, acceptance: `- \`has ${path} ${word}\` passes\n- It reads well` };
  }),
});

/** Some tasks of the plan name so many files that they may be split. */
function widened(random: Random, story: Story, { depth }: Features): Story {
  if (depth === 0 || story.mode === 'land') return story;
  return { ...story, plan: story.plan.map((task) => (random.chance(0.5) ? wide(random, task) : task)) };
}

/** Some tasks of the plan can be done by one kind of worker alone. */
function needy(random: Random, story: Story, { distribute, hosts }: Features): Story {
  if ((!distribute && !hosts) || story.mode === 'land') return story;
  const asks = (task: PlannedTask): PlannedTask =>
    random.chance(0.3) ? { ...task, requires: [random.pick(['gpu', 'coder@>=2'])] } : task;
  return { ...story, plan: story.plan.map(asks) };
}

/** Some tasks of the plan say themselves how many are to try them. */
function wished(random: Random, story: Story, { tried }: Features): Story {
  if (!tried || story.mode === 'land') return story;
  const asks = (task: PlannedTask): PlannedTask =>
    task.kind === 'change' && random.chance(0.3) ? { ...task, candidates: random.between(1, 5) } : task;
  return { ...story, plan: story.plan.map(asks), tasksMax: story.tasksMax * 5 };
}

function wide(random: Random, task: PlannedTask): PlannedTask {
  if (task.kind !== 'change') return task;
  const own = task.description.split(' ')[1]!;
  const others = Array.from({ length: random.between(3, 7) }, (_, i) => `f${i}.txt`);
  return { ...task, scope: random.chance(0.2) ? ['f*.txt'] : [...new Set([own, ...others])] };
}

/** Laws of several that try one task: one of them is taken at most, when all have ended, and by the rule. */
import type { AttemptId, TaskId } from '@swarm/core/model/ids';
import { taskOf } from '@swarm/core/model/ids';
import type { Tried } from './contest-ledger.ts';
import type { Law, Look } from './law.ts';

const CANDIDATES_MAX = 5;

/** P8: as many as were asked for, all of them at once, of a task that nobody works on. */
const triesAsAsked: Law = (e, { before, entry, story }) => {
  if (e.type !== 'task.expanded' || e.by !== 'candidates') return [];
  const made = entry.events.flatMap((one) =>
    one.type === 'task.accepted' && one.source.by === 'candidates' && one.source.parent === e.task
      ? [one]
      : [],
  );
  const { spec, holder } = before.task(e.task);
  const asked = Math.min(CANDIDATES_MAX, spec.candidates ?? story.features.tried?.candidates ?? 1);
  const isFewer = story.features.tried?.taskTokens !== undefined;
  return [
    ...(made.length === asked || (isFewer && made.length < asked)
      ? []
      : [`P8: ${made.length} try ${e.task}, and ${asked} were asked for`]),
    ...(made.length < 2 ? [`contest: ${e.task} is tried by ${made.length}`] : []),
    ...(holder ? [`contest: ${e.task} is tried by several while ${holder} works on it`] : []),
    ...(before.contests.of.has(e.task)
      ? [`contest: ${e.task} is one of several, and is tried by several`]
      : []),
    ...made
      .filter((one) => one.spec.description !== spec.description || one.spec.verify !== spec.verify)
      .map(({ task }) => `contest: ${task} tries another task than ${e.task}`),
  ];
};

/** Nobody is taken, and nothing given up, while one of them may still hand in. */
const decidesWhenAllHaveEnded: Law = (e, { before, story }) => {
  if (e.type !== 'contest.decided' && e.type !== 'contest.failed') return [];
  const { tried = [], winner } = before.contests.contests.get(e.task) ?? {};
  // Where the run has no more nothing is given up: it may be given more. A task's own budget is at its end.
  const ofRun = e.type === 'contest.decided' ? (before.purse.reached ?? before.purse.neared) : undefined;
  const isShort = (ofRun ?? story.features.tried?.taskTokens) !== undefined;
  const alive = tried.filter(({ task }) => [...before.live].some((attempt) => taskOf(attempt) === task));
  const unbegun = tried.filter(({ task, brings }) => !before.task(task).isOver && brings === undefined);
  return [
    ...(winner ? [`contest: ${e.task} is decided a second time`] : []),
    ...alive.map(({ task }) => `contest: ${e.task} is decided while ${task} is at work`),
    ...(isShort ? [] : unbegun.map(({ task }) => `contest: ${e.task} is decided before ${task} has begun`)),
  ];
};

/** The pick, once more, from the journal alone. */
const takesTheBest: Law = (e, { before }) => {
  if (e.type === 'contest.failed') {
    const some = before.contests.contests.get(e.task)?.tried.find(({ brings }) => brings !== undefined);
    return some ? [`contest: ${e.task} is given up, and ${some.task} handed in`] : [];
  }
  if (e.type !== 'contest.decided') return [];
  const { tried = [] } = before.contests.contests.get(e.task) ?? {};
  const best = bestOf(tried);
  const told = new Set([e.winner, ...e.lost.map(({ task }) => task)]);
  return [
    ...(best?.task === e.winner
      ? []
      : [`contest: ${e.winner} is taken for ${e.task}, and ${best?.task} is better`]),
    ...tried.filter(({ task }) => !told.has(task)).map(({ task }) => `contest: nothing is said of ${task}`),
    ...e.lost.filter(({ why }) => why === '').map(({ task }) => `contest: ${task} lost, and nobody says why`),
  ];
};

/** Written out once more on purpose: what was changed before what was not, verified, green, whole, small, cheap, first. */
function bestOf(tried: readonly Tried[]): Tried | undefined {
  const keys = (one: Tried): readonly number[] => {
    const handoff = typeof one.brings === 'object' ? one.brings : undefined;
    const { linesAdded = 0, linesRemoved = 0, filesChanged = [] } = handoff?.change ?? {};
    return [
      handoff ? 0 : 1,
      one.hasVerify ? 0 : 1,
      handoff?.gate === 'passed' ? 0 : 1,
      handoff?.status === 'partial' ? 1 : 0,
      linesAdded + linesRemoved,
      filesChanged.length,
      one.usd,
      one.tokens,
      one.nth,
    ];
  };
  const able = tried.filter(({ brings }) => brings !== undefined).map((one) => ({ one, of: keys(one) }));
  able.sort((a, b) => a.of.map((n, i) => n - b.of[i]!).find((by) => by !== 0) ?? 0);
  return able[0]?.one;
}

/** Of several that try one task at most one lands, the one that was taken; nobody votes on another. */
const landsOnlyWhatWasTaken: Law = (e, { before }) => {
  if (e.type === 'landing.started' || e.type === 'landing.landed')
    return e.members.flatMap(({ task }) => untaken(task, 'lands', before));
  if (e.type === 'landing.found') return untaken(e.task, 'is found on the target', before);
  if (e.type === 'review.asked') return untaken(taskOf(e.attempt), 'is voted on', before);
  return e.type === 'attempt.started' && before.contests.lost.has(taskOf(e.attempt))
    ? [`contest: ${e.attempt} starts, and its task lost`]
    : [];
};

function untaken(task: TaskId, does: string, { contests }: Look['before']): readonly string[] {
  const contest = contests.of.get(task);
  if (!contest || contest.winner === task) return [];
  const instead = contest.winner === undefined ? 'nobody was taken yet' : `${contest.winner} was taken`;
  return [`contest: ${task} ${does}, and ${instead}`];
}

/** P8: a round counts as an attempt of its task; whoever may not try again does not. */
const triesBoundedly: Law = (e, { before, story }) => {
  if (e.type !== 'contest.failed') return [];
  const contest = before.contests.contests.get(e.task);
  const isSpent = story.features.tried?.taskTokens !== undefined;
  const able = (contest?.tried ?? []).filter((one) => mayTryAgain(one, before));
  const isTooEarly = e.again.length === 0 && e.round < story.attempts && able.length > 0 && !isSpent;
  return [
    ...(e.round === (contest?.rounds ?? 0) + 1
      ? []
      : [`contest: round ${e.round} of ${e.task} is out of turn`]),
    ...(e.round <= story.attempts ? [] : [`P8: ${e.task} is tried ${e.round} times of ${story.attempts}`]),
    ...(e.again.length > 0 && e.round >= story.attempts
      ? [`P8: ${e.task} is tried again after ${e.round} rounds of ${story.attempts}`]
      : []),
    ...(isTooEarly ? [`P15: ${e.task} is given up after ${e.round} of ${story.attempts} rounds`] : []),
  ];
};

/** It used its attempt up, and ended as what is tried again. */
function mayTryAgain({ task, ending }: Tried, before: Look['before']): boolean {
  const { spec, counted } = before.task(task);
  const isOrphan = spec.dependsOn.some((on) => !before.task(on).isSettled);
  return counted > 0 && !isOrphan && RETRIED.includes(ending ?? '') && !before.contests.isGivenUp(task);
}

const RETRIED: readonly string[] = [
  ...['no-change', 'work-dropped', 'verify-failed', 'gate-failed', 'agent-failed', 'step-limit'],
  ...['token-limit', 'money-limit', 'timeout', 'stuck', 'bad-output', 'killed'],
];

/** P8: those that try a task use its one budget, and each no less than the least that makes sense. */
const sharesItsBudget: Law = (e, { before, story }) => {
  const most = story.features.tried?.taskTokens;
  const contest = e.type === 'attempt.started' ? before.contests.of.get(taskOf(e.attempt)) : undefined;
  // What was taken, and is lost again to somebody who moved the target, is made good whatever it takes.
  if (most === undefined || e.type !== 'attempt.started' || !contest || contest.winner) return [];
  const used = contest.tried.reduce((sum, { task, tokens }) => sum + tokens + setAside(task, before), 0);
  const left = most - used;
  return e.reserved.tokens <= Math.max(left, 0) || e.reserved.tokens === 0
    ? []
    : [`P8: ${e.attempt} has ${e.reserved.tokens} tokens set aside, and ${contest.whole} has ${left} left`];
};

function setAside(task: TaskId, { live, purse }: Look['before']): number {
  const own = [...live].filter((attempt: AttemptId) => taskOf(attempt) === task);
  return own.reduce((sum, attempt) => sum + (purse.open.get(attempt)?.tokens ?? 0), 0);
}

export const CONTEST_LAWS: readonly Law[] = [
  triesAsAsked,
  decidesWhenAllHaveEnded,
  takesTheBest,
  landsOnlyWhatWasTaken,
  triesBoundedly,
  sharesItsBudget,
];

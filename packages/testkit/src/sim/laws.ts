/** Laws of the order of events: what must have been so whenever something of a kind was decided. */
import type { Event, EventOf } from '@swarm/core/events';
import { type TaskId, taskOf } from '@swarm/core/model/ids';
import type { ModelEnd } from '@swarm/core/ports/models';
import { CONTEST_LAWS } from './contest-laws.ts';
import { CRITERIA_LAWS } from './criteria-laws.ts';
import { HAND_LAWS } from './hand-laws.ts';
import { HOST_LAWS } from './host-laws.ts';
import type { Law, Look } from './law.ts';
import { FREE_ENDINGS, FREE_REJECTIONS, type Ledger, readLedger } from './ledger.ts';
import { ORDER_LAWS } from './order-laws.ts';
import { REVIEW_LAWS } from './review-laws.ts';
import { SOFT_LAWS } from './soft-laws.ts';
import { SPEND_LAWS } from './spend-laws.ts';
import { SPLIT_LAWS } from './split-laws.ts';
import { STEER_LAWS } from './steer-laws.ts';
import type { Story } from './story.ts';
import { TARGET_LAWS } from './target-laws.ts';
import { FULL, type World } from './world.ts';

/** What is broken, in words; and the ledger at the end. */
export function readLaws(world: World, story: Story): { broken: readonly string[]; ledger: Ledger } {
  const broken: string[] = [];
  const ledger = readLedger(world.acked, story.workers, (event, before, entry) => {
    for (const law of LAWS) broken.push(...law(event, { before, entry, story, base: world.base, world }));
  });
  if (ledger.operatorPausesEnded > world.continuesAsked)
    broken.push('pause: a person’s own pause came to its end, and no person ended it');
  if (ledger.gatesBroken > world.gatesBroken)
    broken.push(`gate: ${ledger.gatesBroken} are said to be broken, ${world.gatesBroken} were`);
  return { broken, ledger };
}

const LAWS: readonly Law[] = [
  startsWhatMayStart,
  startsFewEnough,
  startsNoAgentInVain,
  endsOnce,
  lapsesWithItsProcess,
  plansWhenItMay,
  plansFromWholeAnswers,
  acceptsWhatItMay,
  endsForItsOwnReason,
  paysForNobodyElse,
  rejectsOnlyTheCulprit,
  rejectsWhatConflictsWithTheTarget,
  undoesWholeTowers,
  closesOnAnEmptyQueue,
  closesWhenAllIsSaid,
  ...ORDER_LAWS,
  ...TARGET_LAWS,
  ...SPEND_LAWS,
  ...SOFT_LAWS,
  ...SPLIT_LAWS,
  ...HAND_LAWS,
  ...REVIEW_LAWS,
  ...STEER_LAWS,
  ...CRITERIA_LAWS,
  ...CONTEST_LAWS,
  ...HOST_LAWS,
];

/** P1, P8: nobody else works on it, and it has an attempt left, of a new number. */
function startsWhatMayStart(e: Event, { before, story }: Look): readonly string[] {
  if (e.type !== 'attempt.started') return [];
  const task = before.task(taskOf(e.attempt));
  const number = Number(e.attempt.split('.')[1]);
  return [
    ...(number === task.attempts + 1 ? [] : [`P6: ${e.attempt} follows attempt ${task.attempts}`]),
    ...(task.holder ? [`P6: ${e.attempt} starts while ${task.holder} holds the task`] : []),
    ...(task.counted < story.attempts ? [] : [`P8: ${e.attempt} starts after ${task.counted} that count`]),
  ];
}

/** P8: no more at once than workers, none while it is paused or being left. */
function startsFewEnough(e: Event, { before }: Look): readonly string[] {
  if (e.type !== 'attempt.started') return [];
  return [
    ...(before.live.size < before.workers
      ? []
      : [`P8: ${e.attempt} is one more than ${before.workers} workers`]),
    ...(before.paused ? [`pause: ${e.attempt} starts in a run paused for ${before.paused}`] : []),
    ...(before.isDraining ? [`stop: ${e.attempt} starts in a run that is being left`] : []),
  ];
}

/** Nobody begins to work for a task that was taken away. */
function startsNoAgentInVain(e: Event, { before }: Look): readonly string[] {
  if (e.type !== 'agent.started' || before.task(taskOf(e.attempt)).holder === e.attempt) return [];
  return [`cancel: the agent of ${e.attempt} starts, and its task was taken away`];
}

/** The first report of an attempt's end is its end. */
function endsOnce(e: Event, { before }: Look): readonly string[] {
  if (e.type !== 'attempt.ended' || !before.ended.has(e.attempt)) return [];
  return [`fence: ${e.attempt} ends a second time, as ${e.reason}`];
}

/** P6: an iteration that a dead process began comes to nothing. */
function lapsesWithItsProcess(e: Event, { before }: Look): readonly string[] {
  if (e.type !== 'iteration.ended' || e.owner !== undefined) return [];
  if (!before.iteration?.isOrphan || e.outcome === 'lost') return [];
  return [`P6: iteration ${e.iteration} goes on in a process that did not begin it`];
}

const BROKEN_OFF: readonly (ModelEnd['kind'] | undefined)[] = ['cut', 'down', 'aborted', 'refused'];

/** An answer that broke off is never taken for the whole plan. */
function plansFromWholeAnswers(e: Event, { world }: Look): readonly string[] {
  if (e.type !== 'iteration.ended' || e.outcome !== 'planned') return [];
  const end = world.answers.get(e.iteration);
  return BROKEN_OFF.includes(end)
    ? [`plan: iteration ${e.iteration} is planned by an answer that ended ${end}`]
    : [];
}

function plansWhenItMay(e: Event, { before }: Look): readonly string[] {
  if (e.type !== 'iteration.started' || !before.paused) return [];
  return [`pause: the planner is asked in a run paused for ${before.paused}`];
}

/** P8: few enough tasks, and one open fix task for a failure. */
function acceptsWhatItMay(e: Event, { before, story }: Look): readonly string[] {
  if (e.type !== 'task.accepted') return [];
  const signatures = e.source.by === 'reconciler' ? e.source.signatures : [];
  const open = [...before.tasks].filter(([, task]) => !task.isOver);
  const twice = signatures.flatMap((signature) =>
    open.filter(([, task]) => task.signatures.includes(signature)).map(([id]) => `${id}: ${signature}`),
  );
  return [
    ...(before.tasks.size < story.tasksMax
      ? []
      : [`P8: ${e.task} is more than the run’s ${story.tasksMax} tasks`]),
    ...twice.map((other) => `fixes: ${e.task} is filed beside ${other}`),
  ];
}

/** What is called cancelled was taken away from its attempt before. */
function endsForItsOwnReason(e: Event, { before }: Look): readonly string[] {
  if (e.type !== 'attempt.ended' || e.reason !== 'cancelled') return [];
  const isHeld = before.task(taskOf(e.attempt)).holder === e.attempt;
  return isHeld ? [`cause: ${e.attempt} ends as cancelled, and nobody cancelled it`] : [];
}

/** What is nobody's fault costs no attempt: a full disk, a setup that somebody else called off. */
function paysForNobodyElse(e: Event): readonly string[] {
  if (e.type !== 'attempt.ended' && e.type !== 'landing.rejected') return [];
  const isCounted =
    e.type === 'attempt.ended' ? !FREE_ENDINGS.includes(e.reason) : !FREE_REJECTIONS.includes(e.reason);
  if (!isCounted) return [];
  return [
    ...(e.detail.includes(FULL) ? [`disk: ${e.attempt} pays for a full disk (${e.reason})`] : []),
    ...(/^setup .* ended with aborted/.test(e.detail)
      ? [`setup: ${e.attempt} pays for a setup that was called off`]
      : []),
  ];
}

const BY_GATE = ['gate-failed', 'gate-timeout', 'gate-killed', 'tests-weakened'];

/** A gate that fails refuses whoever was under test alone. */
function rejectsOnlyTheCulprit(e: Event, { before }: Look): readonly string[] {
  if (e.type !== 'landing.rejected' || !BY_GATE.includes(e.reason)) return [];
  const tested = e.landing && before.gates.get(e.landing);
  if (!tested?.outcome) return [`innocent: ${e.attempt} is refused by a gate that said nothing of it`];
  const isRefusal = !['passed', 'no-worse', 'none'].includes(tested.outcome);
  if (!isRefusal) return [`innocent: ${e.attempt} is refused, and its gate ${tested.outcome}`];
  return tested.members === 1
    ? []
    : [`innocent: ${e.attempt} is refused for ${tested.members} tested together`];
}

/** A conflict with others that wait is no reason to refuse anybody. */
function rejectsWhatConflictsWithTheTarget(e: Event, { before, world }: Look): readonly string[] {
  if (e.type !== 'landing.rejected' || e.reason !== 'conflict') return [];
  const work = before.works.get(e.attempt);
  const onto = work ? [...(world.conflicts.get(work) ?? [])] : [];
  return onto.some((commit) => world.targets.has(commit))
    ? []
    : [`innocent: ${e.attempt} is refused for a conflict with what is not the target`];
}

/** What is taken back leaves nothing that landed upon it. */
function undoesWholeTowers(e: Event, { before }: Look): readonly string[] {
  if (e.type !== 'undo.passed') return [];
  const gone = new Set<TaskId>(e.tasks);
  const left = [...before.landed].filter((id) => !gone.has(id));
  return [
    ...e.tasks
      .filter((id) => !before.landed.has(id))
      .map((id) => `undo: ${id} is taken back, and has not landed`),
    ...left
      .filter((id) => before.task(id).spec.dependsOn.some((on) => gone.has(on)))
      .map((id) => `undo: ${id} stays, and what it stands on is taken back`),
  ];
}

/** P9: what waits to land when a run closes is landed first. */
function closesOnAnEmptyQueue(e: Event, { before, entry }: Look): readonly string[] {
  if (!entry.events.some((other) => other.type === 'run.closed')) return [];
  const waiting = [...before.queue].filter(
    (id) => e.type === 'run.closed' || (isGivingUp(e) && e.task === taskOf(id)),
  );
  return waiting.map((id) => `P9: the run closes while ${id} waits to land`);
}

const isGivingUp = (e: Event): e is EventOf<'task.failed' | 'task.cancelled'> =>
  e.type === 'task.failed' || e.type === 'task.cancelled';

/** A run is done with nobody at work, on a head that was checked, when its planner has said so. */
function closesWhenAllIsSaid(e: Event, { before, story, base }: Look): readonly string[] {
  if (e.type !== 'run.closed') return [];
  const alive = [...before.live].map((id) => `P9: the run closes, and ${id} is alive`);
  if (e.reason !== 'done') return alive;
  const isChecked = !story.hasChecks || e.head === base || before.lastChecked === e.head;
  const isSaid = story.mode !== 'planner' || before.saysDone;
  return [
    ...alive,
    ...(isChecked ? [] : ['acceptance: the run closes on a head nobody checked']),
    ...(isSaid ? [] : ['P9: the run closes as done, and its planner has not said so']),
  ];
}

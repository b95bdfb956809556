/** The promises, as questions to a world whose run has closed. Each answers with what is broken, in words. */
import { isDeepStrictEqual } from 'node:util';
import type { Entry, Event } from '@swarm/core/events';
import { fold } from '@swarm/core/fold';
import { ENDINGS, UNCOUNTED_ATTEMPTS_MAX } from '@swarm/core/model/attempt';
import { type CommitId, type TaskId, taskOf } from '@swarm/core/model/ids';
import type { LandingMember } from '@swarm/core/model/landing';
import { isOver, type Task } from '@swarm/core/model/task';
import { tokensOf } from '@swarm/core/model/usage';
import { heldScopes, holdOf } from '@swarm/core/rules/holding';
import { emptyState, type State } from '@swarm/core/state';
import { report } from '@swarm/core/views/report';
import { OVERSHOOT_TOKENS, USD_PER_TOKEN } from '../twins/agent.ts';
import { marksOn, undosOn } from '../twins/hub.ts';
import { changedPaths, membersOf, trailer } from '../twins/objects.ts';
import { brokenFiles } from '../twins/sandbox.ts';
import { GUARDED } from '../twins/words.ts';
import { SCALE_MAX } from './actors.ts';
import { readLaws } from './laws.ts';
import type { Ledger } from './ledger.ts';
import type { SimProcess } from './process.ts';
import { EPOCH } from './scheduler.ts';
import type { Story } from './story.ts';
import type { World } from './world.ts';

interface Evidence {
  readonly world: World;
  readonly story: Story;
  readonly entries: readonly Entry[];
  readonly events: readonly Event[];
  /** Folded from the journal alone. */
  readonly state: State;
  /** As the orchestrator that closed the run had it. */
  readonly live: State;
  /** The journal read by other code than the core's. */
  readonly ledger: Ledger;
}

type Promised = (e: Evidence) => readonly string[];

export function violationsOf(world: World, story: Story, last: SimProcess): readonly string[] {
  const entries = world.acked;
  const state = emptyState();
  for (const entry of entries) fold(state, entry);
  const events = entries.flatMap((e) => e.events);
  const { broken, ledger } = readLaws(world, story);
  const evidence = { world, story, entries, events, state, live: last.orchestrator!.state, ledger };
  return [...broken, ...PROMISES.flatMap((promised) => promised(evidence))];
}

const PROMISES: readonly Promised[] = [
  planIsWhole,
  everyTaskIsOver,
  nothingLandsTwice,
  everyLandingWasGated,
  nothingBrokenLanded,
  guardedIsLeft,
  humanWorkIsThere,
  landingsTouchTheirOwnPathsOnly,
  landedMeansPublished,
  journalAndTargetAgree,
  journalIsTheState,
  budgetHolds,
  spendingAddsUp,
  cancelledStaysOut,
  scopesKeepOneAnotherOut,
  staysBelowTheOperator,
  attemptsAreBounded,
  failuresHaveTheirReason,
  workStaysWithItsTask,
  verifiedHolds,
];

/** P1: a plan is accepted whole or not at all. */
function planIsWhole({ story, events }: Evidence): readonly string[] {
  if (story.mode !== 'plan') return [];
  const accepted = events.filter((e) => e.type === 'task.accepted' && e.source.by === 'plan').length;
  return accepted === story.plan.length
    ? []
    : [`P1: the plan has ${story.plan.length} tasks, ${accepted} were accepted`];
}

/** P1, P9. */
function everyTaskIsOver({ events, state }: Evidence): readonly string[] {
  const accepted = events.flatMap((e) => (e.type === 'task.accepted' ? [e.task] : []));
  return accepted.flatMap((id) => {
    const task = state.tasks.get(id);
    if (!task) return [`P1: ${id} was accepted and is gone`];
    return isOver(task.state) ? [] : [`P9: ${id} is ${task.state} in a closed run`];
  });
}

/** P2. */
function nothingLandsTwice({ world }: Evidence): readonly string[] {
  const tasks = marksOn(world, world.base, world.target).map((m) => m.task);
  const undone = undosOn(world, world.base, world.target).flatMap((m) => m.tasks);
  const twice = (list: readonly TaskId[]) => list.filter((t, i) => list.indexOf(t) !== i);
  return [
    ...twice(tasks).map((t) => `P2: ${t} is on the target twice`),
    ...twice(undone).map((t) => `P2: ${t} was taken back twice`),
  ];
}

/** P3: before a commit of ours became the target, a pass for exactly that commit, tree and parent was durable. */
function everyLandingWasGated({ world, entries, story }: Evidence): readonly string[] {
  return world.published.flatMap(({ commit, durableSeq }) => {
    const before = entries.slice(0, durableSeq).flatMap((e) => e.events);
    const isTested = isGated(world, before, commit, story.hasGate);
    return isTested || isGatedUndo(world, before, commit, story.hasGate)
      ? []
      : [`P3: ${commit} was published without a pass`];
  });
}

function isGated(world: World, before: readonly Event[], commit: CommitId, needsPass: boolean): boolean {
  const { tree, parents } = world.objects.get(commit);
  const started = before.filter((e) => e.type === 'landing.started' && e.candidate.commit === commit);
  return started.some((s) => {
    if (s.type !== 'landing.started') return false;
    if (s.candidate.tree !== tree || s.candidate.parent !== parents[0]) return false;
    if (!isMadeOf(world, commit, s.members)) return false;
    const verdict = before.find((e) => e.type === 'gate.ended' && e.landing === s.landing);
    const outcome = verdict?.type === 'gate.ended' ? verdict.result.outcome : undefined;
    if (outcome === 'no-worse') return needsPass && isNoWorse(world, commit);
    return outcome === (needsPass ? 'passed' : 'none');
  });
}

function isGatedUndo(world: World, before: readonly Event[], commit: CommitId, needsPass: boolean): boolean {
  const { tree, parents } = world.objects.get(commit);
  return before.some(
    (e) =>
      e.type === 'undo.passed' &&
      isDeepStrictEqual([e.candidate], [{ parent: parents[0], commit, tree }]) &&
      (needsPass ? ['passed', 'no-worse'] : ['none']).includes(e.gate.outcome),
  );
}

/** A landing of one is its task's commit; of several, one merge of the tip of their commits, one upon the other. */
function isMadeOf(world: World, commit: CommitId, members: readonly LandingMember[]): boolean {
  const made = world.objects.get(commit);
  if (members.length === 1) return made.parents.length === 1 && members[0]!.commit === commit;
  const chain = membersOf(world.objects, made);
  return (
    chain.length === members.length &&
    chain.every(({ id, parents }, i) => parents.length === 1 && members[i]!.commit === id) &&
    chain.at(-1)!.tree === made.tree
  );
}

/** P3, by what the gate really looks at: nothing of ours that it refuses ever became the target. */
function nothingBrokenLanded({ world, story, events }: Evidence): readonly string[] {
  if (!story.hasGate) return [];
  const undos = new Set(events.flatMap((e) => (e.type === 'undo.passed' ? [e.candidate.commit] : [])));
  // What is taken back may have mended the base: it is as broken as that again, and no worse.
  const base = world.objects.treeOf(world.base);
  return world.published
    .filter(({ commit }) => !isNoWorse(world, commit, undos.has(commit) ? brokenFiles(base) : []))
    .map(({ commit }) => `P3: ${commit} was published, and the gate fails on it`);
}

/** Whoever publishes knows what was cancelled by then. */
function cancelledStaysOut({ world, entries }: Evidence): readonly string[] {
  return world.published.flatMap(({ commit, knownSeq }) => {
    const cancelled = new Set<TaskId>();
    for (const e of entries.slice(0, knownSeq).flatMap((entry) => entry.events)) {
      if (e.type === 'task.cancelled') cancelled.add(e.task);
      if (e.type === 'task.retried') cancelled.delete(e.task);
    }
    const made = world.objects.get(commit);
    const tasks = [...membersOf(world.objects, made), made].map(({ message }) =>
      trailer(message, 'Swarm-Task'),
    );
    return tasks
      .filter((task) => cancelled.has(task as TaskId))
      .map((task) => `cancel: ${task} was cancelled and is published afterwards`);
  });
}

/** Nothing is broken in it that was not broken in what it stands on: on a green target, nothing. */
function isNoWorse({ objects }: World, commit: CommitId, known: readonly string[] = []): boolean {
  const [onto] = objects.get(commit).parents;
  const before = new Set([...(onto ? brokenFiles(objects.treeOf(onto)) : []), ...known]);
  return brokenFiles(objects.treeOf(commit)).every((file) => before.has(file));
}

/** What only the operator may change, no landing changes. */
function guardedIsLeft({ world, story }: Evidence): readonly string[] {
  if (story.mode === 'land') return [];
  return marksOn(world, world.base, world.target).flatMap(({ commit, task }) => {
    const made = world.objects.get(commit);
    const changed = changedPaths(world.objects.treeOf(made.parents[0]!), world.objects.treeOf(commit));
    return changed.includes(GUARDED) ? [`protected: the landing of ${task} changed ${GUARDED}`] : [];
  });
}

/** P4: nobody else's commit is gone, unless somebody else took it away. */
function humanWorkIsThere({ world }: Evidence): readonly string[] {
  const there = world.objects.ancestors(world.target);
  return [...world.humanCommits]
    .filter((id) => !there.has(id))
    .map((id) => `P4: the commit ${id} of a person is gone`);
}

/** P5. */
function landingsTouchTheirOwnPathsOnly({ world, state }: Evidence): readonly string[] {
  return marksOn(world, world.base, world.target).flatMap(({ commit, attempt }) => {
    const made = world.objects.get(commit);
    const changed = changedPaths(world.objects.treeOf(made.parents[0]!), world.objects.treeOf(commit));
    const by = state.attempts.get(attempt);
    const own = by?.state === 'ended' ? (by.handoff?.change?.filesChanged ?? []) : [];
    const other = changed.filter((path) => !own.includes(path));
    return other.length === 0
      ? []
      : [`P5: the landing of ${attempt} changed ${other.join(', ')}, its branch did not`];
  });
}

/** P13: nothing was ever said to have landed that did not become the target. */
function landedMeansPublished({ world, events }: Evidence): readonly string[] {
  const published = new Set(world.published.map((p) => p.commit));
  return events.flatMap((e) => {
    if (e.type === 'landing.landed' && !published.has(e.candidate.commit))
      return [`P13: ${e.landing} is recorded as landed, and never was on the target`];
    if (e.type === 'landing.undone' && !published.has(e.commit))
      return [`P13: ${e.task} is recorded as undone, and its undo never was on the target`];
    return [];
  });
}

/** A person who moves the target as the run closes is not seen any more. */
const LAST_LOOK_MS = 90_000;

/** P13: what the journal says has landed is on the target, and the reverse. */
function journalAndTargetAgree({ world, state }: Evidence): readonly string[] {
  if (state.closed!.at - EPOCH - world.humanMovedAt < LAST_LOOK_MS) return [];
  const undone = undosOn(world, world.base, world.target).flatMap((m) => m.tasks);
  const onTarget = new Set(marksOn(world, world.base, world.target).map((m) => m.task));
  for (const task of undone) onTarget.delete(task);
  const said = [...state.byState.landed];
  return [
    ...said
      .filter((t) => !onTarget.has(t))
      .map((t) => `P13: ${t} has landed, says the journal; it is not on the target`),
    ...[...onTarget]
      .filter((t) => !state.byState.landed.has(t))
      .map(
        (t) => `P13: ${t} is on the target; the journal says ${state.tasks.get(t)?.state ?? 'nothing of it'}`,
      ),
    ...(state.head === world.target
      ? []
      : [`P13: the journal's head is ${state.head}, the target ${world.target}`]),
  ];
}

/** P7. */
function journalIsTheState({ state, live }: Evidence): readonly string[] {
  return isDeepStrictEqual(state, live)
    ? []
    : ['P7: the journal replayed is not the state the run closed with'];
}

/** P8: what was spent passes the budget by no more than one call of each that was in flight. */
function budgetHolds({ world, state, story }: Evidence): readonly string[] {
  const { used, lost } = state.spending;
  const overshoot = (Math.max(story.workers, SCALE_MAX) + 1) * OVERSHOOT_TOKENS;
  const tokens = Math.max(world.spentTokens, tokensOf(used) + lost.tokens);
  const usd = Math.max(world.spentTokens * USD_PER_TOKEN, used.costUsd + lost.usd);
  const { tokens: tokensMax = Number.POSITIVE_INFINITY, usd: usdMax = Number.POSITIVE_INFINITY } = story;
  return [
    ...(tokens > tokensMax + overshoot ? [`P8: ${tokens} tokens are spent of ${tokensMax}`] : []),
    ...(usd > usdMax + overshoot * USD_PER_TOKEN + 1e-9 ? [`P8: ${usd} usd are spent of ${usdMax}`] : []),
  ];
}

/** What is said to be spent is what was told of every attempt and iteration. */
function spendingAddsUp({ state, ledger }: Evidence): readonly string[] {
  const [said, told] = [tokensOf(state.spending.used), tokensOf(ledger.usage)];
  const { tokens, usd } = state.spending.reserved;
  return [
    ...(said === told ? [] : [`P8: ${said} tokens are said to be spent, ${told} were told`]),
    ...(tokens === 0 && usd === 0 ? [] : [`P8: ${tokens} tokens and ${usd} usd are still set aside`]),
  ];
}

/** Where scopes serialize, no attempt starts in one that work not yet landed holds, as declared or as learned. */
function scopesKeepOneAnotherOut({ entries, story }: Evidence): readonly string[] {
  if (story.overlap !== 'serialize') return [];
  const state = emptyState();
  return entries.flatMap((entry) => {
    fold(state, entry);
    return entry.events.flatMap((e) =>
      e.type === 'attempt.started'
        ? trespasses(state, taskOf(e.attempt))
        : e.type === 'task.expanded' && e.by === 'candidates'
          ? trespasses(state, e.task)
          : [],
    );
  });
}

function trespasses(state: State, id: TaskId): readonly string[] {
  const held = heldScopes(state);
  const mine = holdOf(state, state.tasks.get(id)!);
  return held
    .meetings(mine)
    .filter((other) => other.id !== id)
    .map((other) => `scope: ${id} started while ${other.id} holds ${other.entry}`);
}

/** However it scales itself, a run stays below the operator's number. */
function staysBelowTheOperator({ events, story }: Evidence): readonly string[] {
  let most = story.workers;
  return events.flatMap((e) => {
    if (e.type !== 'run.scaled') return [];
    if (e.by !== 'itself') most = e.workers;
    return e.workers > most ? [`scale: ${e.workers} workers, and ${most} are allowed`] : [];
  });
}

/** P8. */
function attemptsAreBounded({ ledger, story }: Evidence): readonly string[] {
  return [...ledger.tasks].flatMap(([id, { attempts, counted }]) => {
    if (attempts > UNCOUNTED_ATTEMPTS_MAX) return [`P8: ${id} had ${attempts} attempts`];
    return counted > story.attempts ? [`P8: ${id} used ${counted} of ${story.attempts} attempts`] : [];
  });
}

/** P15 and honesty: a task that ran out of attempts used them all, each by an ending that counts. */
function failuresHaveTheirReason({ state, story, ledger }: Evidence): readonly string[] {
  return [...state.tasks.values()].flatMap((t) => {
    if (t.state !== 'failed' || t.failure !== 'attempts' || isHeld(state, t)) return [];
    // A task may have used up a budget of its own.
    if (story.features.tried?.taskTokens !== undefined && / tokens is used up$/.test(t.detail)) return [];
    // What several tried has laws of its own: contest-laws.ts.
    if (ledger.contests.of.has(t.id) || ledger.contests.contests.has(t.id)) return [];
    const { counted, attempts } = ledger.task(t.id);
    return counted >= story.attempts || attempts >= UNCOUNTED_ATTEMPTS_MAX
      ? []
      : [`P15: ${t.id} failed after ${counted} of ${story.attempts} counted attempts: ${t.detail}`];
  });
}

/** Its last attempt ended in a way that is not tried again. */
function isHeld(state: State, t: Task): boolean {
  const last = [...state.attempts.values()].findLast((a) => a.task === t.id);
  return last?.state === 'ended' && !ENDINGS[last.ending].retries;
}

/** What was taken in of a task is not gone while the task counts as done: it was upheld, or it is tried again. */
function workStaysWithItsTask({ world, state, events }: Evidence): readonly string[] {
  const { objects } = world;
  return events.flatMap((e) => {
    if (e.type !== 'attempt.ended' || e.reason !== 'unneeded') return [];
    const { base, from, task } = state.attempts.get(e.attempt)!;
    const bases = [...state.attempts.values()].filter((a) => a.task === task).map((a) => a.base);
    // Where history was rewritten earlier work is not brought along, or it would bring back what was taken off.
    const isBrought = from && bases.every((one) => objects.isAncestor(one, base));
    return !isBrought || objects.isAncestor(from, e.work ?? base)
      ? []
      : [`loss: ${task} counts as done after ${e.attempt}, and its earlier work ${from} is gone`];
  });
}

/** What is said to be verified at the end is so, in a clean checkout of the target; what is not is told, and the run is not complete. */
function verifiedHolds({ world, state }: Evidence): readonly string[] {
  if (state.closed!.at - EPOCH - world.humanMovedAt < LAST_LOOK_MS || state.head !== state.closed!.head)
    return [];
  const target = world.objects.treeOf(world.target);
  const told = report(state);
  const lost = told.list.filter(({ task, state: is }) => {
    const [, path, word] = /^has (\S+) (\S+)$/.exec(state.tasks.get(task)!.spec.verify ?? '') ?? [];
    return is === 'landed' && path !== undefined && !(target.get(path) ?? '').includes(word!);
  });
  return lost.flatMap(({ task, verified }) => [
    ...(verified === 'verified'
      ? [`truth: ${task} is said to be verified, and its check fails on the target`]
      : []),
    ...(told.verdict === 'complete'
      ? [`truth: the run is complete, and the check of ${task} fails on the target`]
      : []),
  ]);
}

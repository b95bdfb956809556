/**
 * The journal read once more, by code of its own: what a fault in the core's own folding would hide shows here.
 * Each law looks at an event with what was so before it, and answers with what is broken, in words.
 */
import type { Entry, Event, EventOf } from '@swarm/core/events';
import {
  type AttemptId,
  attemptId,
  type CommitId,
  type LandingId,
  type TaskId,
  taskOf,
} from '@swarm/core/model/ids';
import type { TaskSpec } from '@swarm/core/model/task';
import { NO_USAGE, tokensOf, type Usage } from '@swarm/core/model/usage';
import { Blame } from './blame.ts';
import { ContestLedger } from './contest-ledger.ts';
import { CriteriaLedger } from './criteria-ledger.ts';
import { HostLedger } from './host-ledger.ts';
import { Purse } from './purse.ts';
import { SteerLedger } from './steer-ledger.ts';
import { TargetLine } from './target-line.ts';
import { VoteLedger } from './vote-ledger.ts';

/** Endings and rejections that use up no attempt: written out here, because the core's own table may be wrong. */
export const FREE_ENDINGS: readonly string[] = [
  'handed-in',
  'lost',
  'drained',
  'model-down',
  'disk-full',
  'budget-limit',
  'cancelled',
];
export const FREE_REJECTIONS: readonly string[] = ['work-lost'];

export interface LedgerTask {
  spec: TaskSpec;
  readonly signatures: readonly string[];
  attempts: number;
  /** Attempts used up since it was last tried again at somebody's word. */
  counted: number;
  /** The attempt that works on it, or whose work waits. */
  holder: AttemptId | undefined;
  isSettled: boolean;
  isOver: boolean;
}

/** A task that is split. */
export interface Split {
  readonly parts: TaskId[];
  /** It waits for its parts. */
  isOpen: boolean;
  /** Its planner's last whole answer said that this is all. */
  isSaidDone: boolean;
}

type Paid = EventOf<'attempt.ended' | 'iteration.ended' | 'spend.recorded' | 'review.given'>;
const PAID: readonly string[] = ['attempt.ended', 'iteration.ended', 'spend.recorded', 'review.given'];
const isPaid = (e: Event): e is Paid => PAID.includes(e.type);

/** What stood in the journal before the event that is looked at. */
export class Ledger {
  readonly tasks = new Map<TaskId, LedgerTask>();
  readonly live = new Set<AttemptId>();
  /** Who works on each attempt. */
  readonly workerOf = new Map<AttemptId, string>();
  /** Handed in, and not landed, rejected or taken away. */
  readonly queue = new Set<AttemptId>();
  readonly landed = new Set<TaskId>();
  readonly undone = new Set<TaskId>();
  readonly gates = new Map<LandingId, { readonly members: number; outcome?: string }>();
  /** What was handed in, by attempt. */
  readonly works = new Map<AttemptId, CommitId>();
  gatesBroken = 0;
  paused: string | undefined;
  isDraining = false;
  workers: number;
  /** How often a person's own pause came to its end. */
  operatorPausesEnded = 0;
  lastChecked: string | undefined;
  readonly ended = new Set<AttemptId>();
  readonly line = new TargetLine();
  readonly votes = new VoteLedger();
  readonly criteria = new CriteriaLedger();
  readonly contests = new ContestLedger();
  readonly purse = new Purse();
  readonly steering = new SteerLedger();
  readonly blame = new Blame();
  readonly machines = new HostLedger();
  /** Tasks that are split, or were. */
  readonly splits = new Map<TaskId, Split>();
  /** Of each part, what it is a part of. */
  readonly parents = new Map<TaskId, TaskId>();
  /** The iteration that is live, and whether the process that began it is. */
  iteration: { readonly isOrphan: boolean } | undefined;
  saysDone = false;
  usage: Usage = NO_USAGE;

  constructor(workers: number) {
    this.workers = workers;
  }

  take(event: Event): void {
    this.#takeRun(event);
    this.#takeTask(event);
    this.#takeAttempt(event);
    this.#takeLanding(event);
    this.#takeSplit(event);
    this.#takeVotes(event);
    this.#takeContest(event);
    this.purse.take(event);
    this.steering.take(event);
    this.blame.take(event);
    this.machines.take(event);
    this.line.take(event, (task) => this.landed.has(task) || this.undone.has(task));
  }

  /** Its task is its own still. */
  holds(attempt: AttemptId): boolean {
    return this.task(taskOf(attempt)).holder === attempt;
  }

  task(id: TaskId): LedgerTask {
    return this.tasks.get(id)!;
  }

  #takeRun(e: Event): void {
    if (e.type === 'run.paused') this.paused = e.reason;
    if (e.type === 'run.continued' || e.type === 'run.cancelled') {
      if (e.type === 'run.continued' && this.paused === 'operator') this.operatorPausesEnded += 1;
      this.paused = undefined;
    }
    if (e.type === 'run.scaled') this.workers = e.workers;
    if (e.type === 'run.resumed') this.isDraining = false;
    if (e.type === 'iteration.started' && e.owner === undefined) this.iteration = { isOrphan: false };
    if (e.type === 'run.resumed' && this.iteration) this.iteration = { isOrphan: true };
    if (e.type === 'iteration.ended' && e.owner === undefined) this.iteration = undefined;
    if (e.type === 'checks.ended') this.lastChecked = e.result.head;
    if (e.type === 'iteration.ended' && e.outcome === 'planned' && e.owner === undefined)
      this.saysDone = e.isDone && [...this.tasks.values()].every((task) => task.isOver);
    if (e.type === 'request.amended') this.saysDone = false;
    if (isPaid(e)) this.usage = { ...this.usage, inputTokens: tokensOf(this.usage) + tokensOf(e.usage) };
  }

  #takeTask(e: Event): void {
    if (e.type === 'task.accepted') {
      const signatures = e.source.by === 'reconciler' ? e.source.signatures : [];
      const { spec } = e;
      this.tasks.set(e.task, {
        spec,
        signatures,
        attempts: 0,
        counted: 0,
        holder: undefined,
        isSettled: false,
        isOver: false,
      });
    }
    if (e.type === 'task.rescoped') this.task(e.task).spec = e.spec;
    if (e.type === 'task.retried')
      Object.assign(this.task(e.task), { counted: 0, isOver: false, holder: undefined });
    if (e.type === 'task.requeued') this.#leave(e.task, false);
    if (e.type === 'task.failed' || e.type === 'task.cancelled') this.#leave(e.task, true);
  }

  #takeAttempt(e: Event): void {
    if (e.type === 'attempt.started') {
      const task = this.task(taskOf(e.attempt));
      task.attempts += 1;
      task.holder = e.attempt;
      this.live.add(e.attempt);
      this.workerOf.set(e.attempt, e.worker);
    }
    if (e.type !== 'attempt.ended') return;
    this.live.delete(e.attempt);
    this.ended.add(e.attempt);
    if (e.handoff?.change) this.works.set(e.attempt, e.handoff.change.commit);
    if (e.reason === 'drained') this.isDraining = true;
    const id = taskOf(e.attempt);
    const task = this.task(id);
    if (task.holder !== e.attempt) return;
    if (!FREE_ENDINGS.includes(e.reason)) task.counted += 1;
    if (e.reason === 'handed-in') this.#handIn(id, e.attempt);
    else if (e.reason === 'answered' || e.reason === 'unneeded') this.#settle(id);
    else this.#leave(id, true);
  }

  #takeLanding(e: Event): void {
    if (e.type === 'landing.started') this.gates.set(e.landing, { members: e.members.length });
    if (e.type === 'gate.ended' && e.result.outcome === 'broken') this.gatesBroken += 1;
    if (e.type === 'gate.ended') this.gates.get(e.landing)!.outcome = e.result.outcome;
    if (e.type === 'landing.landed') for (const { task } of e.members) this.#land(task);
    if (e.type === 'landing.found') this.#land(e.task);
    if (e.type === 'landing.rejected') {
      const id = taskOf(e.attempt);
      if (e.isThere) return this.#settle(id);
      this.#leave(id, false);
      if (!FREE_REJECTIONS.includes(e.reason) && e.isRace !== true) this.task(id).counted += 1;
    }
    if (e.type === 'landing.undone') {
      this.undone.add(e.task);
      this.#lose(e.task, true);
    }
    if (e.type === 'target.moved') for (const id of e.lost) this.#lose(id, false);
  }

  #takeSplit(e: Event): void {
    if (e.type === 'task.expanded') {
      const before = this.splits.get(e.task);
      // Those that a rule has made are all there are.
      const isPiped = e.by !== undefined;
      const parts = isPiped ? [] : (before?.parts ?? []);
      this.splits.set(e.task, { parts, isOpen: true, isSaidDone: isPiped });
    }
    if (e.type === 'iteration.ended' && e.owner !== undefined && e.outcome === 'planned') {
      const split = this.splits.get(e.owner);
      if (split) split.isSaidDone = e.isDone;
    }
    if (e.type === 'task.rescoped') this.splits.delete(e.task);
    if (e.type === 'task.accepted' && 'parent' in e.source) this.#addPart(e.source.parent, e.task);
    if (e.type === 'task.gathered') this.#settle(e.task);
    if (e.type === 'target.moved') for (const id of e.lost) this.#reopen(id);
    for (const [id, split] of this.splits) {
      const isLeft = e.type === 'task.unsplit' && e.task === id;
      if (isLeft || (split.isOpen && this.task(id).isOver)) split.isOpen = false;
    }
  }

  #addPart(parent: TaskId, part: TaskId): void {
    this.splits.get(parent)?.parts.push(part);
    this.parents.set(part, parent);
  }

  /** What was gathered of it waits for it again. */
  #reopen(id: TaskId): void {
    for (const [owner, split] of this.splits) {
      if (!split.parts.includes(id)) continue;
      if (this.task(owner).isSettled) {
        this.#leave(owner, false);
        split.isOpen = true;
      }
      this.#reopen(owner);
    }
  }

  /** What is handed in of several that try a task waits outside of the queue. */
  #handIn(id: TaskId, attempt: AttemptId): void {
    if (!this.contests.isHeldBack(id)) this.queue.add(attempt);
  }

  #takeContest(e: Event): void {
    this.contests.take(e);
    if (e.type === 'contest.failed') {
      this.task(e.task).counted += 1;
      for (const id of e.again) Object.assign(this.task(id), { isOver: false, holder: undefined });
    }
    if (e.type !== 'contest.decided') return;
    for (const { task } of e.lost) this.#leave(task, true);
    const { holder } = this.task(e.winner);
    if (holder) this.queue.add(holder);
  }

  #takeVotes(e: Event): void {
    this.votes.take(e);
    this.criteria.take(e);
    if (e.type === 'review.asked') this.queue.delete(e.attempt);
    if (e.type === 'review.ended' && e.verdict === 'approved') this.queue.add(e.attempt);
  }

  #land(id: TaskId): void {
    this.landed.add(id);
    this.undone.delete(id);
    this.#settle(id);
  }

  #lose(id: TaskId, isOver: boolean): void {
    this.landed.delete(id);
    this.#leave(id, isOver);
  }

  #settle(id: TaskId): void {
    this.#leave(id, true);
    this.task(id).isSettled = true;
  }

  /** Nobody works on it any more, and nothing of it waits. */
  #leave(id: TaskId, isOver: boolean): void {
    const task = this.task(id);
    for (let n = 1; n <= task.attempts; n++) this.queue.delete(attemptId(id, n));
    Object.assign(task, { holder: undefined, isOver, isSettled: false });
  }
}

/** Reads every entry; `look` is called with each event before it is taken. */
export function readLedger(
  entries: readonly Entry[],
  workers: number,
  look: (event: Event, before: Ledger, entry: Entry) => void,
): Ledger {
  const ledger = new Ledger(workers);
  for (const entry of entries) {
    for (const event of entry.events) {
      look(event, ledger, entry);
      ledger.take(event);
    }
  }
  return ledger;
}

import type { Event } from '@swarm/core/events';
import { attemptId, type TaskId, taskOf } from '@swarm/core/model/ids';
import type { Task } from '@swarm/core/model/task';
import { keptOutBy } from '@swarm/core/rules/contested';
import { waitsForOf } from '@swarm/core/rules/dependencies';
import { holdOf } from '@swarm/core/rules/holding';
import { mayOpen } from '@swarm/core/rules/opening';
import { ownersOf } from '@swarm/core/rules/owners';
import { ReadyQueue, type ReadyTask, readyTaskOf } from '@swarm/core/rules/ready-queue';
import type { OpenedState, State } from '@swarm/core/state';
import { HeldRoles } from './held-roles.ts';

/**
 * Keeps the ready queue in step with the folded state: a task is offered when it is pending and what it depends on
 * is there, holds its scope from its attempt's start until it has landed or ended, and then lets it go. What is held
 * follows what is learned: with a handoff, the files it changed; with a new habit of the repository's, for everybody
 * in flight.
 */
export class Scheduling {
  readonly #state: State;
  readonly #queue: ReadyQueue;
  readonly #held: HeldRoles;
  /** The version of what was learned that the held scopes are of. */
  #learned: number;

  /** Built from the state alone, so that a restart gives the same order. */
  constructor(state: OpenedState) {
    this.#state = state;
    const foldOf = ({ id }: ReadyTask) => holdOf(state, state.tasks.get(id)!);
    this.#queue = new ReadyQueue(state.run.request.overlap, foldOf);
    this.#held = new HeldRoles(state);
    this.#learned = state.footprint.version;
    this.#holdInFlight();
    this.#placeAll();
  }

  /** To be called with every event after its entry was folded. */
  follow(e: Event): void {
    if (e.type === 'budget.neared') this.#keepBack();
    if (e.type === 'limits.raised' || e.type === 'run.reopened') this.#placeAll();
    for (const id of touched(e, this.#state)) this.#sync(this.#state.tasks.get(id)!);
    if (this.#learned !== this.#state.footprint.version) this.#relearn();
  }

  /**
   * Takes the most urgent task whose scope is free; it holds its scope from here on.
   * @param isFor others are passed over: nobody who could do them is free.
   */
  next(isFor: (id: TaskId) => boolean = () => true): TaskId | undefined {
    const aside: ReadyTask[] = [];
    const isPassed = ({ id }: ReadyTask): boolean => keptOutBy(this.#state, id) !== undefined || !isFor(id);
    let found = this.#nextOfRoom();
    for (; found && isPassed(found); found = this.#nextOfRoom()) aside.push(found);
    for (const task of aside) {
      this.#queue.release(task.id);
      this.#queue.offer(task);
    }
    return found?.id;
  }

  /** The next one whose role has room; those of a full one are held back meanwhile. */
  #nextOfRoom(): ReadyTask | undefined {
    this.#held.offer(this.#queue);
    for (;;) {
      const found = this.#queue.next();
      if (!found) {
        if (this.#held.offerOne(this.#queue)) continue;
        return undefined;
      }
      if (!this.#held.isFull(found.id)) return found;
      this.#queue.release(found.id);
      this.#held.hold(found);
    }
  }

  /** Tasks in flight whose scope meets that of one that was just taken; there are some only under `warn`. */
  beside(id: TaskId): readonly { readonly id: TaskId; readonly entry: string }[] {
    return this.#queue.beside(id);
  }

  #placeAll(): void {
    for (const id of this.#state.byState.pending) this.#place(this.#state.tasks.get(id)!);
  }

  /** What may not open any more is not offered: nothing that mends the target waits behind it. */
  #keepBack(): void {
    for (const id of this.#state.byState.pending)
      if (!mayOpen(this.#state, this.#state.tasks.get(id)!)) this.#withdraw(id);
  }

  #relearn(): void {
    this.#learned = this.#state.footprint.version;
    this.#queue.relearn();
    this.#holdInFlight();
  }

  #holdInFlight(): void {
    const { assigned, running, contending, reviewing, complete, expanded } = this.#state.byState;
    const tried = [...expanded].filter((id) => this.#state.plans.get(id)?.contest);
    for (const ids of [assigned, running, contending, reviewing, complete, tried])
      for (const id of ids) this.#hold(id);
  }

  #hold(id: TaskId): void {
    this.#queue.hold(id, holdOf(this.#state, this.#state.tasks.get(id)!));
  }

  #sync(task: Task): void {
    switch (task.state) {
      case 'pending':
        this.#queue.release(task.id);
        this.#replace(task);
        break;
      case 'complete':
      case 'contending':
      case 'reviewing':
        return this.#hold(task.id);
      case 'expanded':
        this.#withdraw(task.id);
        // Who try it hold nothing of their own.
        if (this.#state.plans.get(task.id)?.contest) this.#hold(task.id);
        else this.#queue.release(task.id);
        break;
      case 'assigned':
      case 'running':
        return;
      default:
        this.#withdraw(task.id);
        this.#queue.release(task.id);
    }
    // Its dependents may start now, or, when a landing was taken back, may not any more.
    for (const id of this.#state.dependents.get(task.id) ?? []) {
      const dependent = this.#state.tasks.get(id)!;
      if (dependent.state === 'pending') this.#replace(dependent);
    }
  }

  #withdraw(id: TaskId): void {
    this.#queue.withdraw(id);
    this.#held.drop(id);
  }

  #replace(task: Task): void {
    this.#withdraw(task.id);
    this.#place(task);
  }

  #place(task: Task): void {
    const isReady = waitsForOf(this.#state, task.spec) === undefined;
    // A task tried again may still have its cancelled attempt dying, or its own planner: it is offered when that has ended.
    const isDying =
      this.#state.liveAttempts.has(attemptId(task.id, task.attempts)) ||
      this.#state.plans.get(task.id)?.live !== undefined;
    if (!isReady || isDying || !mayOpen(this.#state, task)) return;
    this.#queue.offer(readyTaskOf(task));
  }
}

/** The tasks whose state or wording the event may have changed. */
function touched(e: Event, state: State): readonly TaskId[] {
  switch (e.type) {
    case 'task.accepted':
    case 'task.rescoped':
    case 'task.requeued':
    case 'task.failed':
    case 'task.cancelled':
    case 'task.retried':
    case 'task.prioritised':
    case 'landing.found':
    case 'landing.undone':
    case 'task.expanded':
    case 'task.unsplit':
    case 'task.gathered':
      return [e.task];
    case 'contest.decided':
      return [e.winner, ...e.lost.map(({ task }) => task)];
    case 'contest.failed':
      return e.again;
    case 'iteration.ended':
      return e.owner === undefined ? [] : [e.owner];
    case 'attempt.ended':
    case 'landing.rejected':
    case 'review.asked':
    case 'review.ended':
      return [taskOf(e.attempt)];
    case 'landing.landed':
      return e.members.map((m) => m.task);
    case 'target.moved':
      return e.lost.flatMap((id) => [id, ...ownersOf(state, id)]);
    default:
      return [];
  }
}

import {
  attemptId,
  type Event,
  isSatisfied,
  ReadyQueue,
  type State,
  type Task,
  type TaskId,
  taskNumber,
  taskOf,
} from '@swarm/core';

/**
 * Keeps the ready queue in step with the folded state: a task is offered when it is pending and what it depends on
 * is there, holds its scope from its attempt's start until it has landed or ended, and then lets it go.
 */
export class Scheduling {
  readonly #state: State;
  readonly #queue: ReadyQueue;

  /** Built from the state alone, so that a restart gives the same order. */
  constructor(state: State) {
    this.#state = state;
    this.#queue = new ReadyQueue(state.run!.request.overlap);
    const { assigned, running, complete, pending } = state.byState;
    for (const id of [...assigned, ...running, ...complete])
      this.#queue.hold(id, state.tasks.get(id)!.spec.scope);
    for (const id of pending) this.#place(state.tasks.get(id)!);
  }

  /** To be called with every event after its entry was folded. */
  follow(e: Event): void {
    for (const id of touched(e)) this.#sync(this.#state.tasks.get(id)!);
  }

  /** Takes the most urgent task whose scope is free; it holds its scope from here on. */
  next(): TaskId | undefined {
    return this.#queue.next()?.id;
  }

  #sync(task: Task): void {
    switch (task.state) {
      case 'pending':
        this.#queue.release(task.id);
        this.#replace(task);
        break;
      case 'assigned':
      case 'running':
      case 'complete':
        return;
      default:
        this.#queue.withdraw(task.id);
        this.#queue.release(task.id);
    }
    // Its dependents may start now, or, when a landing was taken back, may not any more.
    for (const id of this.#state.dependents.get(task.id) ?? []) {
      const dependent = this.#state.tasks.get(id)!;
      if (dependent.state === 'pending') this.#replace(dependent);
    }
  }

  #replace(task: Task): void {
    this.#queue.withdraw(task.id);
    this.#place(task);
  }

  #place(task: Task): void {
    const isReady = task.spec.dependsOn.every((id) => isSatisfied(this.#state.tasks.get(id)!.state));
    // A task tried again may still have its cancelled attempt dying: it is offered when that has ended.
    const isDying = this.#state.liveAttempts.has(attemptId(task.id, task.attempts));
    if (!isReady || isDying) return;
    this.#queue.offer({
      id: task.id,
      number: taskNumber(task.id),
      priority: task.spec.priority,
      scope: task.spec.scope,
    });
  }
}

/** The tasks whose state or wording the event may have changed. */
function touched(e: Event): readonly TaskId[] {
  switch (e.type) {
    case 'task.accepted':
    case 'task.rescoped':
    case 'task.requeued':
    case 'task.failed':
    case 'task.cancelled':
    case 'task.retried':
    case 'landing.found':
    case 'landing.undone':
      return [e.task];
    case 'attempt.ended':
    case 'landing.rejected':
      return [taskOf(e.attempt)];
    case 'landing.landed':
      return e.members.map((m) => m.task);
    case 'target.moved':
      return e.lost;
    default:
      return [];
  }
}

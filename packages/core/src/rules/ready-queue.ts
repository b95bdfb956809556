/**
 * Who goes next: tasks that may start, most urgent first, older first among equals, passing over those whose
 * scope is in use. Deterministic, and nothing in it is ever searched from end to end.
 *
 * A task that cannot start is parked under one entry of the scope that is in its way. When that entry is given
 * back, the first of those parked under it is looked at again, and the next one only if the entry is then still
 * free: of a thousand tasks waiting for `package.json`, one moves at a time.
 * The dear case is a folder given back: everything parked under it is looked at once.
 *
 * Fairness: a task with a wide scope could wait for ever while narrow ones, later in the order, come and go
 * inside it. Each that starts, later in the order and with part of its scope, has passed it over, and is counted as it
 * starts. After `PASSED_OVER_MAX` of them the scope is reserved: every task later in the order that overlaps it waits
 * behind it. Tasks earlier in the order still go first; that is what a priority is for. So nobody waits for more
 * than those that were there before it, so many that came after, and what is more urgent, however long one of them takes.
 *
 * What a task holds may be learned meanwhile: for those in flight at once (`hold`), for one that waits when it is next
 * looked at.
 */
import { type TaskId, taskNumber } from '../model/ids.ts';
import type { Request } from '../model/request.ts';
import { priorityOf, type Task } from '../model/task.ts';
import { Heap } from './heap.ts';
import { type FoldedScope, foldScope, ScopeIndex } from './scopes.ts';
import { type Ticket, WaitingLines } from './waiting.ts';

/** How many tasks later in the order may start in the way of one that waits, before its scope is reserved. */
export const PASSED_OVER_MAX = 32;

export interface ReadyTask {
  readonly id: TaskId;
  /** Order of entry; no two tasks share one. */
  readonly number: number;
  /** The least is most urgent. */
  readonly priority: number;
  readonly scope: readonly string[];
  /** It conflicted before: it goes behind the fresh tasks of its priority, which its last try may have waited on. */
  readonly isBehind?: boolean;
}

interface Waiter {
  readonly task: ReadyTask;
  readonly rank: number;
  /** Made when it is first looked at, not for a hundred thousand at once, and again when scopes were learned since. */
  folded: FoldedScope | undefined;
  foldedAt: number;
  /** The entry it was parked under until it was given back; set while the waiter is among the ready. */
  wokenBy: string | undefined;
  /** Set from when it is first found that it has to wait. */
  ticket: Ticket<Waiter> | undefined;
  passedOver: number;
  /** Taken or withdrawn; it is passed by where it is still met. */
  isGone: boolean;
}

/** The order as one number: priority, fresh or behind, number. Exact while there are fewer than 5·10^9 tasks, and no priority is beyond 100,000. */
export const rankOf = ({
  priority,
  number,
  isBehind,
}: Pick<ReadyTask, 'priority' | 'number' | 'isBehind'>): number =>
  priority * 1e10 + number + (isBehind ? 5e9 : 0);

/** A task as it stands in that order. */
export const readyTaskOf = (task: Task): ReadyTask => ({
  id: task.id,
  number: taskNumber(task.id),
  priority: priorityOf(task),
  scope: task.spec.scope,
  isBehind: task.setback?.reason === 'conflict',
});

/** What is parked behind a reservation is parked under this; no scope entry contains a NUL. */
const reservationOf = (id: string): string => `\0${id}`;

export class ReadyQueue {
  readonly #isSerial: boolean;
  /** Nobody even asks who holds what. */
  readonly #isFree: boolean;
  readonly #waiters = new Map<string, Waiter>();
  /** To be looked at. May still contain waiters that were withdrawn; they are skipped when met. */
  readonly #ready = new Heap<Waiter>();
  readonly #parked = new Map<string, Heap<Waiter>>();
  readonly #held = new ScopeIndex();
  readonly #waiting = new WaitingLines<Waiter>();
  readonly #reserved = new ScopeIndex();
  readonly #foldOf: (task: ReadyTask) => FoldedScope;
  /** Counts the times scopes were learned anew. */
  #learned = 0;

  /**
   * @param overlap with anything but `serialize` scopes keep nobody out.
   * @param foldOf the scope a task holds, if it is not what it declares; asked again after `relearn`.
   */
  constructor(overlap: Request['overlap'], foldOf = (task: ReadyTask) => foldScope(task.scope)) {
    this.#isSerial = overlap === 'serialize';
    this.#isFree = overlap === 'off';
    this.#foldOf = foldOf;
  }

  /** Tasks offered and not yet taken or withdrawn. */
  get size(): number {
    return this.#waiters.size;
  }

  /** The task may start. Offered again, it takes its new priority and scope and is no longer passed over. */
  offer(task: ReadyTask): void {
    this.withdraw(task.id);
    const waiter: Waiter = {
      task,
      rank: rankOf(task),
      folded: undefined,
      foldedAt: 0,
      wokenBy: undefined,
      ticket: undefined,
      passedOver: 0,
      isGone: false,
    };
    this.#waiters.set(task.id, waiter);
    this.#ready.push(waiter);
  }

  /** The task may not start any more. What it holds, if it was taken, it keeps. */
  withdraw(id: TaskId): void {
    const waiter = this.#waiters.get(id);
    if (waiter !== undefined) this.#leave(waiter);
  }

  /** Takes the first task whose scope is free, and holds its scope until `release`. */
  next(): ReadyTask | undefined {
    for (;;) {
      const waiter = this.#popLive(this.#ready);
      if (waiter === undefined) return undefined;
      const obstacle = this.#obstacle(waiter);
      if (obstacle === undefined) return this.#start(waiter);
      this.#park(waiter, obstacle);
    }
  }

  /** A task in flight holds this from here on, and does not wait. What it held and holds no more is given back. */
  hold(id: TaskId, scope: FoldedScope): void {
    this.withdraw(id);
    const before = this.#held.entries(id);
    this.#take(id, scope);
    for (const entry of before) this.#wake(entry);
  }

  /** Scopes are to be asked for again: each when its task is next looked at. */
  relearn(): void {
    this.#learned += 1;
  }

  /** Others in flight that hold part of what this one holds, and which entry of theirs: none where scopes are off. */
  beside(id: TaskId): { readonly id: TaskId; readonly entry: string }[] {
    const met = this.#held.meetings(this.#held.scopeOf(id)).filter((other) => other.id !== id);
    return met as { readonly id: TaskId; readonly entry: string }[];
  }

  /** The task's scope is free again. Does nothing for a task that holds none. */
  release(id: TaskId): void {
    const entries = this.#held.entries(id);
    this.#held.remove(id);
    for (const entry of entries) this.#wake(entry);
  }

  /** Tasks a waiting one waits for: those that hold part of its scope, then those it stands behind. */
  waitingFor(id: TaskId): TaskId[] {
    const waiter = this.#waiters.get(id);
    if (waiter === undefined) return [];
    const scope = this.#scopeOf(waiter);
    const reserved = this.#reserved.blockers(scope).filter((id) => this.#waiters.get(id)!.rank < waiter.rank);
    return [...this.#held.blockers(scope), ...reserved] as TaskId[];
  }

  #scopeOf(waiter: Waiter): FoldedScope {
    if (waiter.folded === undefined || waiter.foldedAt !== this.#learned) {
      waiter.folded = this.#foldOf(waiter.task);
      waiter.foldedAt = this.#learned;
      if (waiter.ticket) this.#rewrite(waiter, waiter.ticket, waiter.folded);
    }
    return waiter.folded;
  }

  /** It goes on waiting, for something else. */
  #rewrite(waiter: Waiter, ticket: Ticket<Waiter>, scope: FoldedScope): void {
    this.#waiting.remove(ticket);
    waiter.ticket = this.#waiting.add(waiter, waiter.rank, scope);
    if (this.#reserved.has(waiter.task.id)) this.#reserved.add(waiter.task.id, scope);
  }

  #obstacle(waiter: Waiter): string | undefined {
    if (!this.#isSerial) return undefined;
    const hit = this.#held.first(this.#scopeOf(waiter));
    if (hit !== undefined) return hit.entry;
    const ahead = this.#reservationBefore(waiter);
    return ahead === undefined ? undefined : reservationOf(ahead);
  }

  #reservationBefore(waiter: Waiter): string | undefined {
    let ahead: string | undefined;
    if (this.#reserved.size === 0) return ahead;
    this.#reserved.visit(this.#scopeOf(waiter), (id) => {
      if (this.#waiters.get(id)!.rank < waiter.rank) ahead = id;
      return ahead !== undefined;
    });
    return ahead;
  }

  #start(waiter: Waiter): ReadyTask {
    const { task, rank } = waiter;
    const scope = this.#scopeOf(waiter);
    this.#take(task.id, scope);
    this.#leave(waiter);
    for (const passed of this.#waiting.before(rank, scope)) this.#countPass(passed);
    return task;
  }

  #countPass(waiter: Waiter): void {
    if (++waiter.passedOver === PASSED_OVER_MAX) this.#reserved.add(waiter.task.id, this.#scopeOf(waiter));
  }

  #take(id: TaskId, scope: FoldedScope): void {
    if (!this.#isFree) this.#held.add(id, scope);
  }

  /** It waits no longer: what waited because of it, or behind it for the same entry, is looked at again. */
  #leave(waiter: Waiter): void {
    const { id } = waiter.task;
    waiter.isGone = true;
    this.#waiters.delete(id);
    if (waiter.ticket) this.#waiting.remove(waiter.ticket);
    if (this.#reserved.size > 0 && this.#reserved.has(id)) {
      this.#reserved.remove(id);
      this.#wake(reservationOf(id));
    }
    this.#passOn(waiter);
  }

  #park(waiter: Waiter, entry: string): void {
    const heap = this.#parked.get(entry) ?? new Heap<Waiter>();
    heap.push(waiter);
    this.#parked.set(entry, heap);
    waiter.ticket ??= this.#waiting.add(waiter, waiter.rank, this.#scopeOf(waiter));
    this.#passOn(waiter);
  }

  /** The one that was woken did not take the entry it was woken for: the next in line may. */
  #passOn(waiter: Waiter): void {
    const entry = waiter.wokenBy;
    waiter.wokenBy = undefined;
    if (entry !== undefined) this.#wake(entry);
  }

  /** Looks again at the first of those parked under an entry, unless the entry is in use. */
  #wake(entry: string): void {
    const heap = this.#parked.size > 0 ? this.#parked.get(entry) : undefined;
    if (heap === undefined || this.#isTaken(entry)) return;
    const waiter = this.#popLive(heap);
    if (heap.size === 0) this.#parked.delete(entry);
    if (waiter === undefined) return;
    waiter.wokenBy = entry;
    this.#ready.push(waiter);
  }

  #isTaken(entry: string): boolean {
    return entry.startsWith('\0') ? this.#reserved.has(entry.slice(1)) : this.#held.hasEntry(entry);
  }

  #popLive(heap: Heap<Waiter>): Waiter | undefined {
    for (let waiter = heap.pop(); waiter !== undefined; waiter = heap.pop()) {
      if (!waiter.isGone) return waiter;
    }
    return undefined;
  }
}

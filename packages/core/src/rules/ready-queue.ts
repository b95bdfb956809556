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
 * inside it. Each time it is looked at again, the tasks later in the order that have started since and now hold
 * part of its scope have passed it over. After `PASSED_OVER_MAX` of them its scope is reserved: every task later
 * in the order that overlaps it waits behind it. Tasks earlier in the order still go first; that is what a
 * priority is for. So the wait is bounded by lifetimes of attempts: a few until it is reserved, one more until those
 * that were there have ended.
 *
 * What a task holds may be learned meanwhile: for those in flight at once (`hold`), for one that waits when it is next
 * looked at.
 */
import type { TaskId } from '../model/ids.ts';
import type { Request } from '../model/request.ts';
import { Heap } from './heap.ts';
import { type FoldedScope, foldScope, ScopeIndex } from './scopes.ts';

/** How many tasks later in the order may start in the way of one that waits, before its scope is reserved. */
export const PASSED_OVER_MAX = 32;

export interface ReadyTask {
  readonly id: TaskId;
  /** Order of entry; no two tasks share one. */
  readonly number: number;
  /** 1 is most urgent. */
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
  /** The last start it knows of; undefined until it is first found in somebody's way. */
  seenStarts: number | undefined;
  passedOver: number;
  /** Taken or withdrawn; it is passed by where it is still met. */
  isGone: boolean;
}

interface Holder {
  /** Its place in the order; 0 when it was in flight before a restart. */
  readonly rank: number;
  /** 1 for the first start, and so on; 0 when it was in flight before a restart. */
  readonly start: number;
}

/** The order as one number: priority, fresh or behind, number. Exact while there are fewer than 5·10^9 tasks. */
const rankOf = ({ priority, number, isBehind }: ReadyTask): number =>
  priority * 1e10 + number + (isBehind ? 5e9 : 0);

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
  readonly #holders = new Map<string, Holder>();
  readonly #reserved = new ScopeIndex();
  readonly #foldOf: (task: ReadyTask) => FoldedScope;
  #starts = 0;
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
      seenStarts: undefined,
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

  /**
   * A task in flight holds this from here on, and does not wait. It keeps its start; one that was in flight before a
   * restart has none. What it held and holds no more is given back.
   */
  hold(id: TaskId, scope: FoldedScope): void {
    this.withdraw(id);
    const before = this.#held.entries(id);
    this.#take(id, scope, this.#holders.get(id) ?? { rank: 0, start: 0 });
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
    this.#holders.delete(id);
    for (const entry of entries) this.#wake(entry);
  }

  /** Tasks a waiting one waits for: those that hold part of its scope, then those it stands behind. */
  waitingFor(id: TaskId): TaskId[] {
    const waiter = this.#waiters.get(id);
    if (waiter === undefined) return [];
    return [...this.#held.blockers(this.#scopeOf(waiter)), ...this.#reservationsBefore(waiter)] as TaskId[];
  }

  #scopeOf(waiter: Waiter): FoldedScope {
    if (waiter.folded === undefined || waiter.foldedAt !== this.#learned) {
      waiter.folded = this.#foldOf(waiter.task);
      waiter.foldedAt = this.#learned;
    }
    return waiter.folded;
  }

  #obstacle(waiter: Waiter): string | undefined {
    if (!this.#isSerial) return undefined;
    const hit = this.#held.first(this.#scopeOf(waiter));
    if (hit !== undefined) this.#countPasses(waiter);
    if (hit !== undefined) return hit.entry;
    const [ahead] = this.#reservationsBefore(waiter);
    return ahead === undefined ? undefined : reservationOf(ahead);
  }

  #reservationsBefore(waiter: Waiter): string[] {
    if (this.#reserved.size === 0) return [];
    return this.#reserved
      .blockers(this.#scopeOf(waiter))
      .filter((id) => this.#waiters.get(id)!.rank < waiter.rank);
  }

  #countPasses(waiter: Waiter): void {
    const { task, rank, seenStarts } = waiter;
    const scope = this.#scopeOf(waiter);
    waiter.seenStarts = this.#starts;
    if (seenStarts === undefined) return;
    for (const id of this.#held.blockers(scope)) {
      const holder = this.#holders.get(id)!;
      if (holder.rank > rank && holder.start > seenStarts) waiter.passedOver++;
    }
    if (waiter.passedOver >= PASSED_OVER_MAX) this.#reserved.add(task.id, scope);
  }

  #start(waiter: Waiter): ReadyTask {
    const { task, rank } = waiter;
    this.#take(task.id, this.#scopeOf(waiter), { rank, start: ++this.#starts });
    this.#leave(waiter);
    return task;
  }

  #take(id: TaskId, scope: FoldedScope, holder: Holder): void {
    this.#holders.set(id, holder);
    if (!this.#isFree) this.#held.add(id, scope);
  }

  /** It waits no longer: what waited because of it, or behind it for the same entry, is looked at again. */
  #leave(waiter: Waiter): void {
    const { id } = waiter.task;
    waiter.isGone = true;
    this.#waiters.delete(id);
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

/** Calls under way: each goes to one worker, is answered by that worker alone, and ends once. */
import { failed, forgotten, sent, succeeded } from '@swarm/core/rules/bridge/breaker';
import type { RouteAsk } from '@swarm/core/rules/bridge/routing';
import type { Registry, Worker } from './registry.ts';

export interface CallAsk extends RouteAsk {
  readonly method: string;
  readonly payload: string;
  readonly timeoutMs: number;
  /** Who asks, as the worker is told. */
  readonly from: string;
}

export type CallEnd =
  | { readonly kind: 'answered'; readonly worker: string; readonly payload: string }
  /** It did what it could, and says that it failed. */
  | { readonly kind: 'failed'; readonly worker: string; readonly error: string }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'unwell'; readonly names: readonly string[]; readonly retryAfterMs: number }
  | { readonly kind: 'full'; readonly names: readonly string[] }
  /** Its connection ended before it answered. */
  | { readonly kind: 'gone'; readonly worker: string }
  | { readonly kind: 'late'; readonly worker: string }
  /** Whoever asked does not wait any more. */
  | { readonly kind: 'left' };

export type CallOutcome = CallEnd['kind'];

interface Open {
  readonly worker: Worker;
  readonly end: (end: CallEnd) => void;
}

/** All workers together. */
const CALLS_MAX = 2_000;

export class Calls {
  readonly #registry: Registry;
  readonly #now: () => number;
  readonly #newId: () => string;
  readonly #open = new Map<string, Open>();
  readonly counts = new Map<CallOutcome, number>();

  constructor(registry: Registry, now: () => number, newId: () => string) {
    this.#registry = registry;
    this.#now = now;
    this.#newId = newId;
  }

  get open(): number {
    return this.#open.size;
  }

  /** @param left fires when whoever asks does not wait any more. */
  async call(ask: CallAsk, left: AbortSignal): Promise<CallEnd> {
    const end = await this.#end(ask, left);
    this.counts.set(end.kind, (this.counts.get(end.kind) ?? 0) + 1);
    return end;
  }

  async #end(ask: CallAsk, left: AbortSignal): Promise<CallEnd> {
    const way = this.#registry.route(ask, this.#now());
    if (way.kind === 'nobody') return way;
    if (way.kind === 'unwell')
      return { ...way, retryAfterMs: this.#registry.retryAfterMs(way.names, this.#now()) };
    if (way.kind === 'full') return way;
    if (this.#open.size >= CALLS_MAX) return { kind: 'full', names: [way.name] };
    return this.#send(this.#registry.get(way.name)!, ask, left);
  }

  #send(worker: Worker, { method, payload, timeoutMs, from }: CallAsk, left: AbortSignal): Promise<CallEnd> {
    if (left.aborted) return Promise.resolve({ kind: 'left' });
    const id = this.#newId();
    return new Promise((resolve) => {
      const { name } = worker;
      const leave = (): void => end({ kind: 'left' });
      const timer = setTimeout(() => end({ kind: 'late', worker: name }), timeoutMs);
      const end = (how: CallEnd): void => {
        if (!this.#open.delete(id)) return;
        clearTimeout(timer);
        left.removeEventListener('abort', leave);
        this.#after(worker, how, id);
        resolve(how);
      };
      this.#open.set(id, { worker, end });
      left.addEventListener('abort', leave, { once: true });
      worker.active += 1;
      worker.turn = this.#registry.nextTurn();
      worker.breaker = sent(worker.breaker, this.#now());
      worker.link!.send({ type: 'inbound_call', correlation_id: id, from, method, payload });
    });
  }

  #after(worker: Worker, { kind }: CallEnd, id: string): void {
    worker.active -= 1;
    if (kind === 'answered') worker.breaker = succeeded();
    else if (kind === 'left') worker.breaker = forgotten(worker.breaker);
    else worker.breaker = failed(worker.breaker, this.#now());
    if (kind === 'late' || kind === 'left') worker.link?.send({ type: 'call_cancelled', correlation_id: id });
  }

  // ───────────── what workers say ─────────────

  /** False: this worker has no such call, or not any more. Whoever else has it does not hear of it. */
  answer(worker: Worker, id: string, payload: string): boolean {
    return this.#ended(worker, id, { kind: 'answered', worker: worker.name, payload });
  }

  /** As `answer`. */
  fail(worker: Worker, id: string, error: string): boolean {
    return this.#ended(worker, id, { kind: 'failed', worker: worker.name, error });
  }

  #ended(worker: Worker, id: string, how: CallEnd): boolean {
    const open = this.#open.get(id);
    if (open?.worker !== worker) return false;
    open.end(how);
    return true;
  }

  /** Its connection is gone. */
  drop(worker: Worker): void {
    for (const { worker: other, end } of [...this.#open.values()])
      if (other === worker) end({ kind: 'gone', worker: worker.name });
  }
}

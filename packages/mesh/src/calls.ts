/**
 * Calls over a wire that loses, doubles and mixes up: a call is said again until its answer is here, is done once however
 * often it comes, and its answer is kept until whoever asked has it.
 */
import { SwarmError } from '@swarm/core/errors';
import type { Clock } from '@swarm/core/ports/world';
import { z } from 'zod';
import { CALL_ID, OverCalls } from './over-calls.ts';
import { type About, packBody, unpackBody, type Wire } from './wire.ts';

/** A call is said again after this, and then later each time; one that was called off is said as at first. */
const AGAIN_MS = 1_000;
const AGAIN_MS_MAX = 15_000;
/** How long an answer to a call that was called off is waited for. */
const PARTING_MS = 20_000;

/** Calls of the other side that are done, or whose answer is kept, at a time. A call beyond it is said again later. */
const DOING_MAX = 1_024;

export interface CallsParts {
  readonly wire: Wire;
  readonly clock: Clock;
  /** Whose box takes what is too large. */
  readonly box: string;
  /** Who asks, since when: another one each time, and for each of the two sides. Its calls are numbered. */
  readonly session: string;
  readonly about: () => About;
  readonly say: (type: string, payload: Record<string, unknown>, how?: HowSaid) => void;
  /** Does what is asked. What it throws is told to whoever asked. */
  readonly answer: (op: string, args: unknown, call: CallAt) => Promise<unknown>;
  /** Something that came does not fit. */
  readonly onOdd: (why: string) => void;
}

/** How a message goes to the other side. */
export interface HowSaid {
  /** Its id: it may wait for the other side. */
  readonly durable?: string | undefined;
  /** What it is said on behalf of. */
  readonly traceparent?: string | undefined;
}

/** One call as whoever does it sees it. */
export interface CallAt {
  readonly id: string;
  readonly traceparent: string | undefined;
  readonly signal: AbortSignal;
}

interface Asked {
  readonly settle: (told: { readonly value: unknown } | { readonly error: Error }) => void;
  readonly op: string;
  /** Its answer came and is being read; a copy of it says nothing new. */
  isRead?: boolean;
}

interface Doing {
  readonly controller: AbortController;
  readonly traceparent: string | undefined;
  /** Present once it is done. */
  answer?: Record<string, unknown>;
}

export interface CallAsk {
  readonly op: string;
  readonly args: unknown;
  readonly signal?: AbortSignal;
  /** The other side may be away for a moment: the wire keeps it. */
  readonly isDurable?: boolean;
  readonly onSent?: (id: string) => void;
  readonly traceparent?: string | undefined;
}

const CALL = z.object({
  call: z.string().max(200).regex(CALL_ID),
  op: z.string().max(40),
  body: z.unknown(),
});
const ANSWER = z.object({
  call: z.string().max(200),
  ok: z.boolean(),
  body: z.unknown().optional(),
  code: z.string().max(40).optional(),
  what: z.string().max(20_000).optional(),
});
const NAMED = z.object({ call: z.string().max(200), cause: z.string().max(40).optional() });

export class Calls {
  readonly #parts: CallsParts;
  readonly #asked = new Map<string, Asked>();
  readonly #doing = new Map<string, Doing>();
  readonly #over = new OverCalls();
  #said = 0;
  #isClosed = false;
  /** Why the other side is given up, as long as it is. */
  #goneFor: string | undefined;

  constructor(parts: CallsParts) {
    this.#parts = parts;
  }

  /** Rejects with SW0741 when the other side is given up. */
  async call({ op, args, signal, isDurable, onSent, traceparent }: CallAsk): Promise<unknown> {
    const { wire, box, clock, say, session } = this.#parts;
    const body = await packBody(wire, box, args);
    if (this.#isClosed || this.#goneFor !== undefined) throw gone(op, this.#goneFor);
    // Numbered when it is said: the other side knows by the numbers which are over.
    this.#said += 1;
    const call = `${session}/${this.#said}`;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    let stop = (): void => {};
    let stopParting = (): void => {};
    const settle: Asked['settle'] = (told) => {
      if (!this.#asked.delete(call)) return;
      stop();
      stopParting();
      signal?.removeEventListener('abort', callOff);
      if ('error' in told) reject(told.error);
      else resolve(told.value);
    };
    let againMs = AGAIN_MS;
    const sayIt = (): void => {
      stop();
      say('call', { call, op, body }, { traceparent, durable: isDurable ? call : undefined });
      if (signal?.aborted) say('abort', { call, cause: causeOf(signal) });
      stop = clock.after(againMs, sayIt);
      againMs = Math.min(AGAIN_MS_MAX, againMs * 2);
    };
    const callOff = (): void => {
      againMs = AGAIN_MS;
      sayIt();
      const partMs = signal!.reason === 'lost' ? 0 : PARTING_MS;
      stopParting = clock.after(partMs, () => settle({ error: gone(op) }));
    };
    this.#asked.set(call, { settle, op });
    onSent?.(call);
    sayIt();
    if (signal?.aborted) callOff();
    else signal?.addEventListener('abort', callOff, { once: true });
    return promise;
  }

  /** Nobody is there any more: whoever waits hears so, and what is done for the other side is called off. */
  giveUp(why: string): void {
    this.#goneFor = why;
    for (const { settle, op } of [...this.#asked.values()]) settle({ error: gone(op, why) });
    for (const [id, { controller }] of this.#doing) {
      controller.abort('lost');
      this.#end(id);
    }
  }

  /** It was heard of again. */
  revive(): void {
    this.#goneFor = undefined;
  }

  close(why: string): void {
    this.#isClosed = true;
    this.giveUp(why);
  }

  /** @returns false: the message is none of ours. */
  hear(type: string, payload: unknown, traceparent?: string): boolean {
    switch (type) {
      case 'call':
        this.#hearCall(payload, traceparent);
        return true;
      case 'answer':
        void this.#hearAnswer(payload);
        return true;
      case 'abort': {
        const { call, cause } = NAMED.parse(payload);
        this.#doing.get(call)?.controller.abort(cause ?? 'cancelled');
        return true;
      }
      case 'got':
        this.#end(NAMED.parse(payload).call);
        return true;
      default:
        return false;
    }
  }

  #hearCall(payload: unknown, traceparent: string | undefined): void {
    const { call, op, body } = CALL.parse(payload);
    if (this.#over.has(call) || this.#isClosed) return;
    const known = this.#doing.get(call);
    if (known) {
      if (known.answer) this.#parts.say('answer', known.answer, { traceparent });
      return;
    }
    if (this.#doing.size >= DOING_MAX) return;
    const doing: Doing = { controller: new AbortController(), traceparent };
    this.#doing.set(call, doing);
    void this.#do(call, op, body, doing);
  }

  async #do(call: string, op: string, body: unknown, doing: Doing): Promise<void> {
    const { wire, box, answer, say } = this.#parts;
    try {
      const args = await unpackBody(wire, box, body);
      const { controller, traceparent } = doing;
      const value = await answer(op, args, { id: call, traceparent, signal: controller.signal });
      doing.answer = { call, ok: true, body: await packBody(wire, box, value) };
    } catch (error) {
      const code = error instanceof SwarmError ? error.problems[0]!.code : 'SW0801';
      doing.answer = { call, ok: false, code, what: (error as Error).message.slice(0, 20_000) };
    }
    const { traceparent } = doing;
    if (this.#doing.get(call) === doing) say('answer', doing.answer, { traceparent });
  }

  async #hearAnswer(payload: unknown): Promise<void> {
    const { wire, box, say, onOdd } = this.#parts;
    const read = ANSWER.safeParse(payload);
    if (!read.success) return onOdd('an answer does not fit');
    const { call, ok, body, code, what = '' } = read.data;
    const asked = this.#asked.get(call);
    // Ours and over, or never ours: either way the other side need not keep it.
    if (!asked) return say('got', { call });
    if (!ok) {
      say('got', { call });
      return asked.settle({ error: errorOf(asked.op, code, what) });
    }
    if (asked.isRead) return;
    asked.isRead = true;
    try {
      const value = await unpackBody(wire, box, body);
      say('got', { call });
      asked.settle({ value });
    } catch (error) {
      say('got', { call });
      asked.settle({
        error: errorOf(asked.op, 'SW0741', `its answer cannot be read: ${(error as Error).message}`),
      });
    }
  }

  #end(call: string): void {
    this.#doing.delete(call);
    this.#over.add(call);
  }
}

const causeOf = ({ reason }: AbortSignal): string =>
  typeof reason === 'string' ? reason.slice(0, 40) : 'cancelled';

export const gone = (op: string, why = 'it does not answer'): SwarmError =>
  new SwarmError({ code: 'SW0741', what: `${op} came to nothing: ${why}` });

/** A host that is gone, or has nothing of what is asked, blames nobody; whatever else fails there, failed. */
function errorOf(op: string, code: string | undefined, what: string): SwarmError {
  const known = code === 'SW0741' || code === 'SW0702' || code === 'SW0701' ? code : 'SW0743';
  return new SwarmError({ code: known, what: `${op}: ${what || 'it failed'}`.slice(0, 20_000) });
}

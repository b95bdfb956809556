import type { Clock } from '@swarm/core/ports/world';

/** How long one try at one endpoint may take, ms. */
export interface Deadlines {
  /** Until the first byte of the answer: a connection that hangs, a server that thinks for ever. */
  readonly firstByteMs: number;
  /** Between two pieces of the answer. Keep-alive comments count as pieces: `totalMs` bounds those. */
  readonly idleMs: number;
  readonly totalMs: number;
}

/** A model may think for minutes before it says a word, and what is given up is paid for all the same. */
export const DEFAULT_DEADLINES: Deadlines = { firstByteMs: 600_000, idleMs: 300_000, totalMs: 1_800_000 };

export interface Watch {
  /** Fires at the first deadline missed, or with the caller's signal. */
  readonly signal: AbortSignal;
  /** A piece came. */
  progress(): void;
  /** The deadline that was missed, as words; undefined when none was. First cause wins. */
  missed(): string | undefined;
  stop(): void;
  /** Resolves with `stop`. */
  readonly stopped: Promise<void>;
}

/** The `openai` package's own timeout ends with the headers; a stalled stream needs this. */
export function startWatch(limits: Deadlines, clock: Clock, caller: AbortSignal): Watch {
  const controller = new AbortController();
  const { promise: stopped, resolve } = Promise.withResolvers<void>();
  let why: string | undefined;
  const miss = (words: string) => (): void => {
    if (controller.signal.aborted) return;
    why = words;
    controller.abort(new Error(words));
  };
  const onCaller = (): void => controller.abort(caller.reason);
  if (caller.aborted) onCaller();
  else caller.addEventListener('abort', onCaller);
  const cancelTotal = clock.after(limits.totalMs, miss(`no end after ${seconds(limits.totalMs)}`));
  let cancelIdle = clock.after(limits.firstByteMs, miss(`no answer within ${seconds(limits.firstByteMs)}`));
  return {
    signal: controller.signal,
    progress() {
      cancelIdle();
      cancelIdle = clock.after(limits.idleMs, miss(`the stream stood still for ${seconds(limits.idleMs)}`));
    },
    missed: () => why,
    stop() {
      cancelIdle();
      cancelTotal();
      caller.removeEventListener('abort', onCaller);
      resolve();
    },
    stopped,
  };
}

const seconds = (ms: number): string => `${ms / 1000} s`;

/** What signals ask of a live run: the first drains and saves, the second kills workers, the third exits; each says so. */
import type { Orchestrator } from '@swarm/orchestrator';
import type { Terminal } from '../telling/terminal.ts';

/**
 * Signals within this time are one request. Whoever signals a whole group of processes reaches us directly and through
 * our launcher, and a package manager in front hands on one more; a person who wants more has read the answer first.
 */
export const ONE_REQUEST_MS = 1_000;

export type Step = 'drain' | 'kill' | 'exit';

/** Counts requests, not signals. The caller says the time, ms of any clock that only goes forward. */
export class Escalation {
  #times = 0;
  #lastAt = Number.NEGATIVE_INFINITY;

  get hasBegun(): boolean {
    return this.#times > 0;
  }

  /** What this signal asks for; undefined when it belongs to the one before. */
  next(atMs: number): Step | undefined {
    if (atMs - this.#lastAt < ONE_REQUEST_MS) return undefined;
    this.#lastAt = atMs;
    this.#times += 1;
    return STEPS[Math.min(this.#times, STEPS.length) - 1];
  }
}

const STEPS = ['drain', 'kill', 'exit'] as const;

export interface Signals {
  readonly haveCome: () => boolean;
  /** The run is over. Whoever has signalled already is leaving: one more signal must not end that in another way. */
  release(): void;
}

export function onSignals(
  orchestrator: Orchestrator,
  terminal: Terminal,
  say: (text: string) => void,
): Signals {
  const escalation = new Escalation();
  let isOver = false;
  const handle = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGINT' && terminal.isEditing) return;
    const step = escalation.next(performance.now());
    if (step === undefined) return;
    if (step === 'exit') process.exit(130);
    if (isOver) return;
    say(SAID[step]);
    orchestrator.signal(step);
  };
  for (const signal of SIGNALS) process.on(signal, handle);
  return {
    haveCome: () => escalation.hasBegun,
    release: () => {
      isOver = true;
      if (escalation.hasBegun) return;
      for (const signal of SIGNALS) process.off(signal, handle);
    },
  };
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const SAID = {
  drain: 'stopping: nothing new starts, what is in flight may finish (30 s); again to end it now',
  kill: 'ending what is in flight; again to leave at once',
} as const;

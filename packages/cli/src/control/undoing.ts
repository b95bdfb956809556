/** An undo by a live run. It may take as long as the gate, so the caller is told again and again that it goes on. */
import { opened } from '@swarm/core/state';
import type { UndoOutcome } from '@swarm/orchestrator';
import { refused } from './refused.ts';
import type { Steered } from './steered.ts';
import { type AskedUndo, type ControlReply, type StillAtIt, standingOf } from './wire.ts';

/** The most undos of one run that wait or run. Their callers may be gone. */
export const UNDOS_MAX = 16;
/** Far below the time after which either end takes silence for the other's end. */
const TELL_AGAIN_MS = 2_000;

export class Undoing {
  readonly #steered: Steered;
  #underWay = 0;

  constructor(steered: Steered) {
    this.#steered = steered;
  }

  /** It is done though nobody listens any more: what was asked for is not taken back by a lost connection. */
  async reply(asked: AskedUndo, tell: (said: StillAtIt) => void): Promise<ControlReply> {
    if (this.#underWay >= UNDOS_MAX) return refused(`${UNDOS_MAX} undos wait already`, 'swarm status');
    const startedAt = performance.now();
    const say = (): void => tell({ waitingMs: Math.round(performance.now() - startedAt) });
    const telling = setInterval(say, TELL_AGAIN_MS);
    this.#underWay += 1;
    say();
    try {
      return this.#told(await this.#steered.undo({ ...asked, by: 'operator' }));
    } finally {
      this.#underWay -= 1;
      clearInterval(telling);
    }
  }

  #told(undone: UndoOutcome): ControlReply {
    const about = { pid: process.pid, isStopping: this.#steered.isStopping() };
    return { ok: true, events: [], undone, state: standingOf(opened(this.#steered.state()), about) };
  }
}

/**
 * Calls that are over, so that a late copy of one is not done again. Whoever asks numbers them: what is remembered is the
 * number below which all are over, and those above it, so that it stays as small after a million calls as after ten.
 */

/** As many may be over while one before them was never heard: it was given up by whoever asked, or is taken for that. */
const AHEAD_MAX = 1_000;
/** Whoever asks begins anew now and then; the latest are known. */
const SESSIONS_MAX = 8;

interface Session {
  /** All up to it are over. */
  low: number;
  readonly ahead: Set<number>;
}

/** `session/number`. */
export const CALL_ID = /^(.{1,150})\/([1-9]\d{0,14})$/;

export class OverCalls {
  readonly #sessions = new Map<string, Session>();

  has(id: string): boolean {
    const [session, number] = read(id);
    const known = this.#sessions.get(session);
    return known !== undefined && (number <= known.low || known.ahead.has(number));
  }

  add(id: string): void {
    const [name, number] = read(id);
    const session = this.#sessions.get(name) ?? this.#begin(name);
    if (number <= session.low) return;
    const { ahead } = session;
    ahead.add(number);
    if (ahead.size > AHEAD_MAX) session.low = Math.min(...ahead) - 1;
    while (ahead.delete(session.low + 1)) session.low += 1;
  }

  #begin(name: string): Session {
    const session: Session = { low: 0, ahead: new Set() };
    this.#sessions.set(name, session);
    if (this.#sessions.size > SESSIONS_MAX) this.#sessions.delete(this.#sessions.keys().next().value!);
    return session;
  }
}

function read(id: string): readonly [session: string, number: number] {
  const [, session = '', number = '0'] = CALL_ID.exec(id) ?? [];
  return [session, Number(number)];
}

/** What the operator says to one attempt: in its prompt what was said before, and the rest while its agent works. */
import type { AttemptId } from '@swarm/core/model/ids';
import type { Notes } from '@swarm/core/ports/running';
import { countText } from '@swarm/core/views/words';
import type { Context } from '../context.ts';

export class AttemptNotes implements Notes {
  /** All that was said, from the disk. */
  readonly #all: () => readonly string[];
  readonly #onTold: (notes: readonly string[]) => void;
  readonly #listeners = new Set<() => void>();
  #told = 0;
  #seen = 0;

  constructor(all: () => readonly string[], onTold: (notes: readonly string[]) => void) {
    this.#all = all;
    this.#onTold = onTold;
  }

  /** All of them for its prompt, which is made now. */
  forPrompt(): readonly string[] {
    const all = this.#all();
    this.#told = all.length;
    return all;
  }

  pending(): readonly string[] {
    return this.#all().slice(this.#told);
  }

  told(count: number): void {
    const notes = this.pending().slice(0, count);
    this.#told += notes.length;
    if (notes.length > 0) this.#onTold(notes);
  }

  onMore(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** To be called whenever there may be more. */
  look(): void {
    const { length } = this.#all();
    if (length === this.#seen) return;
    this.#seen = length;
    for (const listener of this.#listeners) listener();
  }
}

/** Those of the attempts at work. */
export class NotesAtWork {
  readonly #context: Context<'log'>;
  readonly #live = new Map<AttemptId, AttemptNotes>();

  constructor(context: Context<'log'>) {
    this.#context = context;
  }

  open(attempt: { readonly id: AttemptId; readonly task: Parameters<Context['state']['tasks']['get']>[0] }) {
    const { state, ports } = this.#context;
    const about = { task: attempt.task, attempt: attempt.id };
    const notes = new AttemptNotes(
      () => state.tasks.get(attempt.task)?.notes ?? [],
      (told) =>
        ports.log.write('note.told', {
          ...about,
          msg: `${attempt.id} has been told ${countText(told.length, 'thing')} by the operator`,
          data: { notes: told },
        }),
    );
    this.#live.set(attempt.id, notes);
    return notes;
  }

  close(attempt: AttemptId): void {
    this.#live.delete(attempt);
  }

  look(): void {
    for (const notes of this.#live.values()) notes.look();
  }
}

/** What the operator says while our own agent works: a file it looks into before each call of the model. */
import type { Notes, Room } from '@swarm/core/ports/running';
import { formatNotes } from '../notes.ts';

const FILE = 'notes.ndjson';

export interface PlacedNotes {
  /** As the agent sees it. */
  readonly path: string;
  /** The agent says that it has told its model so many of the file's notes by now. */
  heard(count: number): void;
  /** Waits for what is being written, and writes no more. */
  close(): Promise<void>;
}

/** Only those that the agent has not been told: the others stand in its prompt, or in its conversation. */
export async function placeNotes(notes: Notes, room: Room): Promise<PlacedNotes> {
  /** Taken off the pending ones as they are heard. */
  let heard = 0;
  const before: string[] = [];
  const write = (): Promise<string> =>
    room.place({ name: FILE, text: formatNotes([...before, ...notes.pending()]) });
  const path = await write();
  let writing: Promise<unknown> = Promise.resolve();
  const stop = notes.onMore(() => {
    // A note that cannot be written waits for the next attempt, as every note does.
    writing = writing.then(write).catch(() => {});
  });
  return {
    path,
    heard(count) {
      const more = Math.min(count - heard, notes.pending().length);
      if (more <= 0) return;
      before.push(...notes.pending().slice(0, more));
      heard += more;
      notes.told(more);
    },
    async close() {
      stop();
      await writing;
    },
  };
}

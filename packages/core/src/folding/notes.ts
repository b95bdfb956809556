import type { NoteEvent } from '../events.ts';
import type { FoldsOf } from './folds.ts';

export const NOTE_FOLDS: FoldsOf<NoteEvent> = {
  'note.set'(s, { key, value, version, by }, at) {
    // The one set last stands last.
    s.notes.delete(key);
    s.notes.set(key, { key, text: value, version, by, at });
  },
};

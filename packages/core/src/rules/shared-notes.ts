/** What may be a note of the run, and whom it concerns. */
import {
  NOTE_BYTES_MAX,
  NOTE_KEY_MAX,
  NOTE_KEYS_MAX,
  SHARED_NOTES_MAX,
  type SharedNote,
} from '../model/shared-note.ts';
import type { State } from '../state.ts';
import { foldPaths, foldScope, ScopeIndex } from './scopes.ts';
import { lineProblem, textProblem } from './text.ts';

/** Those that have a text, the one set last at the end. */
export const sharedNotes = (s: State): readonly SharedNote[] =>
  [...s.notes.values()].filter(({ text }) => text !== '');

/**
 * A key that begins with a path, such as `src/parser: quoting`, is about that path, and concerns whoever may touch it; any
 * other concerns everybody. So does every key whoever's scope is not known.
 */
export function concerns({ key }: Pick<SharedNote, 'key'>, scope: readonly string[]): boolean {
  const path = key.split(':', 1)[0]!.trim();
  if (scope.length === 0 || !path.includes('/')) return true;
  const index = new ScopeIndex();
  index.add('note', foldPaths([path.replace(/^\/+/, '')]));
  return index.first(foldScope(scope)) !== undefined;
}

export function noteProblem(s: State, key: string, text: string): string | undefined {
  const wrong = key.length > NOTE_KEY_MAX ? `is longer than ${NOTE_KEY_MAX} characters` : lineProblem(key);
  if (wrong) return `the key ${wrong}`;
  const bad = bytesOf(text) > NOTE_BYTES_MAX ? `is longer than ${NOTE_BYTES_MAX} bytes` : textProblem(text);
  if (bad) return `the text ${bad}`;
  const now = s.notes.get(key);
  if (text !== '' && !now?.text && sharedNotes(s).length >= SHARED_NOTES_MAX)
    return `there are ${SHARED_NOTES_MAX} notes, the most there may be: an empty text takes one away`;
  return !now && s.notes.size >= NOTE_KEYS_MAX
    ? `there were ${NOTE_KEYS_MAX} keys, the most there may be: set one of those`
    : undefined;
}

/** In UTF-8. */
function bytesOf(text: string): number {
  let bytes = 0;
  for (const c of text) {
    const code = c.codePointAt(0)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

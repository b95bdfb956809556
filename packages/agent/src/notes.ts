/** Notes of the operator's to an agent at work: one JSON string a line, in a file that only becomes longer. */
import { readFileSync } from 'node:fs';
import * as z from 'zod';

const note = z.string();

/** As an agent at work is told them. */
export const noteText = (notes: readonly string[]): string =>
  ['The operator of this run says, about your task:', ...notes].join('\n\n');

export const formatNotes = (notes: readonly string[]): string =>
  notes.map((text) => `${JSON.stringify(text)}\n`).join('');

/** Reads a file that may be in the middle of being written: a line without its end is not there yet. */
export class NotesFile {
  readonly #path: string;
  #taken = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** How many were taken so far. */
  get taken(): number {
    return this.#taken;
  }

  /** Those that were not taken yet. */
  take(): readonly string[] {
    const lines = textOf(this.#path).split('\n').slice(0, -1);
    const fresh = lines.slice(this.#taken).map((line) => note.parse(JSON.parse(line)));
    this.#taken += fresh.length;
    return fresh;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It is being put there anew.
    return '';
  }
}

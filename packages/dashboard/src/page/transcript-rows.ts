/** What was said as lines of a screen: a head, and below it each line of what was said. */
import type { TranscriptLine } from '../ports.ts';

export interface TranscriptRow {
  readonly kind: 'head' | 'body';
  readonly time: string;
  readonly text: string;
}

/** Of one line; nobody reads on. */
export const ROW_CHARS_MAX = 2_000;

export function transcriptRows({ time, head, body }: TranscriptLine): readonly TranscriptRow[] {
  const lines = body.trimEnd() === '' ? [] : body.trimEnd().split('\n');
  return [
    { kind: 'head', time, text: cut(head) },
    ...lines.map((text): TranscriptRow => ({ kind: 'body', time: '', text: cut(text) })),
  ];
}

const cut = (text: string): string =>
  text.length > ROW_CHARS_MAX ? `${text.slice(0, ROW_CHARS_MAX - 1).toWellFormed()}…` : text;

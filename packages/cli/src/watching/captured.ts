/** What a command would print, as a text: results and narration in the order in which they come. */
import { Chalk } from 'chalk';
import type { Output } from '../telling/output.ts';
import { jsonText } from '../telling/output.ts';

export const noInk = new Chalk({ level: 0 });

export interface Captured {
  readonly output: Output;
  text(): string;
}

/** @param onNarrate what is said on the way; it is not part of the text. */
export function captured(columns: number | undefined, onNarrate: (text: string) => void): Captured {
  const results: string[] = [];
  const result = (text: string): void => void results.push(text);
  return {
    output: {
      result,
      json: (value) => result(jsonText(value, 2)),
      narrate: onNarrate,
      ink: noInk,
      narrationInk: noInk,
      columns,
      narrationColumns: columns,
      isTerminal: false,
      closed: new AbortController().signal,
    },
    text: () => results.join('\n'),
  };
}

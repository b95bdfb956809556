import { Chalk } from 'chalk';
import { jsonText, type Output } from './output.ts';

/** An output whose every text is told to somebody else than a terminal: plain, and nobody can be asked. */
export function toldOutput(tell: (text: string, kind: 'result' | 'narration') => void): Output {
  const ink = new Chalk({ level: 0 });
  return {
    result: (text) => tell(text, 'result'),
    json: (value) => tell(jsonText(value, 2), 'result'),
    narrate: (text) => tell(text, 'narration'),
    ink,
    narrationInk: ink,
    columns: undefined,
    narrationColumns: undefined,
    isTerminal: false,
    closed: new AbortController().signal,
  };
}

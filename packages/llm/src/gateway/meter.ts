import type { Dialect } from '../dialects/dialect.ts';
import type { CallTokens } from '../prices.ts';
import { isLoose, type Loose, mendChunk } from '../reading/quirks.ts';
import { DONE } from '../reading/sse.ts';
import { estimateTokens, readTokens } from '../usage.ts';
import { createSplitter } from './splitter.ts';

/** A longer line is passed on all the same; only its usage is not read. */
const MAX_LINE_CHARS = 1024 * 1024;

/** Reads what an answer used as its bytes go by, without changing them. */
export interface Meter {
  feed(bytes: Uint8Array): void;
  /** What the server said, else an estimate of what went by. */
  tokens(): CallTokens;
  /** The server said what it used, or that its answer is over. */
  isTold(): boolean;
}

/** @param isStream of events; else it is one object, or a list of them that grows. @param requestChars for the estimate. */
export function createMeter(dialect: Dialect, isStream: boolean, requestChars: number): Meter {
  const decoder = new TextDecoder();
  const reader = dialect.reader();
  const splitter = createSplitter();
  let rest = '';
  let outputChars = 0;
  let told: CallTokens | undefined;
  let isOver = false;

  function read(text: string): void {
    isOver ||= text.trim() === DONE;
    const wire = parse(text);
    for (const chunk of wire === undefined ? [] : reader.read(wire)) {
      const mended = mendChunk(chunk);
      told = readTokens(mended.usage) ?? told;
      outputChars += outputCharsOf(mended) + charsIn(mended.unread);
    }
  }

  /** An event's lines end in LF or CRLF; `data:` may have a space after it or not. */
  function readLines(): void {
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('data:')) read(line.slice(5));
    if (rest.length > MAX_LINE_CHARS) rest = '';
  }

  return {
    feed(bytes) {
      const text = decoder.decode(bytes, { stream: true });
      if (!isStream) return splitter.push(text).forEach(read);
      rest += text;
      readLines();
    },
    tokens() {
      if (rest !== '') read(rest.replace(/^data:/, ''));
      rest = '';
      return told ?? estimateTokens(requestChars, outputChars);
    },
    isTold: () => isOver || told !== undefined,
  };
}

function parse(text: string): Loose | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isLoose(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Characters of what the model said in this piece, whatever the field is called. */
function outputCharsOf({ choices }: Loose): number {
  if (!Array.isArray(choices)) return 0;
  return choices.reduce((sum: number, choice) => sum + charsIn(choice?.delta ?? choice?.message), 0);
}

function charsIn(piece: unknown): number {
  if (typeof piece === 'string') return piece.length;
  if (typeof piece !== 'object' || piece === null) return 0;
  return Object.values(piece).reduce((sum: number, value) => sum + charsIn(value), 0);
}

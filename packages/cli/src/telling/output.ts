/** Results go to stdout, narration to stderr; colour only where a person reads it. */
import { jsonText, UNSAFE } from '@swarm/core/views/json-text';
import { piecesOf, widthOf } from '@swarm/core/views/width';
import { Chalk, type ChalkInstance } from 'chalk';
import type { Environment } from '../finding/paths.ts';

export { jsonText } from '@swarm/core/views/json-text';

/** As much of a stream as we need; `process.stdout` and `process.stderr` are such. */
export interface Sink {
  readonly isTTY?: boolean;
  /** Width of a terminal, in characters. */
  readonly columns?: number;
  write(text: string): unknown;
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

export interface Output {
  /** The answer: plain text with its newline added. */
  result(text: string): void;
  /** The answer as one JSON document. */
  json(value: unknown): void;
  /** What we say on the way. */
  narrate(text: string): void;
  /** For stdout. */
  readonly ink: ChalkInstance;
  /** For stderr. */
  readonly narrationInk: ChalkInstance;
  /** Width of the terminal that is stdout; undefined where it is none. */
  readonly columns: number | undefined;
  /** The same of stderr. */
  readonly narrationColumns: number | undefined;
  /** True when a person is reading stderr: somebody can be asked. */
  readonly isTerminal: boolean;
  /** Fires when nobody reads stdout any more (`swarm logs -f | head`). */
  readonly closed: AbortSignal;
}

/** Undefined where there is no terminal. One that does not know its width says 0. */
export const widthOfTerminal = (stream: {
  readonly isTTY?: boolean;
  readonly columns?: number;
}): number | undefined => (stream.isTTY ? stream.columns || COLUMNS : undefined);

const COLUMNS = 80;

export function createOutput(ask: {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Environment;
  readonly isColourWanted: boolean;
}): Output {
  const { stdout, stderr, env, isColourWanted } = ask;
  const closed = new AbortController();
  forgiveBrokenPipe(stdout, closed);
  forgiveBrokenPipe(stderr, new AbortController());
  const inkFor = (sink: Sink): ChalkInstance =>
    new Chalk({ level: isColourWanted && !env.NO_COLOR && env.TERM !== 'dumb' && sink.isTTY ? 1 : 0 });
  return {
    result: (text) => void (closed.signal.aborted || stdout.write(`${text}\n`)),
    json: (value) => void (closed.signal.aborted || stdout.write(`${jsonText(value, 2)}\n`)),
    narrate: (text) => void stderr.write(`${text}\n`),
    ink: inkFor(stdout),
    narrationInk: inkFor(stderr),
    columns: widthOfTerminal(stdout),
    narrationColumns: widthOfTerminal(stderr),
    isTerminal: stderr.isTTY === true,
    closed: closed.signal,
  };
}

/**
 * A reader that went away is how pipelines end, and a terminal that was closed (EIO) how sessions do: not a fault. Any
 * other error of the stream still is one, such as a disk's EIO.
 */
function forgiveBrokenPipe(sink: Sink, closed: AbortController): void {
  sink.on('error', (error) => {
    if (error.code !== 'EPIPE' && !(error.code === 'EIO' && sink.isTTY)) throw error;
    closed.abort();
  });
}

/** What joins pictures to one: not every terminal draws them so, and as wide as they are apart they fit on all of them. */
const JOINED =
  /(?<=\p{Extended_Pictographic}\ufe0f?\p{Emoji_Modifier}?)\u200d(?=\p{Extended_Pictographic})/gu;

/** Colours and moves of a terminal, as programs print them. */
const ANSI = /\u001b\[[0-?]*[ -/]*[@-~]/g;

/**
 * Text from a model, a repository or an agent, made safe for a terminal: nothing in it can move the cursor,
 * set a title or the clipboard, or reorder what is read. Colours are taken out; other unsafe characters show as `\u{1b}`.
 */
export function sanitize(text: string): string {
  const apart = text.replaceAll(ANSI, '').replace(JOINED, '');
  return apart.replace(UNSAFE, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`);
}

/** The same on one line, cut to `max` characters. */
export function sanitizeLine(text: string, max = 200): string {
  const line = sanitize(text.replace(/\s+/g, ' ').trim());
  return line.length <= max ? line : `${line.slice(0, max - 1)}…`;
}

/**
 * Prose broken at blanks, and between wide characters; further lines are indented by as many blanks as stand before the
 * text on its first. A word that is longer than such a line stays whole, so that it can be copied, and begins at the
 * very left. Unchanged without a width: what is piped is for programs.
 */
export function wrapText(text: string, columns: number | undefined, indent: number): string {
  const width = (columns ?? Number.POSITIVE_INFINITY) - indent;
  if (widthOf(text) <= width || width < WRAP_MIN) return text;
  const lines = [''];
  for (const piece of piecesOf(text)) {
    const line = lines.at(-1)!;
    if (line !== '' && widthOf(line) + widthOf(piece.trimEnd()) > width) lines.push(piece);
    else lines[lines.length - 1] = line + piece;
  }
  const [first, ...rest] = lines.map((line) => line.trimEnd());
  return [first, ...rest.map((line) => (widthOf(line) > width ? line : `${' '.repeat(indent)}${line}`))].join(
    '\n',
  );
}
/** In less than this there is no reading anyway. */
const WRAP_MIN = 20;

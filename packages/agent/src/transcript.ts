/**
 * One attempt's transcript: what its agent said, append-only NDJSON, written on the host. The agent's words are
 * hostile: lines and the whole are capped, and nothing here ever throws into the run. A transcript that cannot
 * be written is `broken` and says so once; the attempt goes on without it.
 */
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';
import { cutText } from './agent-events.ts';

/** Bytes of one transcript; then a last line says that it was cut. */
export const TRANSCRIPT_MAX_BYTES = 64 * 1024 * 1024;
/** Characters of one line of plain text. */
const TEXT_MAX = 16_000;

export interface Transcript {
  /** One line: `at` in ms since the epoch, and the fields as given. */
  write(at: number, fields: Readonly<Record<string, unknown>>): void;
  close(): Promise<void>;
}

/**
 * @param clean takes out what is never written. A line of JSON is one still.
 * @param onBroken told once, with the reason, when the file cannot be written.
 */
export function openTranscript(
  path: string,
  clean: (line: string) => string,
  onBroken: (why: string) => void,
  maxBytes = TRANSCRIPT_MAX_BYTES,
): Transcript {
  let file: WriteStream | undefined;
  const breakOff = (error: unknown) => {
    if (file) onBroken(`${path}: ${String(error)}`);
    file = undefined;
  };
  try {
    mkdirSync(dirname(path), { recursive: true });
    file = createWriteStream(path, { flags: 'a', mode: 0o600 });
    file.on('error', breakOff);
  } catch (error) {
    onBroken(`${path}: ${String(error)}`);
  }
  let bytes = 0;
  let isFull = false;
  const put = (line: string) => {
    bytes += Buffer.byteLength(line);
    if (bytes <= maxBytes) file?.write(line);
    else if (!isFull) file?.write(`${JSON.stringify({ cut: `transcript ends at ${maxBytes} bytes` })}\n`);
    isFull = bytes > maxBytes;
  };
  return {
    write(at, fields) {
      if (!isFull) put(`${clean(JSON.stringify({ ts: new Date(at).toISOString(), ...fields }))}\n`);
    },
    close: () =>
      new Promise((resolve) => {
        if (!file || file.destroyed) return resolve();
        file.once('close', resolve);
        file.end();
      }),
  };
}

/** What a line that is no event becomes: its text, without characters that drive a terminal. */
export function plainText(line: string): string {
  return cutText(line.replaceAll(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '').toWellFormed(), TEXT_MAX);
}

const SHOWN_MAX = 300;
/** One short line of it, as a sign of life. */
export const shownText = (text: string): string =>
  cutText(plainText(text.slice(0, 10_000).replaceAll('\n', ' ')), SHOWN_MAX);

/** Without the attempt's own token, and without what the composition knows to be secret. */
export const cleanLine =
  (token: string | undefined, clean: (text: string) => string = (text) => text) =>
  (line: string): string =>
    clean(token ? line.replaceAll(token, '[secret]') : line);

/** Reads a key from a file of the operator's own, or from what a command prints. */
import { execFile, spawnSync } from 'node:child_process';
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { shellWord } from '../telling/shell.ts';
import type { Unusable } from './key-words.ts';

/** A keychain may ask its person first. */
const COMMAND_MS = 60_000;
const KEY_BYTES_MAX = 16 * 1024;
const BOUNDS = {
  encoding: 'utf8',
  timeout: COMMAND_MS,
  killSignal: 'SIGKILL',
  maxBuffer: KEY_BYTES_MAX,
} as const;

/** The key, or why there is none. */
export type Read = string | Unusable;

export function keyInFile(path: string): Read {
  let fd: number;
  try {
    // A pipe that nobody writes into must not hold the start up.
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return { why: (error as Error).message };
  }
  try {
    const why = unfit(fd);
    if (why !== undefined) return { why, fix: `chmod 600 ${shellWord(path)}` };
    return readFileSync(fd, 'utf8').trim() || { why: 'it is empty' };
  } finally {
    closeSync(fd);
  }
}

/** What was opened is looked at, not what has the name by then. */
function unfit(fd: number): string | undefined {
  const facts = fstatSync(fd);
  if (!facts.isFile()) return 'it is no file';
  if (facts.uid !== process.getuid?.()) return 'it belongs to another user';
  if ((facts.mode & 0o077) !== 0) return 'others may read or write it';
  return facts.size > KEY_BYTES_MAX ? `it is larger than ${KEY_BYTES_MAX} bytes` : undefined;
}

export function keyPrinted([program, ...words]: readonly string[], env: NodeJS.ProcessEnv): Read {
  const { error, status, signal, stdout } = spawnSync(program!, words, {
    env,
    ...BOUNDS,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  if (error) return { why: failureText(error) };
  if (status !== 0) return { why: `it ended with ${signal ?? status}` };
  return stdout.trim() || NOTHING;
}

/** Beside whatever else goes on. */
export function keyPrintedLater(
  [program, ...words]: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Read> {
  return new Promise((give) => {
    execFile(program!, words, { env, ...BOUNDS }, (error, stdout) =>
      give(error ? { why: 'it fails now' } : stdout.trim() || NOTHING),
    ).stdin?.end();
  });
}

const NOTHING: Unusable = { why: 'it printed nothing' };

function failureText(error: Error & { readonly code?: string }): string {
  if (error.code === 'ETIMEDOUT') return `it did not end within ${COMMAND_MS / 1000} s`;
  if (error.code === 'ENOBUFS') return `it printed more than ${KEY_BYTES_MAX} bytes`;
  return error.code === 'ENOENT' ? 'there is no such program' : error.message;
}

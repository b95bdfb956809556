/** One run of the real program as a process: its screens, its lines as they come, its end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  /** The next line, of either stream, that matches and was not there before; rejects at the end or after `ms`. */
  line(pattern: RegExp, ms?: number): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  /** Signals again and again until `heard` settles: signals that come close together count as one. */
  insist<T>(signal: NodeJS.Signals, heard: Promise<T>): Promise<T>;
}

/** The program under test: as it is installed, where the suite has built it (see scripts/tested.ts); else the sources. */
export const MAIN = process.env.SWARM_TESTED ?? join(import.meta.dirname, '..', '..', 'src', 'main.ts');
/** Far above what any step takes; a hang ends the test instead of the suite. */
const PATIENCE_MS = 60_000;

export interface StartOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** A command line in front that runs the program: with mounts of its own, for instance. */
  readonly through?: readonly string[];
}

export function start(args: readonly string[], { cwd, env, through = [] }: StartOptions): Running {
  const [program, ...words] = [...through, process.execPath, '--conditions=swarm-src', MAIN, ...args];
  const child = spawn(program!, words, {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const told = new EventEmitter();
  const stdout = collect(child.stdout!, lines, told);
  const stderr = collect(child.stderr!, lines, told);
  return {
    pid: child.pid!,
    ended: endOf(child, stdout, stderr),
    line: (pattern, ms = PATIENCE_MS) => lineOf(pattern, ms, lines, told, child),
    kill: (signal) => void child.kill(signal),
    insist: (signal, heard) => {
      const again = setInterval(() => child.kill(signal), 100);
      return heard.finally(() => clearInterval(again));
    },
  };
}

function collect(stream: NodeJS.ReadableStream, lines: string[], told: EventEmitter): { text: string } {
  const all = { text: '' };
  stream.on('data', (chunk: Buffer) => {
    all.text += chunk.toString('utf8');
  });
  createInterface({ input: stream }).on('line', (line) => {
    lines.push(line);
    told.emit('line');
  });
  return all;
}

async function endOf(
  child: ChildProcess,
  stdout: { text: string },
  stderr: { text: string },
): Promise<Ended> {
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return { code, signal, stdout: stdout.text, stderr: stderr.text };
}

async function lineOf(
  pattern: RegExp,
  ms: number,
  lines: readonly string[],
  told: EventEmitter,
  child: ChildProcess,
): Promise<string> {
  const over = AbortSignal.timeout(ms);
  const closed = once(child, 'close').then(() => told.emit('line'));
  for (;;) {
    const found = lines.find((line) => pattern.test(line));
    if (found !== undefined) return found;
    const isOver = child.exitCode !== null || child.signalCode !== null;
    if (isOver) throw new Error(`the program ended without a line like ${pattern}:\n${lines.join('\n')}`);
    await once(told, 'line', { signal: over }).catch(() => {
      throw new Error(`no line like ${pattern} in ${ms} ms:\n${lines.join('\n')}`);
    });
    void closed;
  }
}

/** Runs one command of a tool: its own process group, a deadline, bounded output, and nothing left behind. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { Clock } from '@swarm/core/ports/world';
import { doesWithoutLinux } from '@swarm/core/rules/portable';
import { createHeadTail } from './head-tail.ts';

export interface CommandSpec {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Bytes kept of the beginning and of the end of stdout and stderr together, in order of arrival. */
  readonly keep: { readonly head: number; readonly tail: number };
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface CommandResult {
  /** First cause wins. */
  readonly end: 'exited' | 'timeout' | 'aborted' | 'output-limit' | 'cannot-run';
  readonly exitCode: number | undefined;
  readonly output: string;
}

/** A command that prints more than this is stopped. */
export const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
const PS_BYTES = 64 * 1024 * 1024;
/** Linux tells of processes under /proc. */
const isPortable = doesWithoutLinux(process.platform, process.env);
/** How long pipes may stay open once every process we know of was killed. */
export const PIPES_MS = 500;

/** Starts a command in a process group of its own, with a mark in its environment by which all it starts is found. */
export function startMarked(spec: Pick<CommandSpec, 'argv' | 'cwd' | 'env'>) {
  const id = randomUUID();
  const [program, ...args] = spec.argv;
  const child = spawn(program, args, {
    cwd: spec.cwd,
    env: { ...spec.env, SWARM_CALL: id },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  return { child, kill: () => killTree(child, `SWARM_CALL=${id}`) };
}

/** Whoever is left holds its pipes: they are closed, once all that came while this process stood still has been read. */
export const letGo = ({ stdout, stderr }: ChildProcess): unknown =>
  setImmediate(() => {
    stdout?.destroy();
    stderr?.destroy();
  });

/** Settles when the command and all it started are gone; what it left running is killed, setsid or not. */
export function runCommand(spec: CommandSpec): Promise<CommandResult> {
  return new Promise((settle) => {
    const kept = createHeadTail(spec.keep.head, spec.keep.tail);
    let cause: CommandResult['end'] | undefined;
    let exitCode: number | undefined;
    let bytes = 0;
    const { child, kill } = startMarked(spec);
    const stop = (why: CommandResult['end']) => {
      cause ??= why;
      kill();
    };
    const finish = () => {
      cancelDeadline();
      cancelPipes();
      spec.signal.removeEventListener('abort', abort);
      settle({ end: cause ?? 'exited', exitCode, output: kept.text() });
    };
    const abort = () => stop('aborted');
    const cancelDeadline = spec.clock.after(spec.timeoutMs, () => stop('timeout'));
    let cancelPipes = () => {};
    spec.signal.addEventListener('abort', abort, { once: true });
    const take = (chunk: Buffer) => {
      kept.add(chunk);
      bytes += chunk.length;
      if (bytes > OUTPUT_BYTES_MAX) stop('output-limit');
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', (error) => {
      cause ??= 'cannot-run';
      kept.add(Buffer.from(error.message));
      if (child.pid === undefined) finish();
    });
    child.on('exit', (code) => {
      cause ??= 'exited';
      exitCode = code ?? undefined;
      kill();
      cancelPipes = spec.clock.after(PIPES_MS, () => letGo(child));
    });
    child.on('close', () => child.pid !== undefined && finish());
    if (spec.signal.aborted) abort();
  });
}

/**
 * Kills the process group, then every process that left it and still has the mark; at most 20 rounds. Who left the group
 * and dropped the mark too is the sandbox's to kill, with the attempt.
 */
function killTree(child: ChildProcess, mark: string): void {
  if (child.pid === undefined) return;
  killOne(-child.pid);
  for (let round = 0; round < 20; round++) {
    const left = marked(mark);
    if (left.length === 0) return;
    for (const pid of left) killOne(pid);
  }
}

function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

/** Processes whose environment holds the mark. Zombies have none. */
function marked(mark: string): number[] {
  if (isPortable) return markedByPs(mark);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environOf(name).includes(mark))
    .map(Number);
}

/** What `ps` shows behind the arguments. Where there is no such program, the group is all there is. */
function markedByPs(mark: string): number[] {
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };
  const listed = spawnSync('ps', ['axeww', '-o', 'pid=,args='], {
    env,
    encoding: 'latin1',
    maxBuffer: PS_BYTES,
  });
  const lines = (listed.stdout ?? '').split('\n').filter((line) => `${line} `.includes(` ${mark} `));
  return lines.map((line) => Number.parseInt(line, 10));
}

function environOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return '';
  }
}

import type { ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import type { ResourceName } from '@swarm/core/model/landing';
import type { SandboxEnd } from '@swarm/core/ports/running';
import { beginning } from './beginnings.ts';
import { type OnLine, Output, type StreamName } from './output.ts';
import { ownTurn } from './own-turn.ts';
import { hasEnded, kill, killMarked } from './reap.ts';
import { type Bounds, watchResources } from './resource-watch.ts';
import { type Exit, type Launch, start } from './starting.ts';
import { afterATurn, within } from './waiting.ts';
import { Yielding } from './yielding.ts';

/** How long a pipe may stay open after the main process ended: somebody it left behind holds it. */
const PIPE_GRACE_MS = 200;
/** How long the kernel may take to end a killed process before we go on without it (stuck in a disk wait). */
const DEATH_GRACE_MS = 5_000;
const STATUS_BYTES = 4_096;

export interface Watch {
  readonly wallMs: number;
  readonly outputBytes: number;
  readonly lineBytes?: number | undefined;
  /** What every process of the tree carries in its environment (see reap.ts). */
  readonly marks: readonly string[];
  /** What the whole tree may use, and the folders it may fill. */
  readonly bounds: Bounds;
  readonly folders: readonly string[];
  /** Folders of its own in memory, as it sees them. */
  readonly inMemory: readonly string[];
  /** Processes can leave the tree without dying: no namespace holds them. */
  readonly canEscape: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Must not throw. */
  readonly onLine?: OnLine | undefined;
}

export interface Ran {
  readonly end: SandboxEnd;
  /** The bound it was killed for. */
  readonly limit?: ResourceName;
  /** As a shell reports it: 128 + n for signal n. Only with `exited` and `killed`. */
  readonly code: number | undefined;
  readonly output: string;
  readonly durationMs: number;
  /** What was written to descriptor 3, capped. */
  readonly status: string;
}

export type Stop = 'timeout' | 'aborted' | 'output-limit' | ResourceName;

/**
 * Runs one process in its own group and settles when it and everything it started is dead. Whatever came
 * first, its own exit or one of our limits, is the end that is told. Never rejects.
 */
export async function runProcess(launch: Launch, watch: Watch): Promise<Ran> {
  const startedAt = performance.now();
  const output = new Output(watch.onLine, watch.lineBytes);
  const ended = await runToEnd(launch, watch, output);
  output.end();
  return { ...ended, output: output.text(), durationMs: Math.round(performance.now() - startedAt) };
}

async function runToEnd(
  launch: Launch,
  watch: Watch,
  output: Output,
): Promise<Pick<Ran, 'end' | 'limit' | 'code' | 'status'>> {
  await ownTurn();
  using _begun = launch.yields ? await beginning(watch.signal) : undefined;
  using yielding = launch.yields ? new Yielding() : undefined;
  if (watch.signal?.aborted) return { end: 'aborted', code: undefined, status: '' };
  const started = await start(launch, yielding);
  if (started.kind === 'failed') {
    output.add('stderr', Buffer.from(`cannot run ${launch.file}: ${started.why}\n`));
    return { end: 'cannot-run', code: undefined, status: '' };
  }
  const { child, exited, closed } = started;
  using limits = watchLimits(child, watch, output, yielding);
  const status = giveAndRead(child, launch, yielding);
  if (child.stdin) launch.onStdin?.(child.stdin);
  const first = await Promise.race([exited, limits.stopped]);
  if (typeof first === 'string') {
    await killTree(child, watch.marks);
    const why = boundText(first, watch.bounds);
    if (why) output.add('stderr', Buffer.from(why));
  }
  await within(exited, DEATH_GRACE_MS);
  await within(closed, PIPE_GRACE_MS);
  if (!(await isEmptied(status()))) {
    await killTree(child, watch.marks);
    await within(closed, PIPE_GRACE_MS);
  }
  for (const stream of child.stdio) stream?.destroy();
  return {
    ...(typeof first === 'string' ? stoppedBy(first) : endOf(first)),
    status: status(),
  };
}

/** Starts the clock and counts the bytes; `stopped` resolves with the first limit that is reached. */
function watchLimits(child: ChildProcess, watch: Watch, output: Output, yielding?: Yielding) {
  const { promise: stopped, resolve: stop } = Promise.withResolvers<Stop>();
  const abort = () => stop('aborted');
  const timer = afterATurn(() => stop('timeout'), watch.wallMs);
  watch.signal?.addEventListener('abort', abort, { once: true });
  // It may have fired while the process was being started.
  if (watch.signal?.aborted) abort();
  let room = watch.outputBytes;
  const take = (name: StreamName) => (chunk: Buffer) => {
    if (room > 0) output.add(name, chunk.subarray(0, room));
    room -= chunk.length;
    if (room < 0) stop('output-limit');
  };
  const { bounds, folders, inMemory } = watch;
  const marks = watch.canEscape ? watch.marks : [];
  const resources = watchResources({ pid: child.pid!, bounds, folders, inMemory, marks, yielding }, stop);
  child.stdout?.on('data', take('stdout'));
  child.stderr?.on('data', take('stderr'));
  return {
    stopped,
    [Symbol.dispose]() {
      clearTimeout(timer);
      resources[Symbol.dispose]();
      watch.signal?.removeEventListener('abort', abort);
    },
  };
}

function giveAndRead(child: ChildProcess, { inputs = [] }: Launch, yielding?: Yielding): () => string {
  let status = '';
  const report = child.stdio[3] as Readable | undefined;
  report?.on('data', (chunk: Buffer) => {
    status = (status + chunk.toString()).slice(-STATUS_BYTES);
    const first = firstOf(status);
    if (first !== undefined) yielding?.inside(first);
  });
  for (const [index, text] of inputs.entries()) {
    const input = child.stdio[4 + index] as Writable;
    // It may die before it has read everything; its exit tells that better than a broken pipe.
    input.on('error', () => {});
    input.end(text);
  }
  return () => status;
}

/**
 * Bubblewrap tells the first process of the command's namespace. It ends after all the others (kernel,
 * zap_pid_ns_processes): then nobody is left to look for, and a look reads every process of the machine.
 */
async function isEmptied(status: string): Promise<boolean> {
  const first = firstOf(status);
  return first !== undefined && hasEnded(first);
}

function firstOf(status: string): number | undefined {
  const [, pid] = /"child-pid": *([1-9]\d*)/.exec(status) ?? [];
  return pid === undefined ? undefined : Number(pid);
}

/** The group first, so that a fork between two looks dies with it; then whoever left the group. */
async function killTree(child: ChildProcess, marks: readonly string[]): Promise<void> {
  if (child.pid !== undefined) kill(-child.pid);
  await killMarked(marks);
}

function stoppedBy(stop: Stop): { end: SandboxEnd; limit?: ResourceName; code: undefined } {
  if (stop === 'timeout' || stop === 'aborted' || stop === 'output-limit')
    return { end: stop, code: undefined };
  return { end: 'killed', limit: stop, code: undefined };
}

/** For whoever reads the output and nothing else: the last line says what it was killed for. */
export function boundText(stop: Stop, { memoryBytes, processes, diskBytes }: Bounds): string | undefined {
  const bytes = { memory: memoryBytes, disk: diskBytes }[stop as string];
  if (bytes !== undefined)
    return `\nkilled: more than its limit of ${Math.round(bytes / 1024 ** 2)} MiB of ${stop}\n`;
  return stop === 'processes' ? `\nkilled: more than its limit of ${processes} processes\n` : undefined;
}

/** Shells and bubblewrap tell a child's SIGKILL as exit 137: the kernel's, for memory, among them. */
function endOf({ code, signal }: Exit): { end: SandboxEnd; code: number } {
  const told = signal === null ? (code ?? 0) : 128 + constants.signals[signal];
  return {
    end: signal !== null || told === 128 + constants.signals.SIGKILL ? 'killed' : 'exited',
    code: told,
  };
}

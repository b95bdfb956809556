/** Starts one process in a session of its own, with nothing open but what it is given. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { inheritedDescriptors } from './inherited-descriptors.ts';
import { platform } from './platform/here.ts';
import type { Yielding } from './yielding.ts';

/** What to start, in host terms. */
export interface Launch {
  readonly file: string;
  readonly argv: readonly string[];
  readonly cwd: string;
  /** The whole environment; nothing of ours is added. */
  readonly env: Readonly<Record<string, string>>;
  /** With it, descriptor 3 is read as `status` and these texts can be read on descriptors 4, 5, …. */
  readonly inputs?: readonly (string | Buffer)[];
  /** Present: stdin is a pipe, and this is given its other end. Absent: stdin is empty. */
  readonly onStdin?: ((stdin: Writable) => void) | undefined;
  /** Nobody reads its stdout. */
  readonly isMute?: boolean;
  /** It waits for a processor behind whoever does not. */
  readonly yields?: boolean;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export type Started =
  | {
      readonly kind: 'started';
      readonly child: ChildProcess;
      readonly exited: Promise<Exit>;
      /** Every pipe has been read to its end. */
      readonly closed: Promise<void>;
    }
  | { readonly kind: 'failed'; readonly why: string };

/** What a terminal, or a supervisor, sends to all of ours. */
const FOR_US: readonly (string | null)[] = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
/** Each but the first takes one more signal that meets such a moment. */
const STARTS_MAX = 10;

/**
 * Every process has a session of its own, but for a moment after its fork: a Ctrl-C that is meant for us ends it in that
 * moment, before its program began. Then it is started again.
 */
export async function start(launch: Launch, yielding?: Yielding): Promise<Started> {
  for (let left = STARTS_MAX - 1; ; left -= 1) {
    const { hasBegun, ...started } = await startOnce(launch, yielding);
    if (hasBegun || started.kind === 'failed' || left === 0) return started;
    // It ended already: Node waits for its program, or for its end.
    if (!FOR_US.includes((await started.exited).signal)) return started;
  }
}

function startOnce(
  launch: Launch,
  yielding: Yielding | undefined,
): Promise<Started & { readonly hasBegun: boolean }> {
  const { promise, resolve } = Promise.withResolvers<Started & { readonly hasBegun: boolean }>();
  const fail = (why: string) => resolve({ kind: 'failed', why, hasBegun: false });
  const nothing = openSync('/dev/null', 'r');
  try {
    const child = spawn(launch.file, launch.argv, {
      cwd: launch.cwd,
      env: { ...launch.env },
      detached: true,
      stdio: descriptors(launch, nothing),
    });
    if (child.pid !== undefined) yielding?.first(child.pid);
    const hasBegun = child.pid === undefined || platform.hasBegun(child.pid);
    const exited = new Promise<Exit>((tell) => child.once('exit', (code, signal) => tell({ code, signal })));
    const closed = new Promise<void>((tell) => child.once('close', () => tell()));
    child.on('error', (error) => fail(error.message));
    child.once('spawn', () => resolve({ kind: 'started', child, exited, closed, hasBegun }));
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  } finally {
    closeSync(nothing);
  }
  return promise;
}

/** What the child finds open: stdin where it has one, our pipes, and nothing in place of what we were started with. */
function descriptors({ inputs, onStdin, isMute }: Launch, nothing: number): ('ignore' | 'pipe' | number)[] {
  const pipes = inputs === undefined ? 0 : 1 + inputs.length;
  const first = onStdin ? 'pipe' : 'ignore';
  const all: ('ignore' | 'pipe' | number)[] = [
    first,
    isMute ? 'ignore' : 'pipe',
    'pipe',
    ...Array(pipes).fill('pipe'),
  ];
  for (const fd of inheritedDescriptors()) {
    while (all.length < fd) all.push('ignore');
    if (all.length === fd) all.push(nothing);
  }
  return all;
}

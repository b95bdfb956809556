/** What the tests need of the world: a clock, a model that plays answers, a folder, and a bare sandbox. */
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough, type Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import type { AttemptId } from '@swarm/core/model/ids';
import type { Model, ModelEnd, ModelRequest, ModelResult } from '@swarm/core/ports/models';
import {
  type AgentJob,
  type Collected,
  GATEWAY_SOCKET_VARIABLE,
  type Notes,
  type Room,
  type RoomCommand,
  type RoomNeeds,
  type RoomProcess,
  type SandboxResult,
} from '@swarm/core/ports/running';
import type { Clock } from '@swarm/core/ports/world';

export const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** A clock that stands still until it is moved. */
export function handClock() {
  let time = 0;
  let timers: { at: number; run: () => void }[] = [];
  return {
    now: () => time,
    monotonic: () => time,
    after(delayMs: number, run: () => void) {
      const timer = { at: time + delayMs, run };
      timers.push(timer);
      return () => {
        timers = timers.filter((t) => t !== timer);
      };
    },
    move(ms: number): void {
      const end = time + ms;
      for (;;) {
        const [next] = timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at);
        if (!next) break;
        timers = timers.filter((t) => t !== next);
        time = next.at;
        next.run();
      }
      time = end;
    },
  } satisfies Clock & { move(ms: number): void };
}

/** A real folder with these files, gone when the test is over. */
export function makeFolder(t: TestContext, files: Readonly<Record<string, string>> = {}): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'agent-test-')));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

export const usage = (inputTokens: number, outputTokens: number) => ({
  calls: 1,
  inputTokens,
  outputTokens,
  costUsd: 0,
  priced: true,
});

type Said = string | ModelEnd | readonly [name: string, args: unknown][];

/** One answer: text, an ending without text, or calls (arguments that are strings go as they stand). */
export function answer(said: Said, spent = usage(10, 5)): ModelResult {
  const common = { usage: spent, model: 'played' };
  if (typeof said === 'string') return { end: { kind: 'stopped' }, text: said, ...common };
  if (!Array.isArray(said)) return { end: said as ModelEnd, text: '', ...common };
  const calls = (said as readonly [string, unknown][]).map(([name, args], i) => ({
    id: `call-${i}`,
    name,
    argumentsJson: typeof args === 'string' ? args : JSON.stringify(args),
  }));
  return { end: { kind: 'tools', calls }, text: '', ...common };
}

/** Plays the answers in order, the last one for ever, and keeps what it was asked. */
export function playModel(answers: readonly ModelResult[]): Model & { readonly asked: ModelRequest[] } {
  const asked: ModelRequest[] = [];
  return {
    asked,
    nameFor: () => 'played',
    async stream(request, { signal }) {
      asked.push({ ...request, messages: [...request.messages] });
      if (signal.aborted) return answer({ kind: 'aborted' });
      return answers[Math.min(asked.length, answers.length) - 1]!;
    },
    whenUp: () => Promise.resolve(),
  };
}

/** Notes as an attempt has them; `say` is the operator's. */
export function makeNotes(...first: readonly string[]) {
  const all = [...first];
  const listeners = new Set<() => void>();
  let told = 0;
  return {
    pending: () => all.slice(told),
    told: (count: number) => {
      told += count;
    },
    onMore(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    say(text: string): void {
      all.push(text);
      for (const listener of listeners) listener();
    },
  } satisfies Notes & { say(text: string): void };
}

/**
 * Port `Room` with real processes and no walls at all: everything is seen where it lies.
 * @param hides nothing below it is seen.
 * @param keptHome the home of its commands; absent: one that goes with the room.
 */
export function bareRoom(workspace: string, needs: RoomNeeds, hides = '/nowhere', keptHome?: string): Room {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'agent-room-')));
  const home = join(folder, 'home');
  mkdirSync(home);
  const reaches = ({ gateway }: RoomCommand): Record<string, string> =>
    gateway === 'socket'
      ? { [GATEWAY_SOCKET_VARIABLE]: needs.gatewaySocket ?? '' }
      : gateway === 'address'
        ? { SWARM_GATEWAY_URL: 'http://127.0.0.1:9' }
        : {};
  const given = (command: RoomCommand): RoomCommand => ({
    ...command,
    env: { HOME: keptHome ?? home, ...command.env, ...reaches(command) },
  });
  return {
    workspace,
    shown: (mount) => mount.host,
    sees: async (path) => !path.startsWith(hides) && existsSync(resolve(workspace, path)),
    async place({ name, text }) {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    },
    outlet: async (name) => join(folder, name),
    collect: async (name, maxBytes) => collect(join(folder, name), maxBytes),
    run: (command) => runBare(workspace, given(command)),
    start: (command) => startBare(workspace, given(command)),
    close: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

function collect(path: string, maxBytes: number): Collected {
  if (!existsSync(path)) return { kind: 'nothing' };
  const text = readFileSync(path, 'utf8');
  return text.length > maxBytes
    ? { kind: 'unfit', why: `it has ${text.length} bytes` }
    : { kind: 'text', text };
}

function startBare(workspace: string, command: RoomCommand): RoomProcess {
  const { promise: opened, resolve: open } = Promise.withResolvers<Writable>();
  const held = new PassThrough({ objectMode: true, highWaterMark: 1e9 });
  const onLine: RoomCommand['onLine'] = (stream, text) => {
    command.onLine?.(stream, text.slice(0, command.limits.lineBytes));
    held.write({ stream, text: text.slice(0, command.limits.lineBytes) });
  };
  const ended = runBare(workspace, { ...command, onLine }, (stdin) => {
    stdin.on('error', () => {});
    open(stdin);
  });
  void ended.then(() => held.end());
  return {
    stdin: {
      write: async (text) => {
        const stdin = await opened;
        if (stdin.writable) await new Promise<void>((resolve) => stdin.write(text, () => resolve()));
      },
      end: () => void opened.then((stdin) => stdin.end()),
    },
    lines: held,
    ended,
  };
}

function runBare(
  workspace: string,
  spec: RoomCommand,
  onStdin?: (stdin: Writable) => void,
): Promise<SandboxResult> {
  return new Promise((settle) => {
    const [program, ...args] = spec.argv;
    let end: SandboxResult['end'] | undefined;
    let output = '';
    let late: NodeJS.Timeout | undefined;
    const child = spawn(program!, args, {
      cwd: workspace,
      env: { PATH: process.env.PATH, ...spec.env },
      stdio: [onStdin ? 'pipe' : 'ignore', 'pipe', 'pipe'],
      detached: true,
    });
    if (child.stdin) onStdin?.(child.stdin);
    const stop = (why: SandboxResult['end']) => {
      end ??= why;
      if (!child.pid || child.exitCode !== null || child.signalCode !== null) return;
      // Called off, it may still say so; half a second later it may not.
      process.kill(-child.pid, why === 'aborted' ? 'SIGTERM' : 'SIGKILL');
      late = setTimeout(() => child.exitCode === null && process.kill(-child.pid!, 'SIGKILL'), 500);
    };
    const timer = setTimeout(() => stop('timeout'), spec.limits.wallMs);
    spec.signal?.addEventListener('abort', () => stop('aborted'), { once: true });
    if (spec.signal?.aborted) stop('aborted');
    for (const stream of ['stdout', 'stderr'] as const) {
      createInterface({ input: child[stream]! }).on('line', (line) => {
        output += `${line}\n`;
        spec.onLine?.(stream, line);
      });
    }
    const finish = (exitCode: number | undefined) => {
      clearTimeout(timer);
      clearTimeout(late);
      settle({ end: end ?? 'exited', exitCode, output, durationMs: 0 });
    };
    child.on('error', (error) => {
      end = 'cannot-run';
      output = error.message;
      finish(undefined);
    });
    child.on('close', (code) => {
      if (code === null) end ??= 'killed';
      // Readline hands on its last lines in the turn after the pipes closed.
      setImmediate(() => finish(code ?? undefined));
    });
  });
}

export function makeJob(workspace: string, over: Partial<AgentJob> = {}): AgentJob {
  return {
    attempt: 't1.1' as AttemptId,
    open: async (needs) => bareRoom(workspace, needs),
    prompt: { system: 'Rules.', user: 'Do {workspace} it.' },
    taskJson: '{"id":"t1","title":"Do it"}',
    limits: { steps: 10, tokens: 1_000_000, wallMs: 20_000, quietMs: 20_000 },
    signal: new AbortController().signal,
    onActivity: () => {},
    ...over,
  };
}

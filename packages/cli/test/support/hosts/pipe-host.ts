/** Home's half of a host in another process: nothing of the two is shared but a pipe each way. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { CommitId } from '@swarm/core/model/ids';
import type { AttemptHost, Bench, BenchAsk, CannotRun } from '@swarm/core/ports/bench';
import type { Hub } from '@swarm/core/ports/git';
import { type Answer, type Call, inOnePiece, type ToHome, type ToHost } from './wire.ts';

export interface PipeHost {
  readonly host: AttemptHost;
  /** What went over the pipe, by kind. */
  readonly calls: readonly string[];
  stop(): Promise<void>;
}

interface Hears {
  readonly signal?: AbortSignal;
  readonly onLine?: (stream: 'stdout' | 'stderr', line: string) => void;
  readonly onActivity?: Parameters<Bench['agent']>[0]['onActivity'];
}

export interface HostFolder {
  /** The host's own state: another machine's disk. */
  readonly state: string;
  /** The command its agent is, and what is shown to it. */
  readonly agent: readonly string[];
}

export function startPipeHost(hub: Pick<Hub, 'pack'>, folder: HostFolder): PipeHost {
  const main = join(import.meta.dirname, 'pipe-host-main.ts');
  const child = spawn(process.execPath, ['--conditions=swarm-src', main, JSON.stringify(folder)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { PATH: process.env.PATH, HOME: '/nonexistent' },
  });
  const line = new Line(child);
  /** What was sent is not sent again. */
  const sent = new Set<CommitId>();
  const host: AttemptHost = {
    name: 'pipe',
    slots: 2,
    capabilities: ['command'],
    isFull: async () => (await line.ask({ call: 'full', bench: '' })) === true,
    reap: async () => (await line.ask({ call: 'reap', bench: '' })) as number,
    clear: async () => (await line.ask({ call: 'clear', bench: '' })) as string[],
    async open({ signal, ...ask }: BenchAsk): Promise<Bench | CannotRun> {
      const wants = [ask.base, ...(ask.from ? [ask.from] : []), ...(ask.setup ? [ask.setup.trusted] : [])];
      const pack = await inOnePiece(hub.pack(wants, [...sent]));
      const told = await line.call({ call: 'open', bench: ask.name, ask, pack }, { signal });
      if (told.kind === 'cannot-run') return told;
      for (const commit of wants) sent.add(commit);
      if (told.kind === 'opened') return benchAt(line, ask.name, told);
      throw new Error(`the host answered ${told.kind} to open`);
    },
  };
  return { host, calls: line.calls, stop: () => line.stop() };
}

const benchAt = (line: Line, bench: string, opened: Extract<Answer, { kind: 'opened' }>): Bench => ({
  kind: 'bench',
  head: opened.head,
  conflicts: opened.conflicts,
  prefix: opened.prefix,
  agentFor: ({ agent = 'command' }) => ({ name: agent }),
  async shell({ signal, onLine, ...ask }) {
    const told = await line.call(
      { call: 'shell', bench, ask },
      { ...(signal && { signal }), ...(onLine && { onLine }) },
    );
    return told.kind === 'ran' ? told.ran : unexpected(told);
  },
  // What is said to it meanwhile does not go over this line.
  async agent({ signal, onActivity, notes: _, ...job }) {
    const told = await line.call({ call: 'agent', bench, job }, { signal, onActivity });
    return told.kind === 'worked' ? told.result : unexpected(told);
  },
  async save(message) {
    const told = await line.call({ call: 'save', bench, message });
    if (told.kind === 'nothing') return { kind: 'here', report: told.report };
    if (told.kind === 'unsaved') return { kind: 'failed', why: told.why };
    if (told.kind !== 'saved') return unexpected(told);
    const { head, pack, report } = told;
    const bytes = (async function* () {
      yield Buffer.from(pack, 'base64');
    })();
    return { kind: 'pack', pack: { head, bytes }, report };
  },
  close: async () => void (await line.ask({ call: 'close', bench })),
});

const unexpected = (told: Answer): never => {
  throw new Error(`the host answered ${told.kind}${told.kind === 'failed' ? `: ${told.why}` : ''}`);
};

/** Calls and their answers on the pipe. */
class Line {
  readonly calls: string[] = [];
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Hears & { readonly answer: (answer: Answer) => void }>();
  #next = 1;

  constructor(child: ChildProcess) {
    this.#child = child;
    createInterface({ input: child.stdout! }).on('line', (text) => this.#hear(JSON.parse(text) as ToHome));
    child.once('exit', (code) => {
      const answer: Answer = { kind: 'failed', why: `the host is gone with ${code}` };
      for (const waiting of this.#waiting.values()) waiting.answer(answer);
    });
  }

  async ask(call: Call): Promise<unknown> {
    const told = await this.call(call);
    return told.kind === 'done' ? told.value : unexpected(told);
  }

  call(call: Call, hears: Hears = {}): Promise<Answer> {
    const id = this.#next++;
    this.calls.push(call.call);
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const abort = () => this.#say({ abort: id });
    this.#waiting.set(id, { ...hears, answer: resolve });
    this.#say({ id, ...call });
    if (hears.signal?.aborted) abort();
    hears.signal?.addEventListener('abort', abort, { once: true });
    return promise.finally(() => {
      this.#waiting.delete(id);
      hears.signal?.removeEventListener('abort', abort);
    });
  }

  async stop(): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.stdin!.end();
    await gone;
  }

  #say(message: ToHost): void {
    this.#child.stdin!.write(`${JSON.stringify(message)}\n`);
  }

  #hear(message: ToHome): void {
    const waiting = this.#waiting.get(message.id);
    if ('line' in message) waiting?.onLine?.(...message.line);
    else if ('activity' in message) waiting?.onActivity?.(message.activity);
    else waiting?.answer(message.answer);
  }
}

/**
 * Tells somebody outside when the run needs a person and when it has closed: by a command of the operator's, by a POST,
 * or both. It takes what the log says, which known secrets were taken out of, and never changes what becomes of the run.
 */
import { spawn } from 'node:child_process';
import type { LogLine } from '@swarm/core/log-events';
import type { Config } from '../config/resolved.ts';
import type { Environment } from '../finding/paths.ts';

export const COMMAND_MS = 10_000;
export const WEBHOOK_MS = 5_000;
const WEBHOOK_TRIES = 2;
/** Things that wait to be told; of more, the latest are. */
const WAITING_MAX = 100;

export interface NotifierAsk {
  readonly config: NonNullable<Config['notify']>;
  readonly env: Environment;
  readonly run: string;
  /** The operator's repository; where the command runs. */
  readonly repository: string;
  /** Names neither the address nor what was sent. */
  readonly onTrouble: (why: string) => void;
}

/** What is sent. */
export type Notice =
  | (About & { readonly event: 'needs-you'; readonly needs: readonly unknown[] })
  | (About & { readonly event: 'closed'; readonly reason: unknown; readonly green: unknown });

interface About {
  readonly v: 1;
  readonly run: string;
  readonly repository: string;
  /** RFC 3339. */
  readonly at: string;
  /** In words. */
  readonly text: string;
}

export class Notifier {
  readonly #ask: NotifierAsk;
  #needs: LogLine[] = [];
  #closed: LogLine | undefined;
  #telling: Promise<void> | undefined;

  constructor(ask: NotifierAsk) {
    this.#ask = ask;
  }

  /** To be called with every line of the log. Never throws, and never waits. */
  note(line: LogLine): void {
    if (line.event === 'need.opened') this.#needs = [...this.#needs, line].slice(-WAITING_MAX);
    else if (line.event === 'run.closed') this.#closed = line;
    else return;
    this.#telling ??= this.#tellAll();
  }

  /** Resolves when nothing more is to be told; each telling ends within its own time. */
  async settled(): Promise<void> {
    await this.#telling;
  }

  /** What came up while something was told is told together. */
  async #tellAll(): Promise<void> {
    // What one decision brings is one thing to tell: the lines of an entry come one after another.
    await Promise.resolve();
    for (let next = this.#next(); next; next = this.#next()) await this.#tell(next);
    this.#telling = undefined;
  }

  #next(): Notice | undefined {
    const { run, repository } = this.#ask;
    const about = { v: 1, run, repository } as const;
    const needs = this.#needs;
    this.#needs = [];
    const last = needs.at(-1);
    if (last) {
      const text = needs.map(({ data }) => data.text).join('\n');
      return { ...about, event: 'needs-you', at: last.ts, text, needs: needs.map(needOf) };
    }
    const closed = this.#closed;
    this.#closed = undefined;
    if (!closed) return undefined;
    const { reason, green } = closed.data;
    return { ...about, event: 'closed', at: closed.ts, text: closed.msg, reason, green };
  }

  async #tell(notice: Notice): Promise<void> {
    const json = JSON.stringify(notice);
    const { config, env, repository } = this.#ask;
    const url = config.webhookEnv === undefined ? undefined : env[config.webhookEnv];
    const told = await Promise.all([
      config.command && run(config.command, json, { env, repository, event: notice.event }),
      config.webhookEnv === undefined ? undefined : post(url, json, config.webhookEnv),
    ]);
    for (const why of told) if (why !== undefined) this.#ask.onTrouble(why);
  }
}

const needOf = ({ data, task }: LogLine) => ({ ...(task && { task }), ...data });

/** @returns why it failed; undefined when it did not. */
function run(
  [program, ...words]: readonly string[],
  json: string,
  { env, repository, event }: { env: Environment; repository: string; event: string },
): Promise<string | undefined> {
  return new Promise((settle) => {
    const child = spawn(program!, words, {
      cwd: repository,
      env: { ...env, SWARM_EVENT: event },
      stdio: ['pipe', 'ignore', 'ignore'],
      // A group of its own, so that what it started ends with it.
      detached: true,
    });
    const end = (): void => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended.
      }
    };
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      end();
    }, COMMAND_MS);
    const over = (why: string | undefined): void => {
      clearTimeout(timer);
      settle(why);
    };
    child.on('error', (error: NodeJS.ErrnoException) =>
      over(`the command of [notify] cannot be run: ${error.code ?? 'unknown'}`),
    );
    child.on('exit', (code, signal) => {
      if (isLate) over(`the command of [notify] did not end within ${COMMAND_MS / 1_000} s`);
      else over(code === 0 ? undefined : `the command of [notify] ended with ${signal ?? code}`);
    });
    // One that does not read is no fault.
    child.stdin.on('error', () => undefined);
    child.stdin.end(json);
  });
}

async function post(url: string | undefined, json: string, name: string): Promise<string | undefined> {
  const address = url === undefined ? null : URL.parse(url);
  if (address?.protocol !== 'http:' && address?.protocol !== 'https:')
    return `${name} of [notify] holds no http address`;
  let why = '';
  for (let n = 0; n < WEBHOOK_TRIES; n++) {
    why = await posted(address, json);
    if (why === '') return undefined;
  }
  return `the webhook of [notify] was not taken: ${why}`;
}

/** Empty: it was taken. Words of the platform's may hold the address: only their kind is told. */
async function posted(address: URL, json: string): Promise<string> {
  try {
    const answer = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: json,
      // Where another address is named, what was sent would go to somebody else.
      redirect: 'error',
      signal: AbortSignal.timeout(WEBHOOK_MS),
    });
    await answer.body?.cancel();
    return answer.ok ? '' : `it answered ${answer.status}`;
  } catch (error) {
    const isLate = (error as Error).name === 'TimeoutError';
    return isLate ? `no answer within ${WEBHOOK_MS / 1_000} s` : 'it cannot be reached';
  }
}

/** Looks for what has the form of a secret, by rules that run in a thread of their own. */
import { realpathSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { AddedText, RulesSaid, SecretRules } from '@swarm/core/ports/git';
import { allowedBy } from './allow.ts';
import type { Answer, Hit } from './messages.ts';

/** 63 ms a MB on an idle machine. */
export const RULES_BYTES_MAX = 32 * 1024 * 1024;
const DEADLINE_MS = 30_000;

export interface RulesAsk {
  /** See `allowedBy`. */
  readonly allow: readonly string[];
  /** The thread's program as one file. Absent: its own source. */
  readonly program?: string;
  readonly bytesMax?: number;
  readonly deadlineMs?: number;
}

/** The thread is started when there is something to look at. */
export function createSecretRules(ask: RulesAsk): SecretRules {
  return new Rules(ask);
}

class Rules implements SecretRules {
  readonly bytesMax: number;
  readonly #ask: RulesAsk;
  readonly #allowed: ReturnType<typeof allowedBy>;
  #thread: Worker | undefined;
  #asked = 0;
  /** One is looked at after the other. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(ask: RulesAsk) {
    this.#ask = ask;
    this.bytesMax = ask.bytesMax ?? RULES_BYTES_MAX;
    this.#allowed = allowedBy(ask.allow);
  }

  isAllowed(path: string): boolean {
    return this.#allowed.path(path);
  }

  look(all: readonly AddedText[]): Promise<RulesSaid> {
    const texts = all.filter(({ path, bytes }) => bytes.length > 0 && !this.isAllowed(path));
    if (texts.length === 0) return Promise.resolve({ kind: 'looked', hits: [] });
    const bytes = texts.reduce((sum, text) => sum + text.bytes.length, 0);
    if (bytes > this.bytesMax)
      return Promise.resolve(notLooked(`it adds ${bytes} bytes, more than ${this.bytesMax}`));
    const said = this.#before.then(() => this.#lookAt(texts));
    this.#before = said;
    return said;
  }

  async close(): Promise<void> {
    await this.#end();
  }

  async #lookAt(texts: readonly AddedText[]): Promise<RulesSaid> {
    const answer = await this.#answered(texts);
    if (typeof answer !== 'string') {
      const named = answer.map(({ text, rule, line, value }) => ({
        path: texts[text]!.path,
        rule,
        line,
        value,
      }));
      return { kind: 'looked', hits: named.filter(({ rule, path }) => !this.#allowed.hit(rule, path)) };
    }
    await this.#end();
    return notLooked(answer);
  }

  /** Why there is none, when there is none. */
  #answered(texts: readonly AddedText[]): Promise<readonly Hit[] | string> {
    const { promise, resolve } = Promise.withResolvers<readonly Hit[] | string>();
    const { deadlineMs = DEADLINE_MS } = this.#ask;
    const id = ++this.#asked;
    const thread = this.#started();
    const late = setTimeout(() => resolve(`the rules did not answer within ${deadlineMs} ms`), deadlineMs);
    const hear = (answer: Answer) => {
      if (answer.id === id) resolve('hits' in answer ? answer.hits : `the rules failed: ${answer.error}`);
    };
    const fail = (error: unknown) => resolve(`the rules failed: ${String(error).slice(0, 200)}`);
    const gone = () => resolve('the rules ended');
    thread.on('message', hear).once('error', fail).once('exit', gone);
    thread.ref();
    thread.postMessage({
      id,
      texts: texts.map(({ path, bytes }) => ({ path, bytes: new Uint8Array(bytes) })),
    });
    return promise.finally(() => {
      clearTimeout(late);
      thread.off('message', hear).off('error', fail).off('exit', gone);
      thread.unref();
    });
  }

  #started(): Worker {
    if (this.#thread) return this.#thread;
    const program = this.#ask.program ?? new URL('./thread.ts', import.meta.url);
    standSomewhere();
    // Nothing of the operator's environment.
    const thread = new Worker(program, { env: {}, resourceLimits: LIMITS });
    thread.on('error', () => undefined);
    thread.once('exit', () => {
      if (this.#thread === thread) this.#thread = undefined;
    });
    this.#thread = thread;
    return thread;
  }

  async #end(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }
}

/** A bound on what a text makes of itself; young objects are few, and what they may fill counts for the whole program. */
const LIMITS = { maxOldGenerationSizeMb: 1_024, maxYoungGenerationSizeMb: 16 };

const notLooked = (why: string): RulesSaid => ({ kind: 'not-looked', why });

/** Where the folder the process stands in was removed, no thread starts; whatever was relative to it is gone as well. */
function standSomewhere(): void {
  try {
    realpathSync.native('.');
  } catch {
    process.chdir('/');
  }
}

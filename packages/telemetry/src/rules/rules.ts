/**
 * Looks for what has the form of a secret, by rules that run in a process of their own. It is no thread: its memory would
 * be ours, and is copied at each start of another process.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { AddedText, RulesSaid, SecretRules } from '@swarm/core/ports/git';
import { allowedBy } from './allow.ts';
import type { Answer, Hit } from './messages.ts';

/** 63 ms a MB on an idle machine. */
export const RULES_BYTES_MAX = 32 * 1024 * 1024;
const DEADLINE_MS = 30_000;

export interface RulesAsk {
  /** See `allowedBy`. */
  readonly allow: readonly string[];
  /** The program of that process as one file. Absent: its own source. */
  readonly program?: string;
  readonly bytesMax?: number;
  readonly deadlineMs?: number;
}

/** The process is started when there is something to look at. */
export function createSecretRules(ask: RulesAsk): SecretRules {
  return new Rules(ask);
}

class Rules implements SecretRules {
  readonly bytesMax: number;
  readonly #ask: RulesAsk;
  readonly #allowed: ReturnType<typeof allowedBy>;
  #child: ChildProcess | undefined;
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
    this.#end();
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
    this.#end();
    return notLooked(answer);
  }

  /** Why there is none, when there is none. */
  async #answered(texts: readonly AddedText[]): Promise<readonly Hit[] | string> {
    for (let birth = 1; ; birth++) {
      const answer = await this.#answerOf(this.#started(), texts);
      if (answer !== HIT_AT_BIRTH) return answer;
      if (birth === BIRTHS_MAX) return 'the rules ended';
    }
  }

  #answerOf(child: ChildProcess, texts: readonly AddedText[]) {
    const { promise, resolve } = Promise.withResolvers<readonly Hit[] | string>();
    const { deadlineMs = DEADLINE_MS } = this.#ask;
    const id = ++this.#asked;
    const late = setTimeout(() => resolve(`the rules did not answer within ${deadlineMs} ms`), deadlineMs);
    const hear = (answer: Answer) => {
      if (answer.id === id) resolve('hits' in answer ? answer.hits : `the rules failed: ${answer.error}`);
    };
    const fail = (error: unknown) => resolve(`the rules failed: ${String(error).slice(0, 200)}`);
    const gone = (_: number | null, signal: string | null) =>
      resolve(signal === 'SIGINT' ? HIT_AT_BIRTH : 'the rules ended');
    child.on('message', hear).once('error', fail).once('exit', gone);
    child.ref();
    child.channel?.ref();
    const sent = { id, texts: texts.map(({ path, bytes }) => ({ path, bytes: new Uint8Array(bytes) })) };
    child.send(sent, (error) => {
      // Its end tells why, where it ended.
      if (error && child.exitCode === null && child.signalCode === null) fail(error);
    });
    return promise.finally(() => {
      clearTimeout(late);
      child.off('message', hear).off('error', fail).off('exit', gone);
      child.unref();
      child.channel?.unref();
    });
  }

  #started(): ChildProcess {
    if (this.#child?.connected) return this.#child;
    const { program = fileURLToPath(new URL('./child.ts', import.meta.url)) } = this.#ask;
    // Nothing of the operator's environment; a folder that is always there; a Ctrl-C is ours to hear.
    const child = fork(program, [], {
      execArgv: [...BOUNDS, ...SOURCES],
      env: {},
      cwd: '/',
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      detached: true,
    });
    child.on('error', () => undefined);
    child.once('exit', () => {
      if (this.#child === child) this.#child = undefined;
    });
    this.#child = child;
    return child;
  }

  #end(): void {
    const child = this.#child;
    this.#child = undefined;
    child?.kill('SIGKILL');
  }
}

/** A Ctrl-C between its birth and its own process group; it had done nothing by then. */
const HIT_AT_BIRTH = 'the rules were interrupted at their start';
const BIRTHS_MAX = 5;

/** A bound on what a text makes of itself, in MB. */
const BOUNDS = ['--max-old-space-size=1024', '--max-semi-space-size=8'];
/** What the sources find one another by. */
const SOURCES = process.execArgv.filter((flag) => flag.startsWith('--conditions='));

const notLooked = (why: string): RulesSaid => ({ kind: 'not-looked', why });

/**
 * A task's own verification, tried before any work. One that passes there tells nothing. One that cannot run here would
 * fail after every attempt, whatever the agent does: it is given back before anything is spent.
 */
import type { Attempt } from '@swarm/core/model/attempt';
import type { Task } from '@swarm/core/model/task';
import { whyCannotRun } from '@swarm/core/rules/broken-checks';
import type { Context } from '../context.ts';
import { toldFirst } from '../landing/digest.ts';
import { OUTPUT_BYTES_MAX } from '../settings.ts';
import { isFullAfter } from './disk-full.ts';
import { setupOf } from './setup-ask.ts';
import { SharedWork } from './shared-work.ts';

/** A check that takes longer would keep the agent waiting: nothing is found out of it. */
const WALL_MS_MAX = 60_000;
/** Results kept, by commit and command. */
const KNOWN_MAX = 500;

/** How it ended by itself; undefined: it did not. */
type Ended = { readonly exitCode: number; readonly output: string } | undefined;

export type BaseTry =
  | { readonly kind: 'green' | 'red' }
  | { readonly kind: 'broken'; readonly detail: string }
  /** There is nothing to try, it did not end in time, or the attempt was called off. */
  | { readonly kind: 'unknown' };

export class BaseTries {
  readonly #context: Context;
  readonly #known = new Map<string, Ended>();
  /** Tasks that are verified alike on one base try it once. */
  readonly #underWay = new SharedWork<Ended>();

  constructor(context: Context) {
    this.#context = context;
  }

  async try(attempt: Attempt, task: Task, signal: AbortSignal): Promise<BaseTry> {
    const { verify, kind, scope } = task.spec;
    const { gate } = this.#context.state.run.request;
    const isFirst = task.verifiesBase === undefined && attempt.from === undefined;
    // What the gate says of the base is known without.
    if (verify === undefined || kind !== 'change' || !isFirst || verify === gate) return { kind: 'unknown' };
    const ended = await this.#ended(attempt, verify, signal);
    if (!ended) return { kind: 'unknown' };
    if (ended.exitCode === 0) return { kind: 'green' };
    const why = whyCannotRun(ended, scope);
    if (why === undefined) return { kind: 'red' };
    return { kind: 'broken', detail: `\`${verify}\` cannot be run here: ${why}. ${toldFirst(ended.output)}` };
  }

  async #ended(attempt: Attempt, verify: string, signal: AbortSignal): Promise<Ended> {
    const key = `${attempt.base} ${verify}`;
    if (this.#known.has(key)) return this.#known.get(key);
    const ended = await this.#underWay.join(key, signal, (own) => this.#run(attempt, verify, own));
    if (signal.aborted) return undefined;
    const oldest = this.#known.keys().next().value;
    if (this.#known.size >= KNOWN_MAX && oldest !== undefined) this.#known.delete(oldest);
    this.#known.set(key, ended);
    return ended;
  }

  async #run({ id, base }: Attempt, command: string, signal: AbortSignal): Promise<Ended> {
    const { host } = this.#context.ports;
    const clean = await host.open({ name: benchNameOf(id), base, ...setupOf(this.#context), signal });
    if (clean.kind === 'cannot-run') return undefined;
    try {
      const ran = await clean.shell({
        name: `before-${id}`,
        command,
        signal,
        limits: { wallMs: WALL_MS_MAX, outputBytes: OUTPUT_BYTES_MAX },
      });
      if (ran.end !== 'exited' || ran.exitCode === undefined) return undefined;
      if (ran.exitCode !== 0 && (await isFullAfter(host, ran))) return undefined;
      return { exitCode: ran.exitCode, output: ran.output };
    } finally {
      await clean.close();
    }
  }
}

/** Of the clean checkout of the base. */
const benchNameOf = (attempt: Attempt['id']): string => `before-${attempt.replace('.', '-')}`;

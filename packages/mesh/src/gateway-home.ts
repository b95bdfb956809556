/** The home's side of model calls from hosts: its own gateway meters them, under the limits that the home gave. */
import { connect } from 'node:net';
import { type AttemptId, parseAttemptId } from '@swarm/core/model/ids';
import type { Usage } from '@swarm/core/model/usage';
import type { Clock } from '@swarm/core/ports/world';
import { z } from 'zod';
import { gone } from './calls.ts';
import type { AtWork } from './remote-bench.ts';
import { ATTEMPT } from './shapes.ts';
import { Tunnels } from './tunnel.ts';

/** What a gateway gives for one attempt. */
export interface PassOfHome {
  readonly token: string;
  readonly socketPath: string;
  usage(): Usage;
  refused?(): 'tokens' | 'usd' | undefined;
  callOff?(): void;
  cutOff?(): number;
  turnedAway?(): 'auth' | 'quota' | undefined;
}

export interface GatewayOfHome {
  issue(
    attempt: AttemptId,
    limits: { readonly tokens: number; readonly usd?: number; readonly model?: string },
  ): PassOfHome | Promise<PassOfHome>;
  revoke(attempt: AttemptId): unknown;
}

interface Parts {
  readonly gateway: GatewayOfHome;
  readonly clock: Clock;
  readonly jobOf: (host: string, attempt: string) => AtWork | undefined;
  readonly say: (host: string, type: string, payload: Record<string, unknown>) => void;
}

interface Issued {
  readonly host: string;
  readonly pass: PassOfHome;
}

const OPS = new Set(['issue', 'revoke', 'callOff']);
const DIAL = z.object({ stream: z.string().max(120), attempt: z.string().max(80) });
/** How often a host is told what its agents have used. */
const SPENT_MS = 200;

export class GatewayAtHome {
  readonly #parts: Parts;
  readonly #issued = new Map<string, Issued>();
  readonly #tunnels = new Tunnels();
  #stop: () => void = () => {};
  readonly #told = new Map<string, string>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#tellSpent();
  }

  answers(op: string): boolean {
    return OPS.has(op);
  }

  async answer(host: string, op: string, args: unknown): Promise<unknown> {
    const { attempt } = ATTEMPT.parse(args);
    const job = this.#parts.jobOf(host, attempt);
    if (!job || !parseAttemptId(attempt)) throw gone(op, `${attempt} is not at work on ${host}`);
    const id = attempt as AttemptId;
    if (op === 'issue') {
      const { tokens, usd } = job.limits;
      const limits = { tokens, ...(usd !== undefined && { usd }), ...(job.model && { model: job.model }) };
      const pass = await this.#parts.gateway.issue(id, limits);
      this.#issued.set(attempt, { host, pass });
      return { token: pass.token };
    }
    const one = this.#issued.get(attempt);
    if (!one || one.host !== host) throw gone(op, `${attempt} has no token`);
    if (op === 'callOff') {
      one.pass.callOff?.();
      return {};
    }
    await this.#revoke(attempt, one);
    const facts = factsOf(one.pass);
    job.metered = facts.usage;
    return facts;
  }

  /**
   * An agent's call is over: what it used here in all, whether or not its host gave the token back. Undefined: it had none.
   */
  async settle(host: string, attempt: string): Promise<Usage | undefined> {
    const one = this.#issued.get(attempt);
    if (!one || one.host !== host) return undefined;
    await this.#revoke(attempt, one);
    return one.pass.usage();
  }

  hear(host: string, type: string, payload: unknown): boolean {
    if (type !== 'dial') return this.#tunnels.hear(type, payload, (stream) => stream.startsWith(`${host}/`));
    const { stream, attempt } = DIAL.parse(payload);
    const one = this.#issued.get(attempt);
    if (!one || one.host !== host || !stream.startsWith(`${host}/`) || this.#tunnels.isFull) {
      this.#parts.say(host, 'hangup', { stream });
      return true;
    }
    // What was counted by now goes before what the agent sees: it may end upon that.
    const say = (what: string, said: Record<string, unknown>): void => {
      this.#tellOne(attempt);
      this.#parts.say(host, what, said);
    };
    this.#tunnels.open(stream, connect(one.pass.socketPath), say);
    return true;
  }

  /** Nothing more is spent for it. */
  hostGone(host: string): void {
    this.#tunnels.dropAll(`${host}/`);
    for (const [attempt, one] of [...this.#issued])
      if (one.host === host) void this.#revoke(attempt, one).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#stop();
    this.#tunnels.dropAll();
    await Promise.all([...this.#issued].map(([attempt, one]) => this.#revoke(attempt, one)));
  }

  async #revoke(attempt: string, one: Issued): Promise<void> {
    this.#issued.delete(attempt);
    this.#told.delete(attempt);
    this.#tunnels.dropAll(`${one.host}/${attempt}/`);
    await this.#parts.gateway.revoke(attempt as AttemptId);
  }

  #tellSpent(): void {
    for (const attempt of this.#issued.keys()) this.#tellOne(attempt);
    this.#stop = this.#parts.clock.after(SPENT_MS, () => this.#tellSpent());
  }

  /** Its driver there asks at once, and cannot wait for an answer from here. */
  #tellOne(attempt: string): void {
    const one = this.#issued.get(attempt);
    if (!one) return;
    const facts = factsOf(one.pass);
    const told = JSON.stringify(facts);
    if (this.#told.get(attempt) === told) return;
    this.#told.set(attempt, told);
    this.#parts.say(one.host, 'spent', { attempt, facts });
  }
}

const factsOf = (pass: PassOfHome) => ({
  usage: pass.usage(),
  refused: pass.refused?.(),
  cutOff: pass.cutOff?.() ?? 0,
  turnedAway: pass.turnedAway?.(),
});

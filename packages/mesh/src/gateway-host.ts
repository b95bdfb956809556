/** The host's side of model calls: a socket like the gateway's own, whose connections are carried to the run's home. */
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import type { AttemptId } from '@swarm/core/model/ids';
import { NO_USAGE } from '@swarm/core/model/usage';
import { z } from 'zod';
import type { PassOfHome } from './gateway-home.ts';
import { USAGE } from './shapes.ts';
import { type Say, Tunnels } from './tunnel.ts';

export interface HomeCalls {
  call(op: string, args: unknown): Promise<unknown>;
  say: Say;
  /** Its agent needs the home that gave it its token. */
  tie(attempt: string, isTied: boolean): void;
}

const FACTS = z.object({
  usage: USAGE,
  refused: z.enum(['tokens', 'usd']).optional(),
  cutOff: z.number().int().min(0),
  turnedAway: z.enum(['auth', 'quota']).optional(),
});
type Facts = z.infer<typeof FACTS>;
const SPENT = z.object({ attempt: z.string().max(80), facts: FACTS });
const NOTHING_YET: Facts = { usage: NO_USAGE, cutOff: 0 };

interface Open {
  readonly server: Server;
  readonly folder: string;
  facts: Facts;
  isSettled: boolean;
}

export class GatewayOnHost {
  readonly #host: string;
  readonly #folder: string;
  readonly #home: HomeCalls;
  readonly #open = new Map<string, Open>();
  readonly #tunnels = new Tunnels();
  #streams = 0;

  /** @param folder short, private, and there already. */
  constructor(host: string, folder: string, home: HomeCalls) {
    this.#host = host;
    this.#folder = folder;
    this.#home = home;
  }

  async issue(
    attempt: AttemptId,
    limits: { readonly tokens: number; readonly usd?: number; readonly model?: string },
  ): Promise<PassOfHome> {
    const told = await this.#home.call('issue', { attempt, ...limits });
    const { token } = z.object({ token: z.string().max(400) }).parse(told);
    const socketPath = join(this.#folder, attempt, 'gw.sock');
    await this.#end(attempt);
    await rm(dirname(socketPath), { recursive: true, force: true });
    await mkdir(dirname(socketPath), { mode: 0o700 });
    const server = createServer((socket) => {
      if (this.#tunnels.isFull) return socket.destroy();
      this.#streams += 1;
      const stream = `${this.#host}/${attempt}/${this.#streams}`;
      this.#home.say('dial', { stream, attempt });
      this.#tunnels.open(stream, socket, this.#home.say);
    });
    server.listen(socketPath);
    await once(server, 'listening');
    const open: Open = { server, folder: dirname(socketPath), facts: NOTHING_YET, isSettled: false };
    this.#open.set(attempt, open);
    this.#home.tie(attempt, true);
    return {
      token,
      socketPath,
      usage: () => open.facts.usage,
      refused: () => open.facts.refused,
      callOff: () => void this.#home.call('callOff', { attempt }).catch(() => undefined),
      cutOff: () => open.facts.cutOff,
      turnedAway: () => open.facts.turnedAway,
    };
  }

  async revoke(attempt: AttemptId): Promise<void> {
    const open = this.#open.get(attempt);
    if (!open) return;
    await this.#settle(attempt, open);
    await this.#end(attempt);
    this.#home.tie(attempt, false);
  }

  /** Asks what was used in all. */
  async #settle(attempt: string, open: Open): Promise<void> {
    const told = FACTS.safeParse(await this.#home.call('revoke', { attempt }).catch(() => undefined));
    if (!told.success) return;
    open.facts = told.data;
    open.isSettled = true;
  }

  hear(type: string, payload: unknown): boolean {
    if (type !== 'spent') return this.#tunnels.hear(type, payload);
    const { attempt, facts } = SPENT.parse(payload);
    const open = this.#open.get(attempt);
    if (open && !open.isSettled) open.facts = facts;
    return true;
  }

  async close(): Promise<void> {
    this.#tunnels.dropAll();
    for (const attempt of [...this.#open.keys()]) await this.#end(attempt);
  }

  async #end(attempt: string): Promise<void> {
    const open = this.#open.get(attempt);
    if (!open) return;
    this.#open.delete(attempt);
    this.#tunnels.dropAll(`${this.#host}/${attempt}/`);
    const closed = once(open.server, 'close');
    open.server.close();
    await closed;
    await rm(open.folder, { recursive: true, force: true });
  }
}

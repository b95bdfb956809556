/** The benches of a run on its hosts, as its home knows them: opens them, and answers what hosts ask on their behalf. */
import { SwarmError } from '@swarm/core/errors';
import type { CommitId } from '@swarm/core/model/ids';
import type { Bench, BenchAsk, CannotRun } from '@swarm/core/ports/bench';
import type { Hub } from '@swarm/core/ports/git';
import type { AgentFacts } from '@swarm/core/ports/running';
import type { Clock } from '@swarm/core/ports/world';
import type { Wish } from '@swarm/core/rules/roles';
import { type Calls, gone } from './calls.ts';
import type { GatewayAtHome } from './gateway-home.ts';
import { type AtWork, type HostedFacts, RemoteBench } from './remote-bench.ts';
import type { Roster } from './roster.ts';
import { NOTE, OPENED, WANTS } from './shapes.ts';
import { Turns } from './turns.ts';

/** A host, as far as its benches need it. */
export interface BenchPeer {
  readonly calls: Calls;
  /** What the host may be given: the commits it was told of. */
  readonly named: Set<CommitId>;
}

interface Parts {
  readonly clock: Clock;
  readonly roster: Roster;
  readonly hub: Pick<Hub, 'pack'>;
  readonly factsOf: (wish: Wish) => AgentFacts & HostedFacts;
  readonly traceOf: (bench: string) => string | undefined;
  readonly gateway: () => GatewayAtHome | undefined;
  readonly peerOf: (host: string) => BenchPeer;
  readonly say: (host: string, type: string, payload: Record<string, unknown>) => void;
  readonly onChange: (listener: () => void) => () => void;
  readonly isClosed: () => boolean;
}

const LOOK_MS = 1_000;
/** Commits that a host may ask for: the run’s base and the latest it was told of. What it opens with them it has by then. */
const NAMED_MAX = 1_000;

export class HomeBenches {
  readonly #parts: Parts;
  /** Benches that are wanted, each with its host. */
  readonly #benches = new Map<string, string>();
  /** A pack is held whole: one at a time of each host. */
  readonly #packing = new Turns();
  readonly #atWork = new Map<string, { readonly host: string; readonly job: AtWork }>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  isWanted(bench: string, host: string): boolean {
    return this.#benches.get(bench) === host;
  }

  /** It is there from before this home. @returns false: it is known already. */
  take(bench: string, host: string): boolean {
    if (this.#benches.has(bench)) return false;
    this.#benches.set(bench, host);
    return true;
  }

  async open({ signal, on: _, ...ask }: BenchAsk, host: string): Promise<Bench | CannotRun> {
    if (!(await this.#isThere(host, signal)))
      return signal.aborted ? CALLED_OFF : hostGone(`${host} is not there`);
    const peer = this.#parts.peerOf(host);
    for (const commit of [ask.base, ask.from, ask.setup?.trusted, ask.setup?.landed])
      if (commit) name(peer.named, commit);
    this.#benches.set(ask.name, host);
    const told = await peer.calls
      .call({
        op: 'open',
        args: ask,
        signal,
        isDurable: true,
        traceparent: this.#parts.traceOf(ask.name),
      })
      .then((value) => OPENED.parse(value))
      .catch((error: unknown) => {
        if (error instanceof SwarmError && error.problems[0]!.code !== 'SW0741') throw error;
        return signal.aborted ? CALLED_OFF : hostGone((error as Error).message);
      });
    if (told.kind === 'cannot-run') {
      this.#benches.delete(ask.name);
      if (told.reason === 'aborted' && !signal.aborted) return hostGone(`${host} called it off`);
      return told;
    }
    return new RemoteBench(
      {
        calls: peer.calls,
        say: (type, payload) => this.#parts.say(host, type, payload),
        factsOf: this.#parts.factsOf,
        traceOf: this.#parts.traceOf,
        listen: (bench, job) => {
          this.#atWork.set(bench, { host, job });
          return () => this.#atWork.delete(bench);
        },
        settle: async (bench) => this.#parts.gateway()?.settle(host, bench),
        onClosed: (bench) => this.#benches.delete(bench),
      },
      ask.name,
      told,
    );
  }

  /** A host that was there a moment ago may come again before its lease is over. */
  async #isThere(host: string, signal: AbortSignal): Promise<boolean> {
    while (!this.#parts.roster.isPresent(host)) {
      if (this.#parts.roster.isGone(host) || signal.aborted || this.#parts.isClosed()) return false;
      await new Promise<void>((resolve) => {
        const look = (): void => {
          stop();
          end();
          signal.removeEventListener('abort', look);
          resolve();
        };
        const stop = this.#parts.clock.after(LOOK_MS, look);
        const end = this.#parts.onChange(look);
        signal.addEventListener('abort', look, { once: true });
      });
    }
    return true;
  }

  jobOf(host: string, bench: string): AtWork | undefined {
    const found = this.#atWork.get(bench);
    return found?.host === host ? found.job : undefined;
  }

  // ───────────────────────── what hosts ask ─────────────────────────

  async answer(host: string, op: string, args: unknown): Promise<unknown> {
    switch (op) {
      case 'pack':
        return this.#packing.take(host, () => this.#pack(host, args));
      case 'note': {
        const { attempt, key, text, version } = NOTE.parse(args);
        const shared = this.jobOf(host, attempt)?.shared;
        if (!shared) throw gone(op, `${attempt} is not at work on ${host}`);
        return shared.set(key, text, version);
      }
      default: {
        const gateway = this.#parts.gateway();
        if (gateway?.answers(op)) return gateway.answer(host, op, args);
        throw gone(op, 'home does not answer that');
      }
    }
  }

  /** A host is given what it was told of, and nothing else of the repository’s history that is not below it. */
  async #pack(host: string, args: unknown): Promise<string> {
    const { wants, haves } = WANTS.parse(args);
    const { named } = this.#parts.peerOf(host);
    const strange = wants.find((commit) => !named.has(commit));
    if (strange) throw gone('pack', `${host} was never told of ${strange}`);
    const pieces: Uint8Array[] = [];
    for await (const piece of this.#parts.hub.pack(wants, haves)) pieces.push(piece);
    return Buffer.concat(pieces).toString('base64');
  }
}

function name(named: Set<CommitId>, commit: CommitId): void {
  named.add(commit);
  if (named.size <= NAMED_MAX) return;
  // The base was named first, and stays.
  const [, oldest] = named;
  named.delete(oldest!);
}

const hostGone = (detail: string): CannotRun => ({ kind: 'cannot-run', reason: 'host-gone', detail });
const CALLED_OFF: CannotRun = {
  kind: 'cannot-run',
  reason: 'aborted',
  detail: 'called off before it was ready',
};

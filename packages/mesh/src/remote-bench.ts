/** A bench on another host: what is asked of it goes there, and what comes back is read by schema. */
import type { CommitId } from '@swarm/core/model/ids';
import { tokensOf, type Usage } from '@swarm/core/model/usage';
import type { Bench, BenchJob, Saved, ShellAsk } from '@swarm/core/ports/bench';
import type {
  AgentActivity,
  AgentFacts,
  AgentResult,
  Notes,
  SandboxResult,
  SharedNotes,
} from '@swarm/core/ports/running';
import type { Wish } from '@swarm/core/rules/roles';
import type { z } from 'zod';
import { type Calls, gone } from './calls.ts';
import { AGENT_RESULT, type OPENED, RAN, SAVED } from './shapes.ts';

/** What the home keeps of a bench while its agent is at work there. */
export interface AtWork {
  readonly onActivity: (activity: AgentActivity) => void;
  readonly limits: BenchJob['limits'];
  readonly notes: Notes | undefined;
  readonly shared: SharedNotes | undefined;
  /** The model it is given, whatever its host names. */
  readonly model: string | undefined;
  /** How many of the notes its agent was told. */
  told: number;
  /** What the home's own gateway counted. Absent: the agent did not come to it. */
  metered?: Usage;
}

export interface HostedFacts {
  /** It takes the place of the run's own agent, which the host would choose. */
  readonly standsIn?: true;
  /** The model that the gateway gives it. */
  readonly gives?: string;
}

export interface RemoteParts {
  readonly calls: Calls;
  readonly say: (type: string, payload: Record<string, unknown>) => void;
  readonly factsOf: (wish: Wish) => AgentFacts & HostedFacts;
  readonly traceOf: (bench: string) => string | undefined;
  /** Begins and ends to listen for what is said of the job meanwhile. */
  readonly listen: (bench: string, job: AtWork) => () => void;
  /** What home's own gateway counted of an agent that is over; undefined: it did not come to it. */
  readonly settle: (bench: string) => Promise<Usage | undefined>;
  readonly onClosed: (bench: string) => void;
}

type Opened = Extract<z.infer<typeof OPENED>, { kind: 'opened' }>;

export class RemoteBench implements Bench {
  readonly kind = 'bench';
  readonly #parts: RemoteParts;
  readonly #name: string;
  readonly #opened: Opened;
  #facts: ReturnType<RemoteParts['factsOf']> | undefined;

  constructor(parts: RemoteParts, name: string, opened: Opened) {
    this.#parts = parts;
    this.#name = name;
    this.#opened = opened;
  }

  get head(): CommitId {
    return this.#opened.head;
  }

  get conflicts(): readonly string[] {
    return this.#opened.conflicts;
  }

  get prefix(): string {
    return this.#opened.prefix;
  }

  async shell({ signal, onLine, ...ask }: ShellAsk): Promise<SandboxResult> {
    const args = { bench: this.#name, ask };
    const told = await this.#call('shell', args, signal);
    const { result, lines } = this.#read(RAN, told, 'shell');
    if (result.end === 'aborted') this.#expectAborted(signal, 'shell');
    for (const [stream, line] of lines) onLine?.(stream, line);
    return result as SandboxResult;
  }

  agentFor(wish: Wish): AgentFacts {
    this.#facts ??= this.#parts.factsOf(wish);
    const { name, model, hears } = this.#facts;
    return { name, ...(model !== undefined && { model }), ...(hears && { hears }) };
  }

  /** Who does it is chosen here, once; the host does as it is told. */
  async agent({ signal, onActivity, notes, shared, wish, ...job }: BenchJob): Promise<AgentResult> {
    this.#facts ??= this.#parts.factsOf(wish);
    const asked = this.#facts.standsIn ? { ...wish, agent: this.#facts.name } : wish;
    const { gives: model } = this.#facts;
    const atWork: AtWork = { onActivity, limits: job.limits, notes, shared, model, told: 0 };
    const given = [...(notes?.pending() ?? [])];
    const end = this.#parts.listen(this.#name, atWork);
    const stop = notes?.onMore(() => {
      given.push(...notes.pending().slice(given.length - atWork.told));
      this.#parts.say('notes', { bench: this.#name, notes: given });
    });
    try {
      const args = {
        bench: this.#name,
        job: { ...job, wish: asked },
        ...(notes && { notes: [...given] }),
        ...(shared && { shared: shared.list() }),
      };
      const told = await this.#call('agent', args, signal);
      const result = this.#read(AGENT_RESULT, told, 'agent') as AgentResult;
      if (result.end === 'aborted') this.#expectAborted(signal, 'agent');
      return { ...result, usage: await this.#used(atWork, result.usage) };
    } finally {
      stop?.();
      end();
    }
  }

  /** What came through home is counted at home, whatever the host says; what did not is no more than what it says. */
  async #used({ metered }: AtWork, said: Usage): Promise<Usage> {
    const counted = (await this.#parts.settle(this.#name)) ?? metered;
    if (counted) return counted;
    return said.calls > 0 || tokensOf(said) > 0 || said.costUsd > 0 ? { ...said, claimed: true } : said;
  }

  async save(message: string): Promise<Saved> {
    const told = this.#read(SAVED, await this.#call('save', { bench: this.#name, message }), 'save');
    if (told.kind === 'nothing') return { kind: 'here', report: told.report };
    if (told.kind !== 'work') return told;
    const bytes = (async function* () {
      yield Buffer.from(told.pack, 'base64');
    })();
    return { kind: 'pack', pack: { head: told.head, bytes }, report: told.report };
  }

  /** A host that is gone, or comes back later, is told to drop it. */
  async close(): Promise<void> {
    await this.#call('close', { bench: this.#name }).catch(() => undefined);
    this.#parts.onClosed(this.#name);
  }

  /** What home did not call off, the host did: it stops, or gave it up. */
  #expectAborted(signal: AbortSignal | undefined, op: string): void {
    if (!signal?.aborted) throw gone(`${op} of ${this.#name}`, 'its host called it off');
  }

  #call(op: string, args: unknown, signal?: AbortSignal): Promise<unknown> {
    const traceparent = this.#parts.traceOf(this.#name);
    return this.#parts.calls.call({ op, args, traceparent, ...(signal && { signal }) });
  }

  #read<T>(schema: z.ZodType<T>, told: unknown, op: string): T {
    const read = schema.safeParse(told);
    if (read.success) return read.data;
    throw gone(`${op} of ${this.#name}`, 'its host gave an answer that does not fit');
  }
}

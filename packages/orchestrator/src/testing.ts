/**
 * Given what stands in the journal and what the world answers, when an effect works, then this was asked and this
 * was done. The core is the real one, so that a command the laws forbid is refused here too; the world is only the
 * ports a test names, and any other is an error. No clock runs and nothing is read or written.
 */
import type { Command } from '@swarm/core/commands';
import { type Decision, decide } from '@swarm/core/decide';
import type { Refusal } from '@swarm/core/errors';
import type { Event } from '@swarm/core/events';
import { fold } from '@swarm/core/fold';
import type { LogEventName, LogFields } from '@swarm/core/log-events';
import { addUsage, NO_USAGE, tokensOf } from '@swarm/core/model/usage';
import type { Model, ModelTicket, TicketedModel, TicketLimits, TicketResult } from '@swarm/core/ports/models';
import type { Clock, RunFiles } from '@swarm/core/ports/world';
import type { State } from '@swarm/core/state';
import { brief, entry, stateOf } from '@swarm/core/testing';
import type { Context } from './context.ts';
import type { Halt } from './inputs.ts';
import type { OrchestratorPorts, Settings } from './settings.ts';

/** Of each port the methods the test is about. */
export type SomePorts = { readonly [P in keyof OrchestratorPorts]?: Partial<OrchestratorPorts[P]> };

/** A repository without files. */
export const NO_FILES = {
  list: async () => [],
  files: async () => [],
  read: async () => undefined,
  grep: async () => [],
  log: async () => [],
  changes: async () => new Map(),
};

export interface EffectWorld {
  /** For the effect's constructor. */
  readonly context: Context;
  readonly state: State;
  readonly clock: HandClock;
  /** Everything that was decided since the world was given, in brief. */
  readonly decided: string[];
  /** Commands the core refused, with its reason. */
  readonly refused: string[];
  /** What happened to the world, in order: tests write their ports' deeds here too. */
  readonly deeds: string[];
  readonly told: { readonly name: LogEventName; readonly fields: LogFields }[];
  readonly halts: Halt[];
  /** Decides as an operator, or another effect, would meanwhile. */
  decide(command: Command): Decision | Refusal;
}

export function givenWorld(
  events: readonly Event[],
  ports: SomePorts = {},
  over: Partial<Settings> = {},
): EffectWorld {
  const state = stateOf(events);
  const clock = new HandClock();
  const [decided, refused, deeds] = [[], [], []] as [string[], string[], string[]];
  const told: EffectWorld['told'] = [];
  const halts: Halt[] = [];
  const decideNow = (command: Command): Decision | Refusal => {
    const answer = decide(state, command);
    if (answer.kind === 'refusal') refused.push(`${command.type}: ${answer.reason}`);
    else {
      if (answer.events.length > 0) fold(state, entry(state.seq + 1, answer.events));
      decided.push(...answer.events.map(brief));
    }
    return answer;
  };
  const log = { write: (name: LogEventName, fields: LogFields) => void told.push({ name, fields }) };
  const given = { clock, log, ...ports, files: { ...NOTHING_KEPT, ...ports.files } };
  const context = {
    state,
    ports: onlyThese(given),
    settings: { ...SETTINGS, ...over },
    ask: async (command: Command) => decideNow(command),
    halt: (halt: Halt) => void halts.push(halt),
  } as unknown as Context;
  return { context, state, clock, decided, refused, deeds, told, halts, decide: decideNow };
}

const NOTHING_KEPT: RunFiles = {
  writeHandoff: async () => undefined,
  writeReport: async () => undefined,
  writePlannerAnswer: async () => undefined,
  writeGateOutput: async (name) => `gates/${name}.txt`,
  writeEvidence: async () => undefined,
  readEvidence: async () => undefined,
};

/** A port, or a method of one, that a test has not named is a fault of the test or of the effect. */
function onlyThese(ports: Readonly<Record<string, object>>): object {
  const guarded = Object.entries(ports).map(([name, port]) => [name, guard(name, port)] as const);
  return guard('ports', Object.fromEntries(guarded), OPTIONAL);
}

/** Ports a run may be without. */
const OPTIONAL: ReadonlySet<string> = new Set(['model', 'branches', 'changes', 'approve', 'fleet']);

function guard(name: string, of: object, mayMiss: ReadonlySet<string> = new Set()): object {
  return new Proxy(of, {
    get: (target, key) => {
      const value: unknown = Reflect.get(target, key);
      if (typeof value === 'function') return value.bind(target);
      if (key in target || typeof key === 'symbol' || mayMiss.has(key)) return value;
      throw new Error(`the effect uses ${name}.${key}, which its test has not given it`);
    },
  });
}

/** Stands still until it is moved. */
export class HandClock implements Clock {
  #at = 1_000_000;
  #due: { readonly at: number; readonly run: () => void }[] = [];

  now(): number {
    return this.#at;
  }

  monotonic(): number {
    return this.#at;
  }

  after(delayMs: number, run: () => void): () => void {
    const item = { at: this.#at + delayMs, run };
    this.#due.push(item);
    return () => {
      this.#due = this.#due.filter((other) => other !== item);
    };
  }

  /** Timers that have not fired. */
  get waiting(): number {
    return this.#due.length;
  }

  pass(ms: number): void {
    const end = this.#at + ms;
    for (let next = this.#next(end); next; next = this.#next(end)) {
      this.#due = this.#due.filter((other) => other !== next);
      this.#at = next.at;
      next.run();
    }
    this.#at = end;
  }

  #next(end: number): { readonly at: number; readonly run: () => void } | undefined {
    return this.#due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  }
}

const SETTINGS: Settings = {
  version: 'test',
  host: 'test',
  pid: 1,
  attempt: { steps: 100, wallMs: 1_000, quietMs: 1_000 },
  gate: { timeoutMs: 1_000, flakyRetries: 1, preGate: true },
  checks: { timeoutMs: 1_000 },
  setup: { timeoutMs: 1_000, network: 'base' },
  drainMs: 1_000,
  sweepMs: 60_000,
  tasksPerIteration: 20,
  plannerContextChars: 20_000,
};

/** Nobody stops it. */
export const going = (): AbortSignal => new AbortController().signal;

/**
 * Tickets over a model that answers so. As the real ones they refuse a call when nothing is left; what is left is
 * counted by what the answers say they used.
 */
export function onTickets(stream: Model['stream']): TicketedModel {
  return {
    nameFor: () => 'm',
    whenUp: async () => undefined,
    as: (role, given): ModelTicket => {
      let limits = given;
      let used = NO_USAGE;
      const left = (): TicketLimits =>
        limits.tokens === undefined ? {} : { tokens: Math.max(0, limits.tokens - tokensOf(used)) };
      return {
        left,
        extend(by) {
          if (limits.tokens !== undefined) limits = { tokens: limits.tokens + (by.tokens ?? 0) };
        },
        async stream(request, options): Promise<TicketResult> {
          const why = 'nothing is left';
          if (left().tokens === 0)
            return { end: { kind: 'over-budget', why }, text: '', usage: NO_USAGE, model: 'm' };
          const result = await stream({ ...request, role }, options);
          used = addUsage(used, result.usage);
          return result;
        },
      };
    },
  };
}

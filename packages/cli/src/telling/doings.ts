/** What a live run waits for now, and since when: told on the status line from the first second. */
import type { LogLine } from '@swarm/core/log-events';
import { isOpened, type OpenedState } from '@swarm/core/state';

/** Gates named on one line. */
const GATES_NAMED = 2;

export class Doings {
  readonly #endpoints: readonly string[];
  /** Setups under way, by what runs them, ms since the epoch. */
  readonly #setups = new Map<string, number>();
  #baseGateAt: number | undefined;

  /** @param endpoints names of those the run asks. */
  constructor(endpoints: readonly string[]) {
    this.#endpoints = endpoints;
  }

  /** What no journal entry tells: setups, and the gate on the base. */
  note({ event, ts, data }: LogLine): void {
    const key = String(data.key);
    if (event === 'setup.started') this.#setups.set(key, Date.parse(ts));
    if (event === 'setup.ended') this.#setups.delete(key);
    if (event === 'gate.started' && this.#baseGateAt === undefined) this.#baseGateAt = Date.parse(ts);
    if (event === 'base.checked') this.#setups.clear();
  }

  awaited(s: OpenedState, now: number): readonly string[] {
    const since = (at: number): string => duration(now - at);
    const { paused, planning } = s;
    const setupAt = [...this.#setups.values()].sort((a, b) => a - b)[0];
    return [
      ...(paused ? [this.#pause(paused.reason, since(paused.at))] : []),
      ...(setupAt === undefined ? [] : [`setup ${since(setupAt)}`]),
      ...(isBeforeBase(s) && setupAt === undefined ? [this.#base(s, since)] : []),
      ...(planning.live ? [`planner answers ${since(planning.live.startedAt)}`] : []),
      ...gates(s, since),
    ];
  }

  #pause(reason: string, since: string): string {
    if (reason !== 'endpoints-down') return `paused (${reason}) ${since}`;
    const many = this.#endpoints.length === 1 ? 'endpoint' : 'endpoints';
    return `waits for ${[many, this.#endpoints.join(', ')].join(' ').trim()} ${since}`;
  }

  #base(s: OpenedState, since: (at: number) => string): string {
    return this.#baseGateAt === undefined
      ? `prepares the base ${since(s.run.openedAt)}`
      : `gate on the base ${since(this.#baseGateAt)}`;
  }
}

/** Nothing was said of the base yet, and no attempt could start without that. */
const isBeforeBase = (s: OpenedState): boolean =>
  isOpened(s) && s.baseGate === undefined && s.attempts.size === 0 && s.closed === undefined;

function gates(s: OpenedState, since: (at: number) => string): readonly string[] {
  const open = [...s.openLandings].map((id) => s.landings.get(id)!).filter((l) => l.gate === undefined);
  return open.slice(0, GATES_NAMED).map((l) => `gate on ${l.id} ${since(l.startedAt)}`);
}

export function duration(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m${String(s % 60).padStart(2, '0')}s`;
  return `${Math.floor(s / 3600)}h${String(Math.floor((s % 3600) / 60)).padStart(2, '0')}m`;
}

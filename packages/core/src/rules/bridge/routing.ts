/**
 * Which worker a call goes to: one of that name, or of those that have what is asked for the one that is least busy; of
 * equals the one whose last call is longest ago, so that they take turns.
 */
import { capabilityProblem, offers, wantProblem } from '../capabilities.ts';
import { type Breaker, lets } from './breaker.ts';

/** How a worker stands at this moment. */
export interface Standing {
  readonly name: string;
  readonly capabilities: readonly string[];
  readonly version?: string;
  /** So many calls at a time; it has a credit for each that it does not work on. */
  readonly maxTasks: number;
  readonly active: number;
  /** What it says of itself, or what is said of it, on `swarm.health`. Absent: nothing, and it is taken to be well. */
  readonly health?: Health;
  readonly breaker: Breaker;
  /** When it was last sent a call, as a number that only grows; 0: never. */
  readonly turn: number;
}

export interface Health {
  readonly isWell: boolean;
  /** 0 idle, 1 full: what it does besides our calls. */
  readonly load?: number;
}

export interface RouteAsk {
  /** A name, a capability with or without a range, `name:v2` for a version, or `any`. */
  readonly to: string;
  /** All of them, besides. */
  readonly requires?: readonly string[];
}

export type Route =
  | { readonly kind: 'worker'; readonly name: string }
  /** There is nobody of that name or with that capability. */
  | { readonly kind: 'nobody' }
  /** Those who could are left alone for now: they fail, or are not well. */
  | { readonly kind: 'unwell'; readonly names: readonly string[] }
  /** Those who could work on as much as they take. */
  | { readonly kind: 'full'; readonly names: readonly string[] };

export const ANYBODY = 'any';

export const credits = ({ maxTasks, active }: Pick<Standing, 'maxTasks' | 'active'>): number =>
  Math.max(0, maxTasks - active);

export function route(ask: RouteAsk, workers: Iterable<Standing>, now: number): Route {
  const meant = meantBy(ask, [...workers]);
  if (meant.length === 0) return { kind: 'nobody' };
  const names = meant.map(({ name }) => name);
  const well = meant.filter(({ health, breaker }) => (health?.isWell ?? true) && lets(breaker, now));
  if (well.length === 0) return { kind: 'unwell', names };
  const free = well.filter((one) => credits(one) > 0);
  if (free.length === 0) return { kind: 'full', names };
  const [best] = free.toSorted((a, b) => loadOf(a) - loadOf(b) || a.turn - b.turn);
  return { kind: 'worker', name: best!.name };
}

/** A name goes before a capability of the same name: whoever says a name means that worker. */
function meantBy({ to, requires = [] }: RouteAsk, workers: readonly Standing[]): readonly Standing[] {
  const named = workers.filter(({ name }) => name === to);
  const meant = named.length > 0 ? named : workers.filter((one) => isMeant(one, to));
  return meant.filter((one) => requires.every((wanted) => hasIt(one, wanted)));
}

const isMeant = (one: Standing, to: string): boolean =>
  to === ANYBODY || isVersion(one, to) || hasIt(one, to);

/** Its capabilities, and its name with its version as one more. */
function hasIt({ name, version, capabilities }: Standing, wanted: string): boolean {
  const own = version === undefined ? name : `${name}@${version}`;
  return [...capabilities, own].some((one) => offers(one, wanted));
}

/** `agent-b:v2` is any 2 of agent-b. */
function isVersion({ name, version }: Standing, to: string): boolean {
  const [, named, said] = /^(.+):v?(\d[\d.]*)$/.exec(to) ?? [];
  return named === name && version !== undefined && offers(`w@${version}`, `w@${said}`);
}

/** The share of what it takes that is taken; what it says of itself counts where that is more. */
const loadOf = ({ active, maxTasks, health }: Standing): number =>
  Math.max(active / maxTasks, health?.load ?? 0);

// ───────────── what may be said ─────────────

/** Names of workers go into logs, metrics and journals. */
const NAME = /^[A-Za-z0-9][\w.-]{0,63}$/;

export const isWorkerName = (text: string): boolean => NAME.test(text) && text !== ANYBODY;

/** What a worker says it has: `process`, `enrich@2.1.0`. */
export const isCapability = (text: string): boolean => capabilityProblem(text) === undefined;

/** Whether a call may be addressed so. */
export const isAddress = (text: string): boolean =>
  text === ANYBODY ||
  NAME.test(text) ||
  /^[A-Za-z0-9][\w.-]{0,63}:v?\d[\d.]{0,20}$/.test(text) ||
  (text.length <= 128 && wantProblem(text) === undefined);

/** `2`, `v2.1`, `2.1.0`, as it counts. Undefined: it is none. */
export function versionText(said: string): string | undefined {
  const [, plain] = /^v?(\d{1,6}(?:\.\d{1,6}){0,2})$/.exec(said) ?? [];
  return plain;
}

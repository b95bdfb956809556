import { DIALECT_NAMES, type DialectName } from '@swarm/core/model/dialect';
import type { Clock, Rng } from '@swarm/core/ports/world';
import type { Lesson } from './asking/lesson.ts';
import { choose, type Standing } from './choosing.ts';
import { ConversationPlaces } from './conversations.ts';
import type { AnswerForm } from './dialects/dialect.ts';
import type { QuotaFailure } from './failures.ts';
import { createGauge, type QuotaGauge } from './gauge.ts';
import type { Quota } from './quotas.ts';
import type { KeyRenewal } from './renewal.ts';
import { type CallLimits, Slots } from './slots.ts';

/** One upstream model server. */
export interface EndpointConfig {
  /** Names it in logs and messages; unique. */
  readonly name: string;
  /** Up to and with the version: `https://api.openai.com/v1`. */
  readonly baseUrl: string;
  /** Sent where its dialect wants it; none is sent when absent. */
  readonly apiKey?: string;
  /** How the key is shown: `bearer`, or as the dialect's own servers want it when absent. */
  readonly auth?: 'bearer';
  /**
   * The name that it shares with others: accounts at one server. They are asked in their order, each until its quota is
   * used up, and a conversation stays with the one it is at.
   */
  readonly accountOf?: string;
  /** Reads what its answers say of quotas; the pool's own. */
  readonly gauge?: QuotaGauge;
  /** Where another key comes from once that one is rejected. */
  readonly renewal?: KeyRenewal;
  /** The protocol it speaks; chat completions when absent. Nothing is translated: it is asked in no other. */
  readonly dialect?: DialectName;
  /** A gateway of ours: it bounds what is left open. */
  readonly isGateway?: true;
  /** Share of the calls among those that are healthy; 100 when absent. */
  readonly weight?: number;
  /** How much it is asked at once; without, as much as there is. */
  readonly limits?: CallLimits;
  /** Carries each call to it and brings the answer; `fetch` when absent. A cassette listens, or answers, here. */
  readonly send?: Send;
}

export type Send = (url: string, init: RequestInit) => Promise<Response>;

/** The key it is asked with now. */
export const keyNow = ({ apiKey, renewal }: Pick<EndpointConfig, 'apiKey' | 'renewal'>): string | undefined =>
  renewal?.key ?? apiKey;

export const speaks = ({ dialect = 'chat' }: Pick<EndpointConfig, 'dialect'>): DialectName => dialect;

/** What a server may fail at while it does the rest: one model, answers in one form. Its dialect is the endpoint's. */
export interface CallKind {
  readonly model: string;
  readonly form: AnswerForm;
}

const keyOf = ({ model, form }: CallKind): string => `${form} ${model}`;

/** Consecutive failures after which an endpoint counts as unhealthy, and how long until it is probed. */
export const UNHEALTHY_AFTER = 3;
export const PROBE_AFTER_MS = 30_000;
/** A used-up quota is looked at again after this, where nobody said when there is more. */
const UNTOLD_RESET_MS = 3_600_000;

export type Choice =
  | { readonly kind: 'use'; readonly endpoint: EndpointConfig }
  /** Every endpoint in question rests or is unhealthy; one may be asked after `ms`. */
  | { readonly kind: 'wait'; readonly ms: number }
  /** Every endpoint was skipped. */
  | { readonly kind: 'none' };

/** Told once when the last healthy endpoint of a dialect is lost, and once when each has one that answers again. */
export interface HealthChange {
  readonly kind: 'down' | 'up';
  readonly why: string;
  /** How many times in a row an endpoint was found again, and no call was finished since. */
  readonly fruitless: number;
}

/** What is heard of an endpoint's quotas: how much is used, that nothing is left, that it answers again after that. */
export interface QuotaNews {
  readonly kind: 'heard' | 'emptied' | 'refilled';
  readonly endpoint: string;
  readonly quotas: readonly Quota[];
  /** With `emptied`: how it refused, and when there is more, where it says so; ms since the epoch. */
  readonly why?: string;
  readonly moreAt?: number;
}

/** Found and lost again this often without one finished call, it is no outage that waiting mends. */
export const FRUITLESS_MAX = 3;
/** Lessons kept of one endpoint and model: a server that refuses more is not understood. */
const LESSONS_MAX = 32;

/** A kind of call at an endpoint. */
export interface Way {
  readonly endpoint: EndpointConfig;
  readonly kind: CallKind;
}

/**
 * The health of some endpoints, for each kind of call by itself: what fails at one says nothing of the others, and what
 * answers another is no end of an outage. A refused key is remembered, but never makes the last endpoint unaskable.
 */
export interface EndpointPool {
  readonly endpoints: readonly EndpointConfig[];
  /**
   * By weight among those that speak one of the dialects and may be asked now. Choosing one that is unhealthy, or whose
   * quota was used up until now, makes the caller its only prober. @param dialects all when absent.
   * @param conversation stays with the account it is at, as long as that may be asked.
   */
  pick(
    skip: ReadonlySet<string>,
    kind: CallKind,
    dialects?: readonly DialectName[],
    conversation?: string,
  ): Choice;
  /** Those that speak one of the dialects. */
  speaking(dialects: readonly DialectName[]): readonly EndpointConfig[];
  /** A call was finished. */
  succeeded(name: string, kind: CallKind): void;
  /** It answered a probe: it is healthy, though no call was finished. */
  answered(name: string, kind: CallKind): void;
  /** Calls and probes of this kind it has answered so far. */
  answers(name: string, kind: CallKind): number;
  /** One more failure makes it unhealthy, or it is so already. */
  isOnEdge(name: string, kind: CallKind): boolean;
  /** Whether it answers, by `probe`; a caller that asks meanwhile gets the same look. Aborted by `close`. */
  check(name: string, kind: CallKind, probe: (signal: AbortSignal) => Promise<boolean>): Promise<boolean>;
  /** It did not answer, or answered with a fault of its own. @param restMs do not ask before. */
  failed(name: string, kind: CallKind, why: string, restMs?: number): void;
  /** What was asked for when an endpoint last failed. */
  failing(): CallKind | undefined;
  /** It asked us to slow down, which is not a failure. */
  rested(name: string, restMs: number): void;
  /** Where calls to it wait for their turn. */
  slots(name: string): Slots;
  /** How often it turned calls away: what waited since another answer of this is chosen for anew. */
  turnedAway(name: string): number;
  /** It rejects our key, or our share of it is used up: asked only when there is no other. */
  refused(name: string): void;
  /** Nothing is left of our quota: one call asks again when there is more, or after an hour where nobody said when. */
  emptied(name: string, failure: QuotaFailure): void;
  isEmpty(name: string): boolean;
  /** How much of its quotas is used, as its answers said. */
  quotas(name: string): readonly Quota[];
  /** How they refused, where every endpoint of the dialects is empty; with the time when the first one has more. */
  allEmpty(dialects: readonly DialectName[]): QuotaFailure | undefined;
  /** True from the loss of the last endpoint healthy for it, of each of these dialects that has any, until one answers. */
  isDown(kind: CallKind, dialects?: readonly DialectName[]): boolean;
  /**
   * What is lost at endpoints that are not empty; where nothing is, calls like `other` at those that speak one of these
   * dialects, or at all.
   */
  lost(dialects: readonly DialectName[], other: CallKind): readonly Way[];
  /** Times in a row an endpoint was found again without one finished call. */
  fruitless(): number;
  /** What it refuses by name, in the order learnt. */
  lessons(name: string, model: string): readonly Lesson[];
  learn(name: string, model: string, lesson: Lesson): void;
  /** Ends the probes under way. */
  close(): void;
}

/** How calls of one kind go. */
interface Course {
  failures: number;
  answers: number;
  /** Monotonic ms before which none is made. */
  notBefore: number;
}

interface Health {
  readonly slots: Slots;
  readonly courses: Map<string, Course>;
  turnedAway: number;
  /** Monotonic ms before which it is not asked at all. */
  notBefore: number;
  isRefused: boolean;
  /** Its refusal for lack of quota, and the monotonic ms when it may be asked again; gone with its next answer. */
  empty?: { readonly failure: QuotaFailure; readonly until: number } | undefined;
}

export function createEndpointPool(ask: {
  readonly endpoints: readonly EndpointConfig[];
  readonly clock: Clock;
  readonly rng: Rng;
  readonly onHealth?: (change: HealthChange) => void;
  readonly onQuota?: (news: QuotaNews) => void;
}): EndpointPool {
  const endpoints = ask.endpoints.map((e): EndpointConfig & { readonly gauge: QuotaGauge } => {
    const heard = (quotas: readonly Quota[]): void =>
      ask.onQuota?.({ kind: 'heard', endpoint: e.name, quotas });
    return { ...e, gauge: createGauge(ask.clock, heard) };
  });
  const gauges = new Map(endpoints.map(({ name, gauge }) => [name, gauge]));
  const places = new ConversationPlaces();
  const health = new Map<string, Health>(endpoints.map((e) => [e.name, healthOf(e)]));
  const of = (name: string): Health => health.get(name)!;
  const courseOf = (name: string, kind: CallKind): Course => courseIn(of(name), kind);
  const lessons = new Map<string, readonly Lesson[]>();
  const looks = new Map<string, Promise<boolean>>();
  const closing = new AbortController();
  const down = new Map<string, { readonly dialect: DialectName; readonly kind: CallKind }>();
  let fruitless = 0;
  let failing: CallKind | undefined;

  const isEmpty = (name: string): boolean => (of(name).empty?.until ?? 0) > ask.clock.monotonic();
  const speaking = (dialects: readonly DialectName[]): readonly EndpointConfig[] =>
    endpoints.filter((e) => dialects.includes(speaks(e)));
  const dialectOf = (name: string): DialectName => speaks(endpoints.find((e) => e.name === name)!);

  const downKey = (dialect: DialectName, kind: CallKind): string => `${dialect} ${keyOf(kind)}`;

  function tell(change: 'down' | 'up', dialect: DialectName, kind: CallKind, why: string): void {
    const wasDown = down.size > 0;
    if (change === 'down') down.set(downKey(dialect, kind), { dialect, kind });
    else down.delete(downKey(dialect, kind));
    if (wasDown === down.size > 0) return;
    if (wasDown) fruitless += 1;
    ask.onHealth?.({ kind: change, why, fruitless });
  }

  function isWell(name: string, kind: CallKind): void {
    const course = courseOf(name, kind);
    Object.assign(course, { failures: 0, answers: course.answers + 1, notBefore: 0 });
    // What had begun before there was nothing left says nothing of now.
    if (!isEmpty(name)) {
      if (of(name).empty)
        ask.onQuota?.({ kind: 'refilled', endpoint: name, quotas: gauges.get(name)!.quotas() });
      Object.assign(of(name), { notBefore: 0, empty: undefined });
    }
    of(name).isRefused = false;
    tell('up', dialectOf(name), kind, `${name} answers`);
  }

  const standing =
    (kind: CallKind) =>
    (e: EndpointConfig): Standing => ({
      openAt: Math.max(of(e.name).notBefore, courseOf(e.name, kind).notBefore),
      isFull: of(e.name).slots.isFull,
      isSpent: gauges.get(e.name)!.isSpent(),
    });

  /** From now on the caller is the only one who asks it, until it has answered or some time has passed. */
  function goesTo(endpoint: EndpointConfig, kind: CallKind, conversation: string | undefined): void {
    const onlyUntil = ask.clock.monotonic() + PROBE_AFTER_MS;
    const course = courseOf(endpoint.name, kind);
    if (course.failures >= UNHEALTHY_AFTER) course.notBefore = onlyUntil;
    if (of(endpoint.name).empty) of(endpoint.name).notBefore = onlyUntil;
    if (endpoint.accountOf !== undefined) places.moved(conversation, endpoint.name);
  }

  return {
    endpoints,
    speaking,
    pick(skip, kind, dialects = DIALECT_NAMES, conversation) {
      const open = speaking(dialects).filter((e) => !skip.has(e.name) && !isEmpty(e.name));
      if (open.length === 0) return { kind: 'none' };
      const willing = open.filter((e) => !of(e.name).isRefused);
      const among = willing.length > 0 ? willing : open;
      const stays = places.of(conversation);
      const choice = choose(among, standing(kind), stays, ask.clock.monotonic(), ask.rng);
      if (choice.kind === 'use') goesTo(choice.endpoint, kind, conversation);
      return choice;
    },
    succeeded(name, kind) {
      isWell(name, kind);
      fruitless = 0;
    },
    answered: isWell,
    answers: (name, kind) => courseOf(name, kind).answers,
    isOnEdge: (name, kind) => courseOf(name, kind).failures + 1 >= UNHEALTHY_AFTER,
    check(name, kind, probe) {
      const key = `${name} ${keyOf(kind)}`;
      const known = looks.get(key);
      if (known !== undefined) return known;
      const look = probe(closing.signal).finally(() => looks.delete(key));
      looks.set(key, look);
      return look;
    },
    failed(name, kind, why, restMs = 0) {
      failing = kind;
      of(name).turnedAway += 1;
      const course = courseOf(name, kind);
      course.failures += 1;
      const pauseMs = Math.max(restMs, course.failures >= UNHEALTHY_AFTER ? PROBE_AFTER_MS : 0);
      course.notBefore = Math.max(course.notBefore, ask.clock.monotonic() + pauseMs);
      const dialect = dialectOf(name);
      const isLost = ({ name: one }: EndpointConfig): boolean =>
        of(one).isRefused || isEmpty(one) || courseOf(one, kind).failures >= UNHEALTHY_AFTER;
      if (speaking([dialect]).every(isLost)) tell('down', dialect, kind, why);
    },
    rested(name, restMs) {
      const h = of(name);
      h.turnedAway += 1;
      h.notBefore = Math.max(h.notBefore, ask.clock.monotonic() + restMs);
    },
    slots: (name) => of(name).slots,
    turnedAway: (name) => of(name).turnedAway,
    refused(name) {
      Object.assign(of(name), { isRefused: true, turnedAway: of(name).turnedAway + 1 });
    },
    emptied(name, failure) {
      const { moreAt, why } = failure;
      const leftMs = moreAt === undefined ? UNTOLD_RESET_MS : moreAt - ask.clock.now();
      const empty = { failure, until: ask.clock.monotonic() + leftMs };
      // Calls that were refused side by side are one piece of news.
      const isNews = !isEmpty(name);
      Object.assign(of(name), { empty, notBefore: 0, turnedAway: of(name).turnedAway + 1 });
      const quotas = gauges.get(name)!.quotas();
      const told = { endpoint: name, quotas, why, ...(moreAt !== undefined && { moreAt }) };
      if (isNews) ask.onQuota?.({ kind: 'emptied', ...told });
    },
    isEmpty,
    quotas: (name) => gauges.get(name)!.quotas(),
    allEmpty(dialects) {
      const among = speaking(dialects);
      if (among.length === 0 || !among.every((e) => isEmpty(e.name))) return undefined;
      const failures = among.map((e) => of(e.name).empty!.failure);
      return failures.reduce((a, b) => ((b.moreAt ?? Infinity) < (a.moreAt ?? Infinity) ? b : a));
    },
    failing: () => failing,
    isDown: (kind, dialects = DIALECT_NAMES) =>
      down.size > 0 && speaking(dialects).every((e) => down.has(downKey(speaks(e), kind))),
    lost(dialects, other) {
      const like = (endpoint: EndpointConfig): Way => ({ endpoint, kind: other });
      const gone = [...down.values()].flatMap(({ dialect, kind }) =>
        speaking([dialect]).map((endpoint): Way => ({ endpoint, kind })),
      );
      const ways = (gone.length > 0 ? gone : speaking(dialects).map(like)).filter(
        ({ endpoint }) => !isEmpty(endpoint.name),
      );
      return ways.length > 0 ? ways : endpoints.map(like);
    },
    fruitless: () => fruitless,
    lessons: (name, model) => lessons.get(`${name} ${model}`) ?? [],
    learn(name, model, lesson) {
      const known = lessons.get(`${name} ${model}`) ?? [];
      if (known.length >= LESSONS_MAX || known.some((l) => l.key === lesson.key)) return;
      lessons.set(`${name} ${model}`, [...known, lesson]);
    },
    close: () => closing.abort(),
  };
}

const healthOf = ({ limits = {} }: EndpointConfig): Health => ({
  slots: new Slots(limits),
  courses: new Map(),
  turnedAway: 0,
  notBefore: 0,
  isRefused: false,
});

function courseIn({ courses }: Health, kind: CallKind): Course {
  const key = keyOf(kind);
  const known = courses.get(key);
  if (known !== undefined) return known;
  const course = { failures: 0, answers: 0, notBefore: 0 };
  courses.set(key, course);
  return course;
}

/** `https://host/v1/` and `models` → `https://host/v1/models`. */
export const urlOf = (endpoint: EndpointConfig, path: string): string =>
  `${endpoint.baseUrl.replace(/\/+$/, '')}/${path}`;

/** What the page shows: one run at a time, now or as it was after one of its entries. Only follow.ts changes it. */
import { computed, signal } from '@preact/signals';
import type { Task } from '@swarm/core/model/task';
import type { Point, Span } from '@swarm/core/views/history';
import { type Address, hashOf, NOWHERE } from './address.ts';
import type * as api from './api.ts';

export const address = signal<Address>(NOWHERE);
/** Undefined: nobody has answered yet. */
export const runs = signal<readonly api.ListedRun[] | undefined>(undefined);
export const status = signal<api.RunStatus | undefined>(undefined);
export const trouble = signal<api.Trouble | undefined>(undefined);
/** The newest entry that was heard of. */
export const lastSeq = signal(0);
/** Whether the server is. */
export const isHere = signal(false);
/** What came of the last thing that was said. */
export const said = signal<{ readonly isRefused: boolean; readonly text: string } | undefined>(undefined);

export const run = computed(() => address.value.run);
export const chosen = computed(() => address.value.task);
/** It can be steered: a process works on it, and it is shown as it is now. */
export const isLive = computed(
  () => (status.value?.holder ?? null) !== null && address.value.at === undefined,
);

/** The same place but for what is named. */
export const to = (change: Partial<Address>): string => hashOf({ ...address.value, ...change });
export const go = (change: Partial<Address>): void => {
  location.hash = to(change);
};

// ───────────── tasks ─────────────

/** In the order they were accepted in. Whoever reads the list reads `tasksVersion` first. */
const list: Task[] = [];
const places = new Map<string, number>();
export const tasksVersion = signal(0);
/** Changes only when there are others, or what they wait for is another: what a graph is laid out by. */
export const tasksShape = signal(0);

export function tasks(): readonly Task[] {
  void tasksVersion.value;
  return list;
}
export const taskOf = (id: string | undefined): Task | undefined => {
  const place = id === undefined ? undefined : places.get(id);
  return place === undefined ? undefined : tasks()[place];
};

/** @param isWhole these are all there are. */
export function putTasks(changed: readonly Task[], isWhole: boolean): void {
  if (isWhole) {
    list.length = 0;
    places.clear();
  }
  if (changed.length === 0 && !isWhole) return;
  let isOther = isWhole;
  for (const task of changed) {
    const place = places.get(task.id);
    isOther ||= place === undefined || `${list[place]!.spec.dependsOn}` !== `${task.spec.dependsOn}`;
    if (place === undefined) places.set(task.id, list.push(task) - 1);
    else list[place] = task;
  }
  tasksVersion.value += 1;
  if (isOther) tasksShape.value += 1;
}

// ───────────── what happened ─────────────

export const FEED_MAX = 100_000;
/** Let go of together, so that it is seldom. */
const FEED_DROPPED = 10_000;

/** Oldest first. */
const lines: api.Told[] = [];
export const feedVersion = signal(0);
/** Another one for each time the lines are no longer those before with more behind them. */
export const feedBegun = signal(0);

export function feed(): readonly api.Told[] {
  void feedVersion.value;
  return lines;
}

export function putFeed(more: readonly api.Told[], isNew: boolean): void {
  if (isNew) lines.length = 0;
  for (const line of more) lines.push(line);
  const isFull = lines.length > FEED_MAX;
  if (isFull) lines.splice(0, FEED_DROPPED);
  feedVersion.value += 1;
  if (isNew || isFull) feedBegun.value += 1;
}

// ───────────── over time ─────────────

const spansById = new Map<string, Span>();
let allPoints: Point[] = [];
export const historyVersion = signal(0);

export function history(): { readonly spans: readonly Span[]; readonly points: readonly Point[] } {
  void historyVersion.value;
  return { spans: [...spansById.values()], points: allPoints };
}

export function putHistory(spans: readonly Span[], points: readonly Point[], isNew: boolean): void {
  if (isNew) {
    spansById.clear();
    allPoints = [];
  }
  for (const span of spans) spansById.set(span.id, span);
  allPoints = allPoints.concat(points);
  historyVersion.value += 1;
}

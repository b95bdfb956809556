/** Keeps what is shown as it is: asked anew when the journal has gone on, a part at a time, once a frame. */
import type { Task } from '@swarm/core/model/task';
import { type Address, addressOf, hashOf } from './address.ts';
import * as api from './api.ts';
import { inFrame, oncePerFrame } from './frame.ts';
import {
  address,
  isHere,
  lastSeq,
  putFeed,
  putHistory,
  putTasks,
  run,
  runs,
  said,
  status,
  trouble,
} from './store.ts';

/** Entries that are told at first; the others when they are asked for. */
const ENTRIES_FIRST = 5_000;
/** A busy run decides many times a second. */
const REFRESH_MS = 500;
/** Times go on though nothing is decided. */
const AGAIN_MS = 5_000;

export async function begin(): Promise<void> {
  addEventListener('hashchange', () => void arrive());
  setInterval(() => void refresh(), AGAIN_MS);
  await arrive();
}

async function arrive(): Promise<void> {
  const to = addressOf(location.hash);
  if (to.run === undefined || !runs.value?.some((one) => one.run === to.run)) await lookAround();
  const wanted = to.run ?? runs.value?.find((one) => !one.trouble)?.run;
  const isOther = wanted !== run.value;
  const isOtherTime = to.at !== address.value.at;
  address.value = { ...to, run: wanted };
  if (isOther) open(wanted);
  else if (isOtherTime) await refresh();
}

/** A slider is moved: the way there is no way back. */
export function goTo(at: number | undefined): void {
  const there: Address = { ...address.value, at };
  globalThis.history.replaceState(null, '', hashOf(there));
  address.value = there;
  void refresh();
}

export async function lookAround(): Promise<void> {
  const found = await api.runsThere();
  if (found.ok) runs.value = found.value.runs;
  trouble.value = found.ok ? undefined : found.trouble;
}

// ───────────── one run ─────────────

/** The entry by which the tasks here are right; undefined: they are not those of now. */
let tasksSeq: number | undefined;
let historySeq = 0;
let leave: () => void = () => undefined;

function open(name: string | undefined): void {
  leave();
  [tasksSeq, historySeq] = [undefined, 0];
  [status.value, said.value, lastSeq.value] = [undefined, undefined, 0];
  putTasks([], true);
  putFeed([], true);
  putHistory([], [], true);
  if (name === undefined) return;
  void refresh().then(() => {
    if (run.value === name && status.value) tell(name, Math.max(1, lastSeq.value - ENTRIES_FIRST + 1));
  });
}

/** All there was, however long it is. */
export const tellFromTheBeginning = (): void => {
  if (run.value !== undefined) tell(run.value, 1);
};
/** The first entry that is told. */
export let toldFrom = 1;

function tell(name: string, from: number): void {
  leave();
  toldFrom = from;
  putFeed([], true);
  // What is read only when there is time for it may by then be of a run that was left.
  let isLeft = false;
  const waiting: string[] = [];
  let isReading = false;
  const read = (untilMs: number): boolean => {
    if (isLeft) return true;
    const told: api.Told[] = [];
    let n = 0;
    while (n < waiting.length && (n === 0 || performance.now() < untilMs))
      told.push(...api.toldIn(waiting[n++]!));
    waiting.splice(0, n);
    putFeed(told, false);
    const seq = told.at(-1)?.seq ?? 0;
    if (seq > lastSeq.value) {
      lastSeq.value = seq;
      soon();
    }
    isReading = waiting.length > 0;
    return !isReading;
  };
  const close = api.listen(
    name,
    from,
    (message) => {
      waiting.push(message);
      if (!isReading) inFrame(read);
      isReading = true;
    },
    (is) => {
      isHere.value = is;
    },
  );
  leave = () => {
    isLeft = true;
    close();
  };
}

let isWaiting = false;
function soon(): void {
  if (isWaiting) return;
  isWaiting = true;
  setTimeout(() => {
    isWaiting = false;
    if (address.value.at === undefined) void refresh();
  }, REFRESH_MS);
}

// ───────────── asking ─────────────

let refreshing: Promise<void> | undefined;
let isAgain = false;

/** One at a time: whoever asks meanwhile gets what is asked after it. */
export function refresh(): Promise<void> {
  if (refreshing) isAgain = true;
  else
    refreshing = (async () => {
      do {
        isAgain = false;
        await askOnce();
      } while (isAgain);
      refreshing = undefined;
    })();
  return refreshing!;
}

async function askOnce(): Promise<void> {
  const { run: name, at } = address.value;
  if (name === undefined) return lookAround();
  // Of what is over and shown already nothing changes.
  const [now, all] = await Promise.all([api.statusOf(name, at), tasksOf(name, at)]);
  if (name !== run.value || at !== address.value.at) {
    isAgain = true;
    return;
  }
  const past = historyWanted > 0 ? await api.historySince(name, historySeq) : undefined;
  if (name !== run.value) return;
  await new Promise<void>((resolve) =>
    oncePerFrame(() => {
      resolve();
      if (now.ok) status.value = now.value;
      if (now.ok && now.value.seq > lastSeq.value) lastSeq.value = now.value.seq;
      if (all.ok) putTasks(all.value.tasks, all.value.isWhole);
      tasksSeq = all.ok ? all.value.seq : undefined;
      if (past?.ok) {
        putHistory(past.value.spans, past.value.points, historySeq === 0);
        historySeq = past.value.seq;
      }
      const failed = [now, all].find((one) => !one.ok);
      trouble.value = failed && !failed.ok ? failed.trouble : undefined;
    }),
  );
}

interface Tasks {
  readonly tasks: readonly Task[];
  readonly isWhole: boolean;
  /** Undefined: as they were then. */
  readonly seq: number | undefined;
}

async function tasksOf(name: string, at: number | undefined): Promise<api.Answer<Tasks>> {
  if (at === undefined && tasksSeq !== undefined) {
    const changed = await api.changedTasks(name, tasksSeq);
    if (!changed.ok) return changed;
    const { isMore, tasks, seq } = changed.value;
    if (!isMore) return { ok: true, value: { tasks, isWhole: false, seq } };
  }
  const tasks: Task[] = [];
  let seq: number | undefined;
  for (let after: string | null = null; ; ) {
    const page: api.Answer<api.TaskPage> = await api.tasksPage(name, after, at);
    if (!page.ok) return page;
    tasks.push(...page.value.tasks);
    seq ??= page.value.seq;
    after = page.value.next;
    if (after === null)
      return { ok: true, value: { tasks, isWhole: true, seq: at === undefined ? seq : undefined } };
  }
}

let historyWanted = 0;
/** Asked for only while somebody looks at it. @returns what ends it. */
export function wantHistory(): () => void {
  historyWanted += 1;
  void refresh();
  return () => {
    historyWanted -= 1;
  };
}

// ───────────── steering ─────────────

export const say = (command: object): Promise<boolean> => heard(api.say(run.value!, command));
export const undo = (what: string): Promise<boolean> => heard(api.undo(run.value!, what));

async function heard(answer: Promise<api.Answer<api.Said>>): Promise<boolean> {
  const { ok, text } = textOf(await answer);
  said.value = { isRefused: !ok, text };
  await refresh();
  return ok;
}

function textOf(answer: api.Answer<api.Said>) {
  if (answer.ok) return { ok: true, text: answer.value.said };
  const { what, why, fix } = answer.trouble;
  return { ok: false, text: [[what, why].filter(Boolean).join(': '), fix].filter(Boolean).join('\n') };
}

export async function propose(text: string): Promise<(api.Said & { readonly plan: object }) | undefined> {
  said.value = undefined;
  const answer = await api.propose(run.value!, text);
  if (answer.ok) return answer.value;
  said.value = { isRefused: true, text: textOf(answer).text };
  return undefined;
}

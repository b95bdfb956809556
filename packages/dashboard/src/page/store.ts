/** What the page shows, and what changes it: one run at a time, asked anew when its journal has gone on. */
import { computed, signal } from '@preact/signals';
import * as api from './api.ts';

/** Undefined: nobody has answered yet. */
export const runs = signal<readonly api.ListedRun[] | undefined>(undefined);
export const run = signal<string | undefined>(undefined);
export const status = signal<api.RunStatus | undefined>(undefined);
export const tasks = signal<api.TaskPage>({ tasks: [], total: 0 });
export const activity = signal<readonly api.Told[]>([]);
export const chosen = signal<string | undefined>(undefined);
export const story = signal<api.Story | undefined>(undefined);
export const trouble = signal<api.Trouble | undefined>(undefined);
export const isHere = signal(false);
export const isLive = computed(() => (status.value?.holder ?? null) !== null);

const ACTIVITY_SHOWN = 200;
/** A busy run decides many times a second. */
const REFRESH_MS = 500;
/** Times go on though nothing is decided. */
const AGAIN_MS = 5_000;

let leave: () => void = () => undefined;

/** The address names what is shown, so that a reload shows it again: `#r-20261121-k3f9/t12`. */
export async function begin(): Promise<void> {
  addEventListener('hashchange', () => void follow());
  setInterval(() => void refresh(), AGAIN_MS);
  await follow();
}

export const show = (name: string | undefined, task?: string): void => {
  location.hash = [name, task].filter(Boolean).join('/');
};

async function follow(): Promise<void> {
  const [name, task] = location.hash.slice(1).split('/');
  await lookAround();
  const wanted = name || runs.value?.find(({ trouble }) => !trouble)?.run;
  if (wanted !== run.value) await open(wanted);
  chosen.value = task || undefined;
  await tell();
}

async function lookAround(): Promise<void> {
  const found = await api.runsThere();
  if (found.ok) runs.value = found.value.runs;
  trouble.value = found.ok ? undefined : found.trouble;
}

async function open(name: string | undefined): Promise<void> {
  leave();
  run.value = name;
  [status.value, story.value, activity.value] = [undefined, undefined, []];
  tasks.value = { tasks: [], total: 0 };
  if (name === undefined) return;
  await refresh();
  const seq = status.value ? (status.value as api.RunStatus).seq : 0;
  leave = api.listen(name, Math.max(1, seq - ACTIVITY_SHOWN), hear, (is) => {
    isHere.value = is;
  });
}

function hear(told: readonly api.Told[]): void {
  activity.value = [...told.toReversed(), ...activity.value].slice(0, ACTIVITY_SHOWN);
  if (told.some(({ seq }) => seq > (status.value?.seq ?? 0))) soon();
}

let isWaiting = false;
function soon(): void {
  if (isWaiting) return;
  isWaiting = true;
  setTimeout(() => {
    isWaiting = false;
    void refresh();
  }, REFRESH_MS);
}

async function refresh(): Promise<void> {
  const name = run.value;
  if (name === undefined) return lookAround();
  const [now, all] = await Promise.all([api.statusOf(name), api.tasksOf(name)]);
  if (name !== run.value) return;
  if (now.ok) status.value = now.value;
  if (all.ok) tasks.value = all.value;
  const failed = [now, all].find((one) => !one.ok);
  trouble.value = failed && !failed.ok ? failed.trouble : undefined;
  if (now.ok) await tell();
}

/** The story of the task that is shown, again where it has gone on. */
async function tell(): Promise<void> {
  const [name, task] = [run.value, chosen.value];
  if (name === undefined || task === undefined) {
    story.value = undefined;
    return;
  }
  const now = tasks.value.tasks.find(({ id }) => id === task);
  if (story.value && JSON.stringify(story.value.task) === JSON.stringify(now)) return;
  const told = await api.storyOf(name, task);
  if (task !== chosen.value) return;
  if (told.ok) story.value = told.value;
  else trouble.value = told.trouble;
}

// ───────────── steering ─────────────

/** What came of the last thing that was said. */
export const said = signal<{ readonly isRefused: boolean; readonly text: string } | undefined>(undefined);

export async function say(command: object, text: string): Promise<boolean> {
  const answer = await api.say(run.value!, command);
  const refusal = answer.ok
    ? undefined
    : [answer.trouble.what, answer.trouble.why].filter(Boolean).join(': ');
  said.value = { isRefused: !answer.ok, text: refusal ?? text };
  await refresh();
  return answer.ok;
}

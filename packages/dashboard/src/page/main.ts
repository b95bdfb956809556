/** The page: what needs a person first, then who works, what waits, what there is to do, what happened and what it cost. */
import { h, render } from 'preact';
import { costPart, needsPart, queuePart, workersPart } from './overview.ts';
import {
  activity,
  begin,
  chosen,
  isHere,
  isLive,
  run,
  runs,
  said,
  say,
  show,
  status,
  tasks,
  trouble,
} from './store.ts';
import { storyPart, tasksPart } from './tasks.ts';
import { clock, nothing, part } from './words.ts';

function Page() {
  const now = status.value;
  return h('div', { class: chosen.value === undefined ? 'page' : 'page with-story' }, [
    h(Top, null),
    h('main', null, [
      trouble.value &&
        h('p', { class: 'trouble', role: 'alert' }, [
          trouble.value.what,
          trouble.value.why && `: ${trouble.value.why}`,
          trouble.value.fix && h('code', null, trouble.value.fix),
        ]),
      said.value &&
        h('p', { class: said.value.isRefused ? 'said refused' : 'said', role: 'status' }, said.value.text),
      now
        ? [
            needsPart(now),
            h('div', { class: 'beside' }, [
              h('div', null, [workersPart(now), h(tasksPart, null)]),
              h('div', null, [queuePart(now), costPart(now), h(Activity, null)]),
            ]),
          ]
        : nothing(
            runs.value?.length !== 0 ? '…' : 'No run was begun here yet: swarm run "what you want done"',
          ),
    ]),
    h(storyPart, null),
  ]);
}

function Top() {
  const now = status.value;
  return h('header', { class: 'top' }, [
    h('h1', null, 'swarm'),
    h(
      'select',
      {
        'aria-label': 'Run',
        value: run.value,
        onChange: (event: Event) => show((event.currentTarget as HTMLSelectElement).value),
      },
      (runs.value ?? []).map((one) =>
        h(
          'option',
          { key: one.run, value: one.run, disabled: one.trouble !== undefined },
          `${one.run} · ${one.standing} · ${one.landed} of ${one.tasks} landed`,
        ),
      ),
    ),
    now && h('p', { class: 'request', title: now.board.request }, now.board.request),
    now &&
      h('p', { class: 'standing' }, [
        h('span', { class: `light ${lightOf()}` }),
        now.holder ? now.ending : now.standing,
      ]),
    isLive.value &&
      h(
        'button',
        { type: 'button', onClick: pauseOrGoOn, title: 'p' },
        now?.board.paused ? 'Continue' : 'Pause',
      ),
  ]);
}

function lightOf(): string {
  if (!isHere.value) return 'lost';
  if (status.value?.board.paused) return 'paused';
  return isLive.value ? 'live' : 'still';
}

const pauseOrGoOn = (): Promise<boolean> =>
  status.value?.board.paused
    ? say({ type: 'continue', by: 'operator' }, 'the run goes on')
    : say(
        { type: 'pause', reason: 'operator', detail: 'paused on the page' },
        'paused: what is in flight goes on to its end',
      );

const Activity = () =>
  part(
    'activity',
    'Activity',
    '',
    activity.value.length === 0
      ? nothing('Nothing has happened yet.')
      : h(
          'ol',
          { class: 'sentences' },
          activity.value
            .slice(0, 80)
            .map(({ seq, ts, event, msg }, i) =>
              h(
                'li',
                { key: `${seq} ${event} ${i}`, class: event.replace('.', '-') },
                h('time', null, clock(ts)),
                msg.slice(0, 300),
              ),
            ),
        ),
  );

// ───────────── keys ─────────────

/** j and k go through the tasks, Escape closes one, p pauses or goes on. */
function onKey(event: KeyboardEvent): void {
  const isTyping =
    event.target instanceof HTMLElement && /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (event.key === 'Escape' && chosen.value !== undefined) return show(run.value);
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'p' && isLive.value) void pauseOrGoOn();
  if (event.key === 'j') step(1);
  if (event.key === 'k') step(-1);
}

function step(by: number): void {
  const all = tasks.value.tasks;
  const at = all.findIndex(({ id }) => id === chosen.value);
  const next = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))];
  if (!next) return;
  show(run.value, next.id);
  document.querySelector<HTMLElement>(`[data-task="${next.id}"]`)?.focus();
}

addEventListener('keydown', onKey);
const place = document.getElementById('page')!;
place.replaceChildren();
render(h(Page, null), place);
void begin();

/** The page: what needs a person first, then one view of the run, and beside it the task that is open. */
import { h, render } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { VIEWS, type View } from './address.ts';
import { Charts } from './charts.ts';
import { Compare } from './compare.ts';
import { Activity } from './feed.ts';
import { begin } from './follow.ts';
import { Graph } from './graph.ts';
import { onKey } from './keys.ts';
import { needsPart, overview, progress } from './overview.ts';
import { PastBar } from './past.ts';
import { pauseOrGoOn, Steer } from './steer.ts';
import { address, isHere, isLive, run, runs, said, status, to, trouble } from './store.ts';
import { TaskPanel } from './task-panel.ts';
import { TasksPart } from './tasks.ts';
import { Timeline } from './timeline.ts';
import { nothing, shown } from './words.ts';

function Page() {
  return h('div', { class: 'page' }, [
    h(Top, null),
    h('div', { class: 'below' }, [
      h('main', { id: 'main', tabIndex: -1 }, [h(Notices, null), h(Shown, null)]),
      h(TaskPanel, null),
    ]),
  ]);
}

function Notices() {
  const now = status.value;
  return [
    trouble.value &&
      h('p', { class: 'trouble', role: 'alert' }, [
        shown(trouble.value.what),
        trouble.value.why && `: ${shown(trouble.value.why)}`,
        trouble.value.fix && h('code', null, trouble.value.fix),
      ]),
    said.value &&
      h('p', { class: said.value.isRefused ? 'said refused' : 'said', role: 'status' }, [
        shown(said.value.text),
        h(
          'button',
          {
            type: 'button',
            class: 'quiet',
            'aria-label': 'Close',
            onClick: () => {
              said.value = undefined;
            },
          },
          '×',
        ),
      ]),
    now && needsPart(now),
    now && (address.value.at !== undefined || !isLive.value) && h(PastBar, null),
  ];
}

const SHOWN: Readonly<Record<Exclude<View, 'overview'>, () => unknown>> = {
  tasks: () => h(TasksPart, { isShort: false }),
  graph: () => h(Graph, null),
  timeline: () => h(Timeline, null),
  charts: () => h(Charts, null),
  activity: () => h(Activity, null),
  compare: () => h(Compare, null),
  steer: () => h(Steer, null),
};

function Shown() {
  const now = status.value;
  const { view } = address.value;
  if (!now)
    return nothing(
      runs.value?.length !== 0 ? '…' : 'No run was begun here yet: swarm run "what you want done"',
    );
  const inside = view === 'overview' ? overview(now) : SHOWN[view]();
  return h('div', { class: `view ${view}`, key: view }, inside as never);
}

function Top() {
  const now = status.value;
  return h('header', { class: 'top' }, [
    h('button', { type: 'button', class: 'skip', onClick: skip }, 'To what is shown'),
    h('h1', null, 'swarm'),
    h(
      'select',
      {
        'aria-label': 'Run',
        value: run.value,
        onChange: (event: Event) => {
          location.hash = (event.currentTarget as HTMLSelectElement).value;
        },
      },
      (runs.value ?? []).map((one) =>
        h(
          'option',
          { key: one.run, value: one.run, disabled: one.trouble !== undefined },
          `${one.run} · ${one.standing} · ${one.landed} of ${one.tasks} landed`,
        ),
      ),
    ),
    now && h('p', { class: 'request', title: now.board.request }, shown(now.board.request)),
    now &&
      h('p', { class: 'standing' }, [
        h('span', { class: `light ${lightOf()}` }),
        standingOf(),
        // What a live run has come to says it.
        !isLive.value && h('span', { class: 'muted' }, progress(now)),
      ]),
    isLive.value &&
      h(
        'button',
        { type: 'button', onClick: pauseOrGoOn, title: 'p' },
        now?.board.paused ? 'Continue' : 'Pause',
      ),
    now && h(Views, null),
  ]);
}

const NAMES: Readonly<Record<View, string>> = {
  overview: 'Overview',
  tasks: 'Tasks',
  graph: 'Graph',
  timeline: 'Timeline',
  charts: 'Charts',
  activity: 'Activity',
  compare: 'Compare',
  steer: 'Steer',
};

function Views() {
  const box = useRef<HTMLElement>(null);
  const { view: now } = address.value;
  // On a phone not all of them have room.
  useEffect(() => box.current?.querySelector('[aria-current]')?.scrollIntoView({ inline: 'center' }), [now]);
  return h(
    'nav',
    { 'aria-label': 'Views', class: 'views', ref: box },
    VIEWS.map((view) =>
      h(
        'a',
        { key: view, href: to({ view }), 'aria-current': now === view ? 'page' : undefined },
        NAMES[view],
      ),
    ),
  );
}

const skip = (): void => document.getElementById('main')?.focus();

function standingOf(): string {
  const now = status.value!;
  if (address.value.at !== undefined) return 'as it was then';
  return now.holder ? now.ending : now.standing;
}

function lightOf(): string {
  if (!isHere.value) return 'lost';
  if (status.value?.board.paused) return 'paused';
  return isLive.value ? 'live' : 'still';
}

addEventListener('keydown', onKey);
const place = document.getElementById('page')!;
place.replaceChildren();
render(h(Page, null), place);
void begin();

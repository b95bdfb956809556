/** Who worked when, and when gates ran: a lane for each worker and each gate that ran beside another. */
import { signal } from '@preact/signals';
import type { Span } from '@swarm/core/views/history';
import { h } from 'preact';
import { useEffect, useMemo } from 'preact/hooks';
import { wantHistory } from './follow.ts';
import { STEP, useSight } from './scrolled.ts';
import { address, chosen, history, historyVersion, isLive, status, to } from './store.ts';
import { clipped, type Lane, lanesOf, ticksOf } from './timeline-lanes.ts';
import { button, clock, lasting, nothing, part, plural } from './words.ts';

const LANE = 30;
const BAR = 24;
const TOP = 26;
const NAMES = 96;
/** px; a narrower one has no name, and is no link: nobody could hit it. */
const LINK_LEAST = 24;
/** Times as wide as the window. */
const ZOOMS = [1, 2, 4, 8, 16, 32, 64] as const;

const zoomAt = signal(0);

/** The time that is shown: when the last of it was decided, or now while it goes on. */
export function timeShown(): number {
  const decided = Date.parse(status.value?.lastDecisionAt ?? '') || 0;
  return isLive.value ? Math.max(decided, Date.now()) : decided;
}

export function Timeline() {
  useEffect(wantHistory, []);
  const { box, sight, look } = useSight();
  const now = timeShown();
  const isThen = address.value.at !== undefined;
  const spans = useMemo(
    () => (isThen ? clipped(history().spans, now) : history().spans),
    [historyVersion.value, isThen, isThen && now],
  );
  const lanes = useMemo(() => lanesOf(spans, now), [spans]);
  const from = spans.reduce((least, span) => Math.min(least, span.from), Number.POSITIVE_INFINITY);
  const until = spans.reduce((most, span) => Math.max(most, span.to ?? now), from);
  const zoom = ZOOMS[zoomAt.value]!;
  const width = Math.max(200, sight.width - STEP - NAMES - 18) * zoom;
  const px = width / Math.max(1, until - from);
  const place: Place = {
    x: (at) => NAMES + (at - from) * px,
    now,
    left: sight.left,
    right: sight.left + sight.width,
  };
  const first = Math.max(0, Math.floor((sight.top - TOP) / LANE));
  const seen = lanes.slice(first, first + Math.ceil(sight.height / LANE) + 4);
  const height = TOP + lanes.length * LANE + 8;
  return part(
    'timeline',
    'Timeline',
    spans.length === 0 ? '' : `${plural(lanes.length, 'lane')}, ${lasting(until - from)}`,
    h('div', { class: 'filters', role: 'group', 'aria-label': 'of the timeline' }, [
      button('−', () => stretch(-1), { 'aria-label': 'Shorter', disabled: zoomAt.value === 0 }),
      button('+', () => stretch(1), { 'aria-label': 'Longer', disabled: zoomAt.value === ZOOMS.length - 1 }),
      h('span', { class: 'legend' }, [
        legend('attempt', 'attempt'),
        legend('gate', 'gate'),
        legend('planning', 'planner'),
        legend('checks', 'checks'),
        legend('bad', 'ended badly'),
      ]),
    ]),
    spans.length === 0 && nothing('Nobody has begun to work yet.'),
    h(
      'div',
      {
        ref: box,
        class: 'canvas',
        tabIndex: 0,
        role: 'region',
        'aria-label': 'Who worked when',
        onScroll: look,
      },
      spans.length > 0 &&
        h('svg', { width: NAMES + width + 14, height, role: 'group', 'aria-label': 'Lanes' }, [
          h(
            'g',
            { key: 'axis', class: 'axis', 'aria-hidden': 'true' },
            axis(from, until, width, place, height),
          ),
          ...seen.map((lane, i) => drawnLane(lane, TOP + (first + i) * LANE, place)),
          h('g', { key: 'names', class: 'names', transform: `translate(${sight.left} 0)` }, [
            h('rect', { width: NAMES - 4, height }),
            ...seen.map(({ name }, i) =>
              h('text', { key: name, x: 6, y: TOP + (first + i) * LANE + 17 }, name.slice(0, 14)),
            ),
          ]),
        ]),
    ),
  );
}

interface Place {
  readonly x: (at: number) => number;
  readonly now: number;
  readonly left: number;
  readonly right: number;
}

const legend = (kind: string, name: string) => h('span', { key: kind, class: kind }, name);

function stretch(by: number): void {
  zoomAt.value = Math.min(ZOOMS.length - 1, Math.max(0, zoomAt.value + by));
}

function axis(from: number, until: number, width: number, { x, left, right }: Place, height: number) {
  return ticksOf(from, until, Math.max(2, Math.floor(width / 80)))
    .filter((at) => x(at) >= left - 80 && x(at) <= right)
    .map((at) => [
      h('line', { x1: x(at), x2: x(at), y1: TOP - 6, y2: height }),
      h('text', { x: x(at) + 3, y: 14 }, clock(at)),
    ]);
}

function drawnLane({ name, kind, spans }: Lane, y: number, place: Place) {
  const narrow: string[] = [];
  const bad: string[] = [];
  const wide = [];
  for (const span of spans) {
    const [x1, x2] = [place.x(span.from), place.x(span.to ?? place.now)];
    if (x2 < place.left || x1 > place.right) continue;
    const width = Math.max(1.5, x2 - x1 - 1);
    if (width >= LINK_LEAST) wide.push(bar(span, x1, y, width, place.now));
    else
      (span.isBad ? bad : narrow).push(
        `M${x1.toFixed(1)} ${y}h${width.toFixed(1)}v${BAR}h-${width.toFixed(1)}z`,
      );
  }
  // However many are narrow, they are two shapes.
  return h('g', { key: `${kind} ${name}`, class: `lane ${kind}` }, [
    narrow.length > 0 && h('path', { key: 'narrow', class: 'bar', d: narrow.join('') }),
    bad.length > 0 && h('path', { key: 'bad', class: 'bar bad', d: bad.join('') }),
    ...wide,
  ]);
}

function bar(span: Span, x: number, y: number, width: number, now: number) {
  const { id, tasks, to: end, from, outcome, isBad } = span;
  const name = span.kind === 'checks' ? 'checks' : id;
  const words = `${name}${tasks.length > 0 && span.kind === 'gate' ? ` tests ${tasks.slice(0, 5).join(', ')}` : ''}: ${outcome || 'goes on'}, ${lasting((end ?? now) - from)}`;
  const kind = `bar${isBad ? ' bad' : ''}${end === null ? ' live' : ''}${tasks.some((one) => one === chosen.value) ? ' chosen' : ''}`;
  const shape = [
    h('title', null, words),
    h('rect', { x, y, width, height: BAR, rx: 3 }),
    h('text', { x: x + 5, y: y + 16, 'aria-hidden': 'true' }, fitting(name, width)),
  ];
  const [task] = tasks;
  if (task === undefined) return h('g', { key: id, class: kind, role: 'img', 'aria-label': words }, shape);
  return h(
    'a',
    { key: id, class: kind, href: to({ task, pane: 'story', attempt: undefined }), 'aria-label': words },
    shape,
  );
}

/** All of it, or nothing. */
const fitting = (text: string, width: number): string => (text.length * 7 + 8 <= width ? text : '');

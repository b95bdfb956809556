/** What happened, newest first: all of it, found by topic and by words. */
import { signal } from '@preact/signals';
import { h } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Told } from './api.ts';
import { tellFromTheBeginning, toldFrom } from './follow.ts';
import { inFrame } from './frame.ts';
import { Matcher } from './matcher.ts';
import { address, feed, feedBegun, feedVersion, to } from './store.ts';
import { Virtual } from './virtual.ts';
import { button, clock, count, nothing, part, plural, shown } from './words.ts';

const TOPICS = ['run', 'task', 'worker', 'landing', 'notes'] as const;
const topic = signal('');
const query = signal('');

const RECENT = 60;
const ROW_PX = 26;

/** Lines of entries up to the one that is shown. */
function toldNow(): number {
  const { at } = address.value;
  const all = feed();
  if (at === undefined) return all.length;
  let [low, high] = [0, all.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (all[middle]!.seq <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function Recent() {
  const end = toldNow();
  const last = feed()
    .slice(Math.max(0, end - RECENT), end)
    .reverse();
  return part(
    'activity',
    'Activity',
    '',
    last.length === 0
      ? nothing('Nothing has happened yet.')
      : h(
          'ol',
          { class: 'sentences', tabIndex: 0, 'aria-label': 'The last that happened' },
          last.map((line, i) => h('li', { key: end - i, class: classOf(line) }, inLine(line))),
        ),
  );
}

const classOf = ({ event }: Told): string => event.replace('.', '-');
const inLine = ({ ts, msg }: Told) => [h('time', null, clock(ts)), shown(msg.slice(0, 300))];

// ───────────── all of it ─────────────

export function Activity() {
  const found = useFound();
  const [held, hold] = useState<{ readonly end: number; readonly of: number } | undefined>(undefined);
  const now = toldNow();
  // Lines come at the top: whoever reads further down is not pushed away from where they are.
  const end = held?.of === feedBegun.value ? Math.min(held.end, now) : now;
  const isAll = found === undefined;
  const total = isAll ? end : upTo(found, end);
  const all = feed();
  return part(
    'activity',
    'Activity',
    plural(total, 'line'),
    h('div', { class: 'filters', role: 'group', 'aria-label': 'by topic' }, [
      ...['', ...TOPICS].map((name) =>
        h(
          'button',
          {
            type: 'button',
            key: name,
            'aria-pressed': topic.value === name,
            onClick: () => {
              topic.value = name;
            },
          },
          name || 'all',
        ),
      ),
      h('input', {
        type: 'search',
        'data-search': true,
        placeholder: 'Find by words',
        'aria-label': 'Find what happened by words',
        value: query.value,
        onInput: (event: Event) => {
          query.value = (event.currentTarget as HTMLInputElement).value;
        },
      }),
      now > end &&
        button(`${count(now - end)} newer`, () => {
          hold(undefined);
          document.querySelector('.lines.virtual')?.scrollTo({ top: 0 });
        }),
      toldFrom > 1 &&
        button(`From the beginning (${count(toldFrom - 1)} more entries)`, tellFromTheBeginning),
    ]),
    total === 0
      ? nothing('Nothing like that has happened.')
      : h(Virtual, {
          label: 'What happened, newest first',
          class: 'lines',
          count: total,
          rowHeight: ROW_PX,
          onScrolled: (isAway) => {
            if (!isAway) hold(undefined);
            else hold((was) => was ?? { end: now, of: feedBegun.value });
          },
          row: (i) => {
            const place = total - 1 - i;
            return line(all[isAll ? place : found[place]!]!, place);
          },
        }),
  );
}

const line = (told: Told, place: number) =>
  h('div', { role: 'listitem', key: place, class: `row ${classOf(told)}` }, [
    h('a', { class: 'seq', href: to({ at: told.seq }), title: 'the run as it was then' }, told.seq),
    ...inLine(told),
    told.task && h('a', { href: to({ task: told.task }) }, told.task),
  ]);

/** How many of these, which ascend, are below. */
function upTo(found: readonly number[], end: number): number {
  let n = found.length;
  while (n > 0 && found[n - 1]! >= end) n -= 1;
  return n;
}

/** Places of the lines that are asked for; undefined: all are. */
function useFound(): readonly number[] | undefined {
  const words = query.value.trim().toLowerCase();
  const asked = `${topic.value} ${words} ${feedBegun.value}`;
  const made = useRef<{ readonly asked: string; readonly matcher: Matcher<Told> } | undefined>(undefined);
  const looked = useRef(signal(0));
  const isAll = topic.value === '' && words === '';
  void looked.current.value;
  if (!isAll && made.current?.asked !== asked) {
    const [about] = [topic.value];
    const isMatch = ({ topic, msg }: Told): boolean =>
      (about === '' || topic === about) && (words === '' || msg.toLowerCase().includes(words));
    made.current = { asked, matcher: new Matcher(isMatch) };
  }
  useEffect(() => {
    const { current } = made;
    if (isAll || !current) return;
    inFrame((untilMs) => {
      if (made.current !== current) return true;
      const isDone = current.matcher.look(feed(), untilMs, () => performance.now());
      looked.current.value += 1;
      return isDone;
    });
  }, [asked, feedVersion.value]);
  return isAll ? undefined : made.current?.matcher.found;
}

/** A run as it was after any of its entries, by a slider. */
import { signal } from '@preact/signals';
import { h } from 'preact';
import { useEffect } from 'preact/hooks';
import { goTo } from './follow.ts';
import { address, feed, lastSeq, status } from './store.ts';
import { button, clock, count, shown } from './words.ts';

const isPlaying = signal(false);
/** A run, however long, is played in about so many steps. */
const STEPS = 60;
const STEP_MS = 400;

export function PastBar() {
  const { at } = address.value;
  const end = lastSeq.value;
  const now = at ?? end;
  const isOn = isPlaying.value;
  useEffect(() => {
    if (!isOn) return;
    const step = Math.max(1, Math.round(end / STEPS));
    const timer = setTimeout(() => {
      const next = (at ?? 1) + step;
      if (next >= end) isPlaying.value = false;
      goTo(next >= end ? undefined : next);
    }, STEP_MS);
    return () => clearTimeout(timer);
  }, [isOn, at, end]);
  if (end < 2) return null;
  const then = status.value?.lastDecisionAt;
  return h(
    'div',
    { class: at === undefined ? 'past' : 'past then', role: 'group', 'aria-label': 'Look back' },
    [
      button(isOn ? 'Stop' : 'Play', () => play(at)),
      h('input', {
        type: 'range',
        min: 1,
        max: end,
        value: now,
        'aria-label': 'Entry of the journal',
        'aria-valuetext': `entry ${now} of ${end}`,
        onInput: (event: Event) => {
          isPlaying.value = false;
          const to = Number((event.currentTarget as HTMLInputElement).value);
          goTo(to >= end ? undefined : to);
        },
      }),
      h('span', { class: 'when' }, [
        `${count(now)} of ${count(end)}`,
        then && h('time', { dateTime: then }, clock(then)),
        h('span', { class: 'muted' }, at === undefined ? 'as it is now' : sentenceOf(at)),
      ]),
      at !== undefined && button('Now', () => goTo(undefined)),
    ],
  );
}

function play(at: number | undefined): void {
  isPlaying.value = !isPlaying.value;
  if (isPlaying.value && at === undefined) goTo(1);
}

/** What the entry says, where it is among those that were told. */
function sentenceOf(seq: number): string {
  const told = feed().findLast((line) => line.seq === seq);
  return told ? shown(told.msg.slice(0, 120)) : '';
}

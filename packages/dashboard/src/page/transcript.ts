/** What an agent said and did, and where a word stands in it. */
import { h } from 'preact';
import { useEffect, useReducer, useRef, useState } from 'preact/hooks';
import * as api from './api.ts';
import { AttemptChoice } from './attempt-choice.ts';
import { inFrame } from './frame.ts';
import { Matcher } from './matcher.ts';
import { address, lastSeq, run } from './store.ts';
import { type TranscriptRow, transcriptRows } from './transcript-rows.ts';
import { Virtual } from './virtual.ts';
import { button, count, nothing, plural, shown } from './words.ts';

const ROW_PX = 20;
/** More are shown when they are asked for. */
const ROWS_FIRST = 100_000;

/** One agent's words, as far as they are here. */
class Reading {
  readonly attempt: string;
  readonly rows: TranscriptRow[] = [];
  #next = 0;
  isEnd = false;
  isBusy = false;
  most = ROWS_FIRST;
  trouble: api.Trouble | undefined;

  constructor(attempt: string) {
    this.attempt = attempt;
  }

  /** A part after another, until there is no more, or enough. */
  async read(name: string, isLeft: () => boolean, tell: () => void): Promise<void> {
    if (this.isBusy) return;
    this.isBusy = true;
    do {
      const part = await api.transcriptOf(name, this.attempt, this.#next);
      if (isLeft()) break;
      this.trouble = part.ok ? undefined : part.trouble;
      if (!part.ok) break;
      this.#next = part.value.next;
      this.isEnd = part.value.isEnd;
      for (const line of part.value.lines) this.rows.push(...transcriptRows(line));
      tell();
    } while (!this.isEnd && this.rows.length < this.most);
    this.isBusy = false;
    tell();
  }
}

interface Ask {
  readonly of: string;
  readonly attempts: readonly api.ToldAttempt[];
}

export function TranscriptPane({ of, attempts }: Ask) {
  const last = attempts.at(-1)?.attempt;
  const attempt = address.value.attempt ?? last;
  const [, again] = useReducer((n: number) => n + 1, 0);
  const reading = useRef<Reading | undefined>(undefined);
  if (attempt !== undefined && reading.current?.attempt !== attempt) reading.current = new Reading(attempt);
  const { current } = reading;
  useEffect(() => {
    if (!current) return;
    let isLeft = false;
    void current.read(
      run.value!,
      () => isLeft,
      () => again(0),
    );
    return () => {
      isLeft = true;
      current.isBusy = false;
    };
  }, [run.value, attempt, current?.most, attempts.at(-1)?.ending === null ? lastSeq.value : 0]);
  if (!current) return nothing(attempts.length === 0 ? `Nobody has tried ${of} yet.` : '…');
  return [
    h(AttemptChoice, { attempts, none: `the last one, ${last}` }),
    current.trouble && nothing([current.trouble.what, current.trouble.why].filter(Boolean).join(': ')),
    h(Lines, { key: current.attempt, reading: current, rows: current.rows.length }),
    !current.isEnd &&
      !current.isBusy &&
      !current.trouble &&
      button('More of it', () => {
        current.most += ROWS_FIRST;
        again(0);
      }),
  ];
}

/** @param rows how many there are: the list only grows. */
function Lines({ reading: { attempt, rows: all } }: { readonly reading: Reading; readonly rows: number }) {
  const [words, ask] = useState('');
  const [at, jump] = useState(0);
  const found = useFound(all, words);
  const place = found.length === 0 ? undefined : found[Math.min(at, found.length - 1)];
  const step = (by: number): void =>
    jump((Math.min(at, found.length - 1) + by + found.length) % found.length);
  return [
    h('div', { class: 'finding', key: 'finding' }, [
      h('input', {
        type: 'search',
        'data-search': true,
        placeholder: 'Find in it',
        'aria-label': `Find in what ${attempt} said`,
        value: words,
        onInput: (event: Event) => {
          ask((event.currentTarget as HTMLInputElement).value.trim().toLowerCase());
          jump(0);
        },
        onKeyDown: (event: KeyboardEvent) => {
          if (event.key === 'Enter' && found.length > 0) step(event.shiftKey ? -1 : 1);
        },
      }),
      h(
        'span',
        { class: 'muted', role: 'status' },
        words === ''
          ? plural(all.length, 'line')
          : found.length === 0
            ? 'not found'
            : `${count(Math.min(at, found.length - 1) + 1)} of ${count(found.length)}`,
      ),
      button('↑', () => step(-1), { disabled: found.length === 0, 'aria-label': 'The one before' }),
      button('↓', () => step(1), { disabled: found.length === 0, 'aria-label': 'The next one' }),
    ]),
    all.length > 0 &&
      h(Virtual, {
        key: 'lines',
        label: `What ${attempt} said`,
        class: 'transcript',
        count: all.length,
        rowHeight: ROW_PX,
        show: place,
        row: (i) => line(all[i]!, i, words, i === place),
      }),
  ];
}

const line = ({ kind, time, text }: TranscriptRow, i: number, words: string, isHere: boolean) =>
  h('div', { role: 'listitem', key: i, class: `row ${kind}${isHere ? ' here' : ''}` }, [
    h('time', null, time),
    ...marked(shown(text), words),
  ]);

function marked(text: string, words: string) {
  const at = words === '' ? -1 : text.toLowerCase().indexOf(words);
  if (at < 0) return [text];
  return [
    text.slice(0, at),
    h('mark', null, text.slice(at, at + words.length)),
    text.slice(at + words.length),
  ];
}

function useFound(rows: readonly TranscriptRow[], words: string): readonly number[] {
  const [, again] = useReducer((n: number) => n + 1, 0);
  const made = useRef<{ readonly words: string; readonly matcher: Matcher<TranscriptRow> } | undefined>(
    undefined,
  );
  if (made.current?.words !== words)
    made.current = { words, matcher: new Matcher(({ text }) => text.toLowerCase().includes(words)) };
  useEffect(() => {
    const { current } = made;
    if (words === '' || !current) return;
    inFrame((untilMs) => {
      if (made.current !== current) return true;
      const isDone = current.matcher.look(rows, untilMs, () => performance.now());
      again(0);
      return isDone;
    });
  }, [words, rows.length]);
  return words === '' ? [] : made.current.matcher.found;
}

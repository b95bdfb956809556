/** One task beside the view: its story, what it changed, what its agent said, and what can be said to it. */
import { signal } from '@preact/signals';
import type { Task } from '@swarm/core/model/task';
import { h } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { PANES } from './address.ts';
import * as api from './api.ts';
import { DiffPane } from './diff.ts';
import { address, chosen, isLive, run, taskOf, to, trouble } from './store.ts';
import { Steering } from './task-steering.ts';
import { TranscriptPane } from './transcript.ts';
import { nothing, shown, state } from './words.ts';

interface Told {
  readonly id: string;
  /** The entry it is told as of; undefined is now. */
  readonly asOf: number | undefined;
  /** Undefined: the task was not there yet. */
  readonly story: api.Story | undefined;
}

const latest = signal<Told | undefined>(undefined);

export function TaskPanel() {
  const id = chosen.value;
  const { at, pane } = address.value;
  const box = useRef<HTMLElement>(null);
  const task = taskOf(id);
  useEffect(() => {
    if (id === undefined) return;
    // What was said of another one says nothing of it.
    if (latest.value?.id !== id) latest.value = undefined;
    void tell(run.value!, id, at);
  }, [run.value, id, at, task]);
  useEffect(() => box.current?.focus(), [id]);
  if (id === undefined) return null;
  const last = latest.value?.id === id ? latest.value : undefined;
  const told = last?.story;
  // Until that of this time is there, the one before it stays, marked: a slider does not flicker, and nothing that
  // came later passes for what was so then.
  const isOfThen = last !== undefined && last.asOf === at;
  const one = isOfThen ? (told?.task ?? task) : (task ?? told?.task);
  const marks = { 'aria-busy': !isOfThen, 'aria-labelledby': 'story-title', tabIndex: -1 };
  return h('aside', { id: 'story', ...marks, ref: box }, [
    h('header', null, [
      h('h2', { id: 'story-title' }, [
        id,
        one && state(one.state),
        one && h('small', null, shown(one.spec.title)),
      ]),
      h(
        'a',
        { class: 'quiet', href: to({ task: undefined, attempt: undefined }), 'aria-label': 'Close' },
        '×',
      ),
    ]),
    h(
      'nav',
      { 'aria-label': `Of ${id}`, class: 'panes' },
      PANES.map((name) =>
        h(
          'a',
          { key: name, href: to({ pane: name }), 'aria-current': pane === name ? 'page' : undefined },
          name === 'diff' ? 'Change' : name === 'story' ? 'Story' : 'Transcript',
        ),
      ),
    ),
    pane === 'diff'
      ? h(DiffPane, { of: id, attempts: told?.attempts ?? [] })
      : pane === 'transcript'
        ? h(TranscriptPane, { of: id, attempts: told?.attempts ?? [] })
        : told
          ? inside(told.task, told.story)
          : nothing(isOfThen ? 'It was not there yet.' : '…'),
  ]);
}

async function tell(name: string, task: string, at: number | undefined): Promise<void> {
  const told = await api.storyOf(name, task, at);
  if (task !== chosen.value || name !== run.value || at !== address.value.at) return;
  if (told.ok) latest.value = { id: task, asOf: at, story: told.value };
  else if (at === undefined || told.trouble === api.GONE) trouble.value = told.trouble;
  else latest.value = { id: task, asOf: at, story: undefined };
}

const inside = (task: Task, sentences: readonly string[]) => [
  task.spec.description && h('p', { class: 'words' }, shown(task.spec.description)),
  links('after', task.spec.dependsOn),
  task.spec.scope.length > 0 &&
    h('p', { class: 'scope' }, ['in ', task.spec.scope.slice(0, 12).map(shown).join(', ')]),
  isLive.value && h(Steering, { task }),
  h(
    'ol',
    { class: 'sentences' },
    sentences.map((sentence, i) => {
      const [, time, text] = /^\d{4}-\d\d-\d\d (\d\d:\d\d:\d\d) {2}([\s\S]*)$/.exec(sentence) ?? [];
      return h('li', { key: i }, time && h('time', null, time), shown(text ?? sentence));
    }),
  ),
];

const links = (how: string, ids: readonly string[]) =>
  ids.length > 0 &&
  h('p', { class: 'scope' }, [
    `${how} `,
    ids.slice(0, 30).flatMap((id, i) => [i > 0 && ', ', h('a', { href: to({ task: id }), key: id }, id)]),
  ]);

/** Everything that can be said to a live run, but for what is said to one task, which stands beside it. */
import { signal } from '@preact/signals';
import type { SharedNote } from '@swarm/core/model/shared-note';
import { type ComponentChildren, h } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import * as api from './api.ts';
import { Confirmed } from './confirmed.ts';
import { propose, say, undo } from './follow.ts';
import { isLive, lastSeq, run, status } from './store.ts';
import { button, count, lasting, money, nothing, part, shown } from './words.ts';

export function Steer() {
  if (!isLive.value)
    return part(
      'steer',
      'Steer',
      '',
      nothing('No process works on this run, or it is shown as it was: there is nobody to steer.'),
      h('p', null, h('code', null, `swarm resume --run ${run.value}`)),
    );
  return h('div', { class: 'steer' }, [
    h(WholeRun, null),
    h(Submit, null),
    h(Amend, null),
    h(Limits, null),
    h(Workers, null),
    h(Notes, null),
  ]);
}

/** A field with its name above it. */
function field(
  name: string,
  value: { value: string },
  how: object = {},
  tag: 'input' | 'textarea' = 'input',
) {
  return h('label', { key: name }, [
    name,
    h(tag, {
      value: value.value,
      onInput: (event: Event) => {
        value.value = (event.currentTarget as HTMLInputElement).value;
      },
      ...how,
    }),
  ]);
}

const form = (id: string, title: string, note: string, ...inside: ComponentChildren[]) =>
  part(id, title, note, h('form', { onSubmit: (event: Event) => event.preventDefault() }, inside));

export const pauseOrGoOn = (): Promise<boolean> =>
  status.value?.board.paused
    ? say({ type: 'continue', by: 'operator' })
    : say({ type: 'pause', reason: 'operator', detail: 'paused on the page' });

function WholeRun() {
  const { board } = status.value!;
  return form(
    'whole',
    'The run',
    '',
    h('div', { class: 'buttons' }, [
      button(board.paused ? 'Continue' : 'Pause', pauseOrGoOn),
      h(Confirmed, {
        name: 'Undo all that has landed',
        really: `Really take back ${count(board.counts.landed)}?`,
        disabled: board.counts.landed === 0,
        onYes: () => undo('run'),
      }),
      h(Confirmed, {
        name: 'Cancel the run',
        really: 'Really cancel the whole run?',
        onYes: () => say({ type: 'cancelRun', reason: 'cancelled on the page' }),
      }),
    ]),
  );
}

// ───────────── more to do ─────────────

const task = { title: signal(''), text: signal(''), scope: signal(''), after: signal('') };
const words = (text: string): readonly string[] => text.split(/[\s,]+/).filter(Boolean);

function Submit() {
  const title = task.title.value.trim();
  const send = async (): Promise<void> => {
    const draft = {
      label: title.slice(0, 60),
      title,
      description: task.text.value.trim(),
      scope: words(task.scope.value),
      acceptance: '',
      priority: 5,
      dependsOn: words(task.after.value),
      kind: 'change',
      requires: [],
    };
    const isDone = await say({
      type: 'acceptTasks',
      from: { by: 'operator' },
      eachAlone: false,
      drafts: [draft],
    });
    if (isDone) for (const one of Object.values(task)) one.value = '';
  };
  return form('submit', 'Submit a task', '', [
    field('Title', task.title, { maxLength: 200 }),
    field('What is to be done', task.text, { rows: 3, maxLength: 16_000 }, 'textarea'),
    field('Files it may touch', task.scope, { placeholder: 'src/a.ts docs/**' }),
    field('After', task.after, { placeholder: 't1 t2' }),
    h('div', { class: 'buttons' }, [button('Submit', send, { disabled: title === '' })]),
  ]);
}

const amendment = signal('');
const proposed = signal<{ readonly text: string; readonly said: string; readonly plan: object } | undefined>(
  undefined,
);

/** The planner says first what would change; nothing does before the second press. */
function Amend() {
  const [isAsking, ask] = useState(false);
  const text = amendment.value.trim();
  const { value: plan } = proposed;
  const think = async (): Promise<void> => {
    ask(true);
    const answer = await propose(text);
    proposed.value = answer && { text, said: answer.said, plan: answer.plan };
    ask(false);
  };
  const apply = async (): Promise<void> => {
    const { text: meant, plan: agreed } = proposed.value!;
    if (await say({ type: 'amend', text: meant, plan: agreed })) amendment.value = '';
    proposed.value = undefined;
  };
  return form('amend', 'Change the request', '', [
    field('What is to be different', amendment, { rows: 3, maxLength: 16_000 }, 'textarea'),
    h('div', { class: 'buttons' }, [
      button(isAsking ? 'The planner is asked …' : 'What would change?', think, {
        disabled: text === '' || isAsking,
      }),
    ]),
    plan && [
      h('pre', { tabIndex: 0, 'aria-label': 'What would change' }, shown(plan.said)),
      h('div', { class: 'buttons' }, [
        button('Apply it', apply),
        button('Leave it', () => {
          proposed.value = undefined;
        }),
      ]),
    ],
  ]);
}

// ───────────── how much ─────────────

const more = { usd: signal(''), tokens: signal(''), minutes: signal('') };

function Limits() {
  const { limits, board } = status.value!;
  const by = {
    ...(Number(more.usd.value) > 0 && { usd: Number(more.usd.value) }),
    ...(Number(more.tokens.value) > 0 && { tokens: Math.round(Number(more.tokens.value)) }),
    ...(Number(more.minutes.value) > 0 && { timeMs: Math.round(Number(more.minutes.value) * 60_000) }),
  };
  const isNamed = Object.keys(by).length > 0;
  const has = [
    limits?.usd !== undefined && `${money(board.used.costUsd)} of ${money(limits.usd)}`,
    limits?.tokens !== undefined &&
      `${count(board.used.inputTokens + board.used.outputTokens)} of ${count(limits.tokens)} tokens`,
    limits?.timeMs !== undefined && lasting(limits.timeMs),
  ].filter(Boolean);
  const raise = async (): Promise<void> => {
    if (await say({ type: 'raiseLimits', by })) for (const one of Object.values(more)) one.value = '';
  };
  return form('limits', 'Raise limits', has.length === 0 ? 'the run has none' : has.join(', '), [
    h('div', { class: 'fields' }, [
      field('US dollars more', more.usd, { type: 'number', min: 0, step: 'any' }),
      field('Tokens more', more.tokens, { type: 'number', min: 0 }),
      field('Minutes more', more.minutes, { type: 'number', min: 0 }),
    ]),
    h('div', { class: 'buttons' }, [
      h(Confirmed, {
        name: 'Raise',
        really: 'Really spend that much more?',
        disabled: !isNamed,
        onYes: raise,
      }),
    ]),
  ]);
}

const crew = { workers: signal(''), role: signal('') };

function Workers() {
  const { board } = status.value!;
  const workers = Number(crew.workers.value);
  const role = crew.role.value.trim();
  const isNumber = crew.workers.value !== '' && Number.isInteger(workers);
  return form('crew', 'Workers', `${board.workersWanted} at a time`, [
    h('div', { class: 'fields' }, [
      field('How many at a time', crew.workers, { type: 'number', min: 1, max: 1_000 }),
      field('Of one role only', crew.role, { placeholder: 'reviewer' }),
    ]),
    h('div', { class: 'buttons' }, [
      button('Scale', () => say({ type: 'scale', workers, ...(role && { role }), reason: 'the page' }), {
        disabled: !isNumber,
      }),
    ]),
  ]);
}

// ───────────── notes ─────────────

const note = { key: signal(''), text: signal('') };

function Notes() {
  const [all, tell] = useState<readonly SharedNote[]>([]);
  useEffect(() => {
    let isLeft = false;
    void api.notesOf(run.value!).then((answer) => {
      if (answer.ok && !isLeft) tell(answer.value.notes);
    });
    return () => {
      isLeft = true;
    };
  }, [run.value, lastSeq.value]);
  const key = note.key.value.trim();
  const set = async (): Promise<void> => {
    const version = all.find((one) => one.key === key)?.version ?? 0;
    const command = { type: 'setNote', key, value: note.text.value.trim(), version, by: 'operator' };
    if (await say(command)) note.text.value = '';
  };
  return form('notes', 'Notes for all', '', [
    all.length > 0 &&
      h(
        'dl',
        { class: 'notes' },
        all.slice(0, 50).flatMap((one) => [h('dt', null, shown(one.key)), h('dd', null, shown(one.text))]),
      ),
    field('Name', note.key, { maxLength: 100 }),
    field('What planner and workers are told', note.text, { rows: 2, maxLength: 16_000 }, 'textarea'),
    h('div', { class: 'buttons' }, [button('Set', set, { disabled: key === '' })]),
  ]);
}

/** What a key does: the next state of the screen, and what is to be done beyond it. Pure. */
import type { TaskId } from '@swarm/core/model/ids';
import { panesOf, type Size } from './arrange.ts';
import { answersTo } from './choices.ts';
import { clampTop } from './detail.ts';
import { edited, typedText } from './editing.ts';
import type { Facts } from './facts.ts';
import type { Key, KeyName } from './keys.ts';
import { PANE } from './panes/all.ts';
import type { Steer } from './ports.ts';
import { ask } from './questions.ts';
import { detailRoom } from './screen.ts';
import { type Detail, indexIn, type Next, type Question, type Ui } from './ui.ts';

export type Effect =
  | { readonly kind: 'leave' }
  | { readonly kind: 'interrupt' }
  | { readonly kind: 'redraw' }
  | { readonly kind: 'load'; readonly detail: Detail }
  | { readonly kind: 'steer'; readonly steer: Steer };

export interface Acted {
  readonly ui: Ui;
  readonly effects: readonly Effect[];
}

/** What else is known of the screen. */
export interface Stage {
  readonly facts: Facts;
  readonly size: Size;
  /** Lines of what is open. */
  readonly detailCount: number;
}

const stay = (ui: Ui, ...effects: readonly Effect[]): Acted => ({ ui, effects });

/** What was said last is read by then. */
export function act(now: Ui, key: Key, stage: Stage): Acted {
  if ('name' in key && key.name === 'ctrl-c') return stay(now, { kind: 'interrupt' });
  if ('name' in key && key.name === 'ctrl-l') return stay(now, { kind: 'redraw' });
  const ui: Ui = { ...now, said: undefined };
  if (ui.question) return answered(ui, ui.question, key);
  if ('text' in key && key.isPasted)
    return stay({
      ...ui,
      said: { isRefused: true, text: 'what was pasted is no key of the board: nothing is done' },
    });
  const name = 'name' in key ? key.name : key.text;
  return ui.detail ? inDetail(ui, ui.detail, name, stage) : inPanes(ui, name, stage);
}

// ───────────── a question ─────────────

function answered(ui: Ui, question: Question, key: Key): Acted {
  const none: Ui = { ...ui, question: undefined };
  if ('name' in key && key.name === 'escape') return stay(none);
  if (question.kind === 'choice') {
    const next = 'text' in key && !key.isPasted ? question.choices[key.text.toLowerCase()] : undefined;
    return next
      ? followed(none, next)
      : stay({ ...none, said: { isRefused: false, text: 'nothing is done' } });
  }
  if ('name' in key && key.name === 'enter') {
    const next = question.leadsTo(typedText(question.editing));
    return next ? followed(none, next) : stay(none);
  }
  const editing = edited(question.editing, key);
  return stay(editing ? { ...ui, question: { ...question, editing } } : ui);
}

function followed(ui: Ui, next: Next): Acted {
  switch (next.kind) {
    case 'steer':
      return stay(ui, { kind: 'steer', steer: next.steer });
    case 'ask':
      return stay({ ...ui, question: next.question });
    case 'open':
      return opened(ui, next.detail);
    case 'filter': {
      const { tasks: _, ...at } = ui.at;
      return stay({ ...ui, filter: next.text, focus: 'tasks', at });
    }
    case 'say':
      return stay({ ...ui, said: { isRefused: false, text: next.text } });
  }
}

/** The end of a transcript is what happens now. */
const opened = (ui: Ui, detail: Detail): Acted =>
  stay(
    { ...ui, detail, top: detail.kind === 'transcript' ? Number.POSITIVE_INFINITY : 0 },
    { kind: 'load', detail },
  );

// ───────────── something is open ─────────────

function inDetail(ui: Ui, detail: Detail, key: KeyName | string, { facts, size, detailCount }: Stage): Acted {
  const room = detailRoom(size);
  const top = clampTop(ui.top, detailCount, room);
  const to = (next: number): Acted => {
    const isEnd = next >= detailCount - room;
    return stay({ ...ui, top: isEnd ? Number.POSITIVE_INFINITY : Math.max(0, next) });
  };
  switch (key) {
    case 'escape':
    case 'q':
      return stay({ ...ui, detail: undefined, top: 0 });
    case 'down':
    case 'j':
      return to(top + 1);
    case 'up':
    case 'k':
      return to(top - 1);
    case 'page-down':
    case ' ':
      return to(top + room - 1);
    case 'page-up':
      return to(top - room + 1);
    case 'home':
    case 'g':
      return to(0);
    case 'end':
    case 'G':
      return to(detailCount);
    default:
      return 'task' in detail ? ofTask(ui, key, detail.task, facts) : ofRun(ui, key, facts);
  }
}

// ───────────── the panes ─────────────

function inPanes(ui: Ui, key: KeyName | string, { facts, size }: Stage): Acted {
  const panes = panesOf(facts);
  const focus = panes.includes(ui.focus) ? ui.focus : panes[0]!;
  const here: Ui = { ...ui, focus };
  const pane = PANE[focus];
  const rows = pane.rows(facts);
  const index = indexIn(here, focus, rows);
  const to = (next: number): Acted => {
    const i = Math.max(0, Math.min(rows.length - 1, next));
    const id = rows[i];
    return stay(id === undefined ? here : { ...here, at: { ...here.at, [focus]: { id, index: i } } });
  };
  const page = Math.max(3, Math.floor(size.rows / 3));
  const around = (step: number): Acted =>
    stay({ ...here, focus: panes[(panes.indexOf(focus) + step + panes.length) % panes.length]! });
  switch (key) {
    case 'tab':
      return around(1);
    case 'back-tab':
      return around(-1);
    case 'down':
    case 'j':
      return to(index + 1);
    case 'up':
    case 'k':
      return to(index - 1);
    case 'page-down':
      return to(index + page);
    case 'page-up':
      return to(index - page);
    case 'home':
    case 'g':
      return to(0);
    case 'end':
    case 'G':
      return to(rows.length - 1);
    case 'escape':
      return stay({ ...here, filter: '' });
    case 'q':
      return stay(here, { kind: 'leave' });
    default: {
      const need = focus === 'needs' && key === 'enter' ? facts.needs.listed[index] : undefined;
      if (need) return stay({ ...here, question: answersTo(need) });
      return ofTask(
        here,
        key,
        rows[index] === undefined ? undefined : pane.taskOf(facts, rows[index]),
        facts,
      );
    }
  }
}

/** What only means something of a task. */
const OF_TASK: ReadonlySet<string> = new Set(['enter', 'd', 'v', 't', 'r', 'f', 'x', 'u']);

function ofTask(ui: Ui, key: string, task: TaskId | undefined, facts: Facts): Acted {
  if (!OF_TASK.has(key)) return ofRun(ui, key, facts);
  if (task === undefined)
    return stay({
      ...ui,
      said: { isRefused: true, text: 'no task is chosen here: Tab leads to the next pane' },
    });
  const asks = (question: Question): Acted => stay({ ...ui, question });
  switch (key) {
    case 'enter':
      return opened(ui, { kind: 'story', task });
    case 'd':
      return opened(ui, { kind: 'diff', task });
    case 'v':
      return opened(ui, { kind: 'transcript', task });
    case 't':
      return asks(ask.tell(task));
    case 'r':
      return asks(ask.retry(task));
    case 'f':
      return asks(ask.prioritise(task));
    case 'x':
      return asks(ask.cancel(task));
    default:
      return asks(ask.undo(task));
  }
}

function ofRun(ui: Ui, key: string, { state }: Facts): Acted {
  const asks = (question: Question): Acted => stay({ ...ui, question });
  switch (key) {
    case '?':
      return opened(ui, { kind: 'help' });
    case '/':
      return asks(ask.filter(ui.filter));
    case 'p':
      return stay(ui, { kind: 'steer', steer: { do: state.paused ? 'continue' : 'pause' } });
    case 'n':
      return asks(ask.submit());
    case 'a':
      return asks(ask.amend());
    case 'w':
      return asks(ask.scale());
    case '$':
      return asks(ask.budget());
    case 'm':
      return asks(ask.note());
    case 'X':
      return asks(ask.cancelRun());
    case 'U':
      return asks(ask.undoRun());
    case 'S':
      return asks(ask.stop());
    default:
      return stay(ui);
  }
}

/** The whole screen as lines: the header, what needs somebody, the panes or what covers them, and the foot. Pure. */
import { widthOf } from '@swarm/core/views/width';
import { plain } from '@swarm/core/views/words';
import { type Arrangement, arrange, type Size, SMALLEST } from './arrange.ts';
import { clampTop, type Opened } from './detail.ts';
import type { Facts } from './facts.ts';
import { fit, type Line, line, type Span, span, wrapped } from './lines.ts';
import { PANE } from './panes/all.ts';
import { HEADER_HEIGHT, header } from './panes/header.ts';
import { drawPane } from './panes/pane.ts';
import { indexIn, type Question, type Ui } from './ui.ts';

export interface Shown {
  readonly facts: Facts;
  readonly ui: Ui;
  readonly opened: Opened | undefined;
}

/** Lines of what was said last. A refusal has four. */
const SAID_MAX = 6;
const FOOT = 1;
const GAP = '  ';

/** Lines for what covers the panes, its title not among them. */
export const detailRoom = ({ rows }: Size): number => Math.max(1, rows - HEADER_HEIGHT - FOOT - 1);

/** Exactly as many lines as the terminal has, none wider than it. */
export function screen(shown: Shown, size: Size): readonly Line[] {
  const { columns, rows } = size;
  if (columns < SMALLEST.columns || rows < SMALLEST.rows) return tooSmall(size);
  const foot = footOf(shown, columns);
  const body =
    shown.opened && shown.ui.detail ? detail(shown, size, foot.length) : panes(shown, size, foot.length);
  const lines = [...header(shown.facts, columns), ...body];
  while (lines.length < rows - foot.length) lines.push([]);
  return [...lines.slice(0, rows - foot.length), ...foot].map((one) => fit(one, columns));
}

function tooSmall({ columns, rows }: Size): readonly Line[] {
  const text = `The board takes ${SMALLEST.columns} by ${SMALLEST.rows}. q leaves it.`;
  const lines = wrapped(text, Math.max(1, columns)).map((one) => line(one));
  while (lines.length < rows) lines.push([]);
  return lines.slice(0, rows).map((one) => fit(one, columns));
}

// ───────────── the panes ─────────────

function panes({ facts, ui }: Shown, size: Size, foot: number): readonly Line[] {
  const arrangement = arrange(facts, ui, size, foot);
  const columns = arrangement.columns.map(({ width, places }) =>
    places.flatMap(({ pane, height }) => drawPane(PANE[pane], facts, ui, width, height)),
  );
  const height = Math.max(...columns.map((lines) => lines.length));
  const beside = [...Array(height).keys()].map((i) =>
    columns.flatMap((lines, n): Line => [...(n > 0 ? [span(GAP)] : []), ...(lines[i] ?? [])]),
  );
  return [...needs({ facts, ui }, size.columns, arrangement.needs), ...beside];
}

/** What needs somebody, and below it what can be typed for the chosen one. */
function needs(
  { facts, ui }: Pick<Shown, 'facts' | 'ui'>,
  width: number,
  { height, choices }: Arrangement['needs'],
): readonly Line[] {
  if (height === 0) return [];
  const list = drawPane(PANE.needs, facts, ui, width, height - choices);
  const chosen = facts.needs.listed[indexIn(ui, 'needs', PANE.needs.rows(facts))];
  const wide = Math.max(0, ...(chosen?.choices ?? []).map(({ command }) => widthOf(command)));
  const typed = (chosen?.choices ?? [])
    .slice(0, choices)
    .map(
      ({ command, means }): Line => [span(`    ${plain(command).padEnd(wide)}  `), span(plain(means), 'dim')],
    );
  while (typed.length < choices) typed.push([]);
  return [...list, ...typed];
}

// ───────────── what covers them ─────────────

function detail({ opened, ui }: Shown, { columns, rows }: Size, foot: number): readonly Line[] {
  const lines = opened!.lines(columns);
  const room = rows - HEADER_HEIGHT - foot - 1;
  const top = clampTop(ui.top, lines.length, room);
  const last = Math.min(lines.length, top + room);
  const place = lines.length > room ? ` ${top + 1}–${last} of ${lines.length}` : '';
  const name = plain(opened!.title, Math.max(10, columns - 30));
  return [[span('━━ ', 'accent'), span(name, 'accent'), span(` ${place}`, 'dim')], ...lines.slice(top, last)];
}

// ───────────── the foot ─────────────

function footOf({ facts, ui }: Shown, columns: number): readonly Line[] {
  const said = ui.said ? saidLines(ui.said, columns) : [];
  return [...said, ui.question ? questionLine(ui.question, columns) : hints(facts, ui)];
}

function saidLines({ text, isRefused }: NonNullable<Ui['said']>, columns: number): readonly Line[] {
  const lines = text
    .split('\n')
    .flatMap((one) => wrapped((one.startsWith(' ') ? '  ' : '') + plain(one, 1_000), columns, 2))
    .slice(0, SAID_MAX);
  return lines.map((one, i) => line(one, isRefused && i === 0 ? 'bad' : isRefused ? 'plain' : 'accent'));
}

/** The end of what is typed stays in sight, and the cursor with it. */
function questionLine(question: Question, columns: number): Line {
  if (question.kind === 'choice') return line(question.label, 'warn');
  const { before, after } = question.editing;
  const label = span(`${question.label} `, 'warn');
  const room = Math.max(8, columns - widthOf(label.text) - 2);
  const cursor = after === '' ? ' ' : [...after][0]!;
  return [
    label,
    span(endOf(before, room)),
    span(cursor, 'chosen'),
    span(after.slice(cursor === ' ' ? 0 : cursor.length)),
  ];
}

function endOf(text: string, room: number): string {
  if (widthOf(text) <= room) return text;
  let cut = text.slice(-room);
  while (widthOf(cut) > room - 1) cut = cut.slice(1);
  return `…${cut.toWellFormed()}`;
}

/** What leads further stands first: the rest is cut off where there is no room. */
function hints({ state, holder }: Facts, { detail, filter }: Ui): Line {
  const names = detail
    ? ['q close', '↑↓ scroll', '? keys']
    : [
        ...(filter === '' ? [] : ['Esc all tasks']),
        ...['? keys', 'q leave', 'Tab pane', 'Enter story', 'd diff', 'v transcript', '/ filter'],
        ...(holder ? [state.paused ? 'p go on' : 'p pause', 't tell', 'r retry', 'x cancel'] : []),
      ];
  return names.flatMap((name): Span[] => {
    const [key = '', ...what] = name.split(' ');
    return [span(key, 'bold'), span(` ${what.join(' ')}  `, 'dim')];
  });
}

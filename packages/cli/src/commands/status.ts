/** `swarm status`: where a run stands, on one screen of 80 by 24. */
import { TASK_STATES } from '@swarm/core/model/task';
import { tokensOf } from '@swarm/core/model/usage';
import { alarms } from '@swarm/core/views/alarms';
import { type Board, type BoardRow, board } from '@swarm/core/views/board';
import { criteriaText, standingText, toldStandings, worstFirst } from '@swarm/core/views/criteria';
import { endingText } from '@swarm/core/views/ending';
import { gateText, gateView } from '@swarm/core/views/gate';
import { needs } from '@swarm/core/views/needs';
import { type EndpointQuotas, quotasNow, quotasShown } from '@swarm/core/views/quotas';
import { remainderOf, remainderTexts } from '@swarm/core/views/remainder';
import { runStanding, status as statusOf } from '@swarm/core/views/status';
import { shortfallTexts, verdictOf } from '@swarm/core/views/verdict';
import { type Waiting, waitsNow } from '@swarm/core/views/waits';
import { cutToWidth } from '@swarm/core/views/width';
import { costText, countText, durationText, shortCommit } from '@swarm/core/views/words';
import { type Holder, holderOf, type ReadRun, readRun } from '../finding/opened-run.ts';
import type { Context } from '../program/context.ts';
import type { RunChoice } from '../program/options.ts';
import { lastLines, signsIn } from '../telling/last-signs.ts';
import { localClock } from '../telling/local-clock.ts';
import { moreText } from '../telling/more-at.ts';
import { neededText } from '../telling/needed-text.ts';
import { sanitize, sanitizeLine, wrapText } from '../telling/output.ts';
import { quotaText } from '../telling/quota-text.ts';
import { renderTable } from '../telling/table.ts';

/** Where nobody's terminal says otherwise. */
const COLUMNS = 80;
/** With the heading's eight lines, the table's own, the blank ones and the next prompt: 24 in all. */
const ATTEMPTS_SHOWN = 6;
const WAITS_SHOWN = 4;

export async function status(options: RunChoice, context: Context): Promise<number> {
  const read = await readRun(options, context);
  const look = await lookAt(read);
  if (options.json) context.output.json(statusJson(read, look));
  else context.output.result(statusText(read, look, context.output.columns ?? COLUMNS));
  return 0;
}

/** What the journal does not tell: who works on it, what waits because of the weather, and when that was looked at. */
export interface Look {
  readonly holder: Holder | undefined;
  readonly waiting: readonly Waiting[];
  /** What endpoints said last of their quotas. */
  readonly quotas: readonly EndpointQuotas[];
  /** ms since the epoch. */
  readonly now: number;
}

type Looked = Pick<ReadRun, 'state' | 'paths' | 'repository'>;

export async function lookAt(read: Looked): Promise<Look> {
  const holder = await holderOf(read);
  const now = Date.now();
  const lines = await lastLines(read.paths.log);
  const waiting = waitsNow(read.state, holder && { now, signs: signsIn(lines) });
  return { holder, waiting, quotas: quotasNow(lines, now), now };
}

export const statusJson = ({ state, paths }: Looked, { holder, waiting: waits, quotas, now }: Look) => ({
  run: paths.run,
  folder: paths.folder,
  ...statusOf(state, { holder, waits, now }),
  quotas: quotasShown(quotas),
});

export function statusText(
  { state, paths }: Looked,
  { holder, waiting, quotas, now }: Look,
  columns = COLUMNS,
): string {
  const view = board(state, now);
  const counts = TASK_STATES.filter((s) => view.counts[s] > 0).map((s) => `${view.counts[s]} ${s}`);
  const { request } = state.run ?? {};
  const gate = gateView(state);
  const held = alarms(state).at(-1);
  const left = remainderOf(state);
  const rows: [string, string][] = [
    ['run', `${paths.run} ${runStanding(state, holder)}`],
    ['request', view.request],
    ['landing on', `${request?.landOn ?? 'unknown'}${view.head ? ` at ${shortCommit(view.head)}` : ''}`],
    ['tasks', holder && !state.closed ? counts.join(', ') || 'none yet' : endingText(state)],
    ...(state.moreAt !== undefined
      ? [['quota', `used up; ${moreText(state.moreAt, now)}`] as [string, string]]
      : []),
    ...(state.closed ? [] : quotaRows(quotas, now)),
    ...(state.closed && verdictOf(state) === 'incomplete'
      ? [['incomplete', shortfallTexts(state).join('; ')] as [string, string]]
      : []),
    ...(left
      ? [
          ['left', remainderTexts(left).join('; ')] as [string, string],
          ['to go on', left.goOn] as [string, string],
        ]
      : []),
    ...criteriaRows(state),
    ...(held ? [['secret', `${held.attempt}: ${held.detail}`] as [string, string]] : []),
    ...(gate ? [['gate', gateText(gate)] as [string, string]] : []),
    ['spent', `${countText(tokensOf(view.used), 'token')}, ${costText(view.used.costUsd, view.used.priced)}`],
    ['last decision', `${localClock(state.at)}, ${durationText(now - state.at)} ago`],
  ];
  const head = rows.map(([name, value]) => row(name, value, columns)).join('\n');
  const needed = neededText(needs(state, holder !== undefined), columns);
  return [
    ...needed,
    head,
    ...movingText(view, holder, columns),
    ...waitingText(waiting, holder, columns),
  ].join('\n\n');
}

/** Those that have least left come first. */
function quotaRows(quotas: readonly EndpointQuotas[], now: number): [string, string][] {
  const most = ({ quotas: parts, isEmpty }: EndpointQuotas): number =>
    isEmpty ? 2 : Math.max(0, ...parts.map(({ used }) => used));
  const shown = quotas.toSorted((a, b) => most(b) - most(a)).slice(0, QUOTAS_SHOWN);
  const rows = shown.map((one): [string, string] => ['quota', `${one.endpoint}: ${quotaText(one, now)}`]);
  const more = quotas.length - shown.length;
  return more > 0 ? [...rows, ['quota', `and of ${more} more: swarm status --json`]] : rows;
}
const QUOTAS_SHOWN = 3;

/** Those that are not verified, with how they stand; without a process, or at the end, nothing more comes. */
function criteriaRows(state: ReadRun['state']): [string, string][] {
  const text = criteriaText(state);
  if (text === undefined) return [];
  const open = worstFirst(toldStandings(state)).filter(({ verdict }) => verdict !== 'verified');
  const named = state.closed ? open.slice(0, CRITERIA_SHOWN).map((one) => standingText(one)) : [];
  return [['criteria', [text, ...named].join('; ')]];
}
const CRITERIA_SHOWN = 5;

/** Neither what it has come to, nor figures, nor what to type is ever cut: they may take more lines. */
const WHOLE: ReadonlySet<string> = new Set([
  'run',
  'tasks',
  'quota',
  'incomplete',
  'left',
  'to go on',
  'criteria',
  'secret',
  'gate',
]);
const NAME_WIDTH = 15;

const row = (name: string, value: string, columns: number): string =>
  WHOLE.has(name)
    ? `${name.padEnd(NAME_WIDTH)}${wrapText(sanitizeLine(value, 1_000), columns, NAME_WIDTH)}`
    : cut(`${name.padEnd(NAME_WIDTH)}${value}`, columns);

/** One line of the screen; what is too long ends in an ellipsis. */
const cut = (line: string, columns: number): string => cutToWidth(sanitize(line), columns);

/** What the journal says of attempts was true when it was written; without a process, it is the past. */
function movingText(view: Board, holder: Holder | undefined, columns: number): string[] {
  if (view.rows.length === 0) return [];
  const rows = view.rows
    .slice(0, ATTEMPTS_SHOWN)
    .map((r) => [r.attempt, r.doing, durationText(r.elapsedMs), r.driver ?? '', titleOf(r)]);
  const heads = ['attempt', holder ? 'doing' : 'was doing', 'for', 'agent', 'title'];
  const table = renderTable(heads, rows, { columns, flexible: [3, 4] });
  return [[table, ...more(view.rows.length - rows.length)].join('\n')];
}

/** A part is told with what it is a part of. */
const titleOf = ({ title, partOf = [] }: BoardRow): string =>
  partOf.length === 0 ? title : `${partOf.join(' › ')} › ${title}`;

function waitingText(waiting: readonly Waiting[], holder: Holder | undefined, columns: number): string[] {
  if (waiting.length === 0) return [];
  const lines = waiting
    .slice(0, WAITS_SHOWN)
    .map((wait) => cut(`${holder ? '' : 'then: '}${wait.text}`, columns));
  return [[...lines, ...more(waiting.length - lines.length)].join('\n')];
}

const more = (left: number): string[] => (left > 0 ? [`and ${left} more: swarm status --json`] : []);

/** The report on a terminal: the same as in Markdown, as plain text that fits. */
import type { ReportChange } from '@swarm/core/views/changes';
import { CRITERION_WORDS, TESTS_WORDS } from '@swarm/core/views/criteria';
import { remainderTexts } from '@swarm/core/views/remainder';
import type { Report, ReportCriterion, ReportFinding, ReportTask } from '@swarm/core/views/report';
import { figureRows, partName } from '@swarm/core/views/report-markdown';
import { votesText } from '@swarm/core/views/votes';
import { countText, shortCommit } from '@swarm/core/views/words';
import type { ChalkInstance } from 'chalk';
import { localClock } from './local-clock.ts';
import { sanitize, wrapText } from './output.ts';
import { paintState } from './paint.ts';
import { renderTable } from './table.ts';

/** Most rows of the table of tasks; how many more there are is said below it. */
const ROWS_MAX = 1_000;
const NAME_WIDTH = 30;

export function renderReportText(r: Report, ink: ChalkInstance, columns: number): string {
  const parts = [
    head(r, columns),
    figures(r, columns),
    answers(r, columns),
    lists(r, columns),
    tasks(r, ink, columns),
  ];
  return parts
    .filter((part) => part.length > 0)
    .map((part) => part.join('\n'))
    .join('\n\n');
}

function head(r: Report, columns: number): string[] {
  const lines = [
    `${r.run ?? 'no run'}: ${r.verdict}`,
    r.ending,
    `request: ${r.request || 'none'}`,
    `landings are on ${r.landOn}; the run is ${r.closed === undefined ? 'still open' : 'closed'}`,
    ...(r.closed !== undefined && r.shortfalls.length > 0 ? [`incomplete: ${r.shortfalls.join('; ')}`] : []),
    ...(r.remainder ? remainderLines(r.remainder) : []),
    ...(r.isGated ? [] : ['there was no gate: nothing that landed was tested']),
    ...(r.delivered
      ? [
          `delivery (${r.delivered.to}): ${[r.delivered.outcome, r.delivered.url, r.delivered.detail].filter(Boolean).join('; ')}`,
        ]
      : []),
  ];
  return lines.map((line) => wrapText(sanitize(line), columns, 2));
}

/** What is left undone, and what goes on with it: the same in report, status and the last lines of a run. */
export const remainderLines = (left: NonNullable<Report['remainder']>): readonly string[] => [
  ...remainderTexts(left).map((text) => `left: ${text}`),
  `to go on: ${left.goOn}`,
];

function figures(r: Report, columns: number): string[] {
  const opened = r.openedAt === undefined ? '-' : localClock(r.openedAt);
  return [['opened', opened] as const, ...figureRows(r)].map(
    ([name, value]) => `${name.padEnd(NAME_WIDTH)}${wrapText(sanitize(value), columns, NAME_WIDTH)}`,
  );
}

/** What was refused, rejected or still fails; nothing where there is none. */
function lists(r: Report, columns: number): string[] {
  const rows = [
    ...(r.criteria ?? []).map(criterionText),
    ...r.changes.slice(0, CHANGES_MAX).map(changeText),
    ...r.refused.map(({ label, problem }) => `refused  ${label}: ${problem}`),
    ...r.findings.map(findingText),
    ...r.list.flatMap((t) => (t.outside ? [`outside its scope  ${t.task}: ${t.outside.join(', ')}`] : [])),
    ...r.list.flatMap((t) => (t.votes ? [`votes  ${t.task}: ${votesText(t.votes)}`] : [])),
  ];
  return rows.slice(0, ROWS_MAX).map((row) => wrapText(sanitize(row), columns, 4));
}

/** Changes named here; Markdown has them all. */
const CHANGES_MAX = 10;

const criterionText = ({ verdict, task, text, by, commit, why }: ReportCriterion): string =>
  `${CRITERION_WORDS[verdict]}  ${task ? `${task}: ` : ''}${text}${by ? ` (${by}${commit ? ` at ${shortCommit(commit)}` : ''})` : ''}${why ? `: ${why}` : ''}`;

/** In the order in which they should be looked at. */
function changeText(c: ReportChange, i: number): string {
  const parts = [
    `look ${i + 1}  ${c.task} ${c.title}: ${c.verified}`,
    `${countText(c.files, 'file')}, +${c.linesAdded} −${c.linesRemoved}`,
    ...c.touches.map(({ path, why }) => `${path} (${why})`),
    ...(c.tests?.says === 'nothing' ? [`its tests ${TESTS_WORDS.nothing}`] : []),
    c.undo,
  ];
  return parts.join('; ');
}

/** What makes something of other answers stands last, and is read first. */
function answers(r: Report, columns: number): string[] {
  const given = r.list.filter((t) => t.answer !== undefined).toReversed();
  return given
    .slice(0, ROWS_MAX)
    .flatMap((t) => [
      wrapText(sanitize(`answered  ${t.task} ${t.title}`), columns, 4),
      ...t.answer!.split('\n').map((line) => `    ${wrapText(sanitize(line), columns, 4)}`.trimEnd()),
    ]);
}

const findingText = ({ signature, culprit, fixes }: ReportFinding): string => {
  const since = culprit
    ? `since ${shortCommit(culprit.commit)}${culprit.task ? ` (${culprit.task})` : ''}`
    : 'from nobody knows where';
  return `the target fails  ${signature}: ${since}${fixes.length > 0 ? `; fix tasks: ${fixes.join(', ')}` : ''}`;
};

function tasks(r: Report, ink: ChalkInstance, columns: number): string[] {
  if (r.list.length === 0) return [];
  const shown = r.list.slice(0, ROWS_MAX);
  const paint = (cell: string, row: number, column: number): string =>
    row >= 0 && column === 1 ? paintState(shown[row]!.state, ink)(cell) : cell;
  const heads = ['task', 'state', 'commit', 'verified', 'title', ''];
  const table = renderTable(heads, shown.map(rowOf), { columns, flexible: [4, 5], paint });
  const more = r.list.length - shown.length;
  return [table, ...(more > 0 ? [`and ${more} more: swarm report --json`] : [])];
}

const rowOf = (t: ReportTask): string[] => [
  partName(t),
  t.state,
  t.commit ? shortCommit(t.commit) : '',
  t.verified,
  t.title,
  t.why ?? '',
];

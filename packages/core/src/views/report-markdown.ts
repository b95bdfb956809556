/** The report for people. Titles, requests and reasons were written by others and are escaped. */
import { REJECTIONS, type RejectionReason } from '../model/landing.ts';
import { TASK_STATES } from '../model/task.ts';
import { changesPart } from './changes-markdown.ts';
import { CRITERION_WORDS } from './criteria.ts';
import { gateText } from './gate.ts';
import { remainderTexts } from './remainder.ts';
import type { Report, ReportFinding, ReportTask } from './report.ts';
import { votesText } from './votes.ts';
import {
  clockText,
  codeText,
  costText,
  countText,
  durationText,
  groupText,
  markdownText,
  shortCommit,
} from './words.ts';

/** Most rows of the table of tasks; how many more there are is said below it. */
export const REPORT_ROWS_MAX = 1_000;

export function renderReportMarkdown(report: Report): string {
  const parts = [
    head,
    remainder,
    secrets,
    figures,
    answers,
    criteria,
    requirements,
    refused,
    findings,
    changesPart,
    rejections,
    outside,
    votes,
    tasks,
  ];
  return `${parts.flatMap((part) => part(report)).join('\n')}\n`;
}

function head(r: Report): string[] {
  return [
    `# ${r.run ?? 'No run'}: ${r.verdict}`,
    '',
    `> ${markdownText(r.request, 2_000) || 'no request'}`,
    '',
    `${sentence(r.ending)}.`,
    `Landings are on ${codeText(r.landOn)}; the run is ${r.closed === undefined ? 'still open' : 'closed'}.`,
    ...(r.closed !== undefined && r.shortfalls.length > 0
      ? [`Incomplete: ${markdownText(r.shortfalls.join('; '), 2_000)}.`]
      : []),
    ...(r.isGated ? [] : ['There was no gate: nothing that landed was tested.']),
    ...(r.delivered === undefined
      ? []
      : [
          `Delivery (${r.delivered.to}): ${[r.delivered.outcome, r.delivered.url && codeText(r.delivered.url), markdownText(r.delivered.detail, 1_000)].filter(Boolean).join('; ')}.`,
        ]),
    '',
  ];
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;

function remainder({ remainder: left }: Report): string[] {
  if (left === undefined) return [];
  const rows = remainderTexts(left).map((text) => `- ${markdownText(text, 2_000)}`);
  return ['What is left undone:', '', ...rows, '', `To go on: ${codeText(left.goOn)}`, ''];
}

function secrets({ alarms = [] }: Report): string[] {
  if (alarms.length === 0) return [];
  const rows = alarms.map(({ attempt, detail }) => `- ${attempt}: ${markdownText(detail)}`);
  return [
    '**Secrets**, or what looks like them, were found; nothing of this work was taken:',
    '',
    ...rows,
    '',
  ];
}

function criteria(r: Report): string[] {
  const all = r.criteria ?? [];
  if (all.length === 0) return [];
  const rows = all.slice(0, REPORT_ROWS_MAX).map((one) => {
    const by = one.by === undefined ? '' : ` (${codeText(one.by)}${at(one.commit)})`;
    const of = one.task === undefined ? '' : `${one.task}: `;
    const why = one.why === '' ? '' : `: ${markdownText(one.why)}`;
    return `- **${CRITERION_WORDS[one.verdict]}**: ${of}${markdownText(one.text)}${by}${why}`;
  });
  return ['What it was held against:', '', ...rows, ''];
}

const at = (commit: string | undefined): string =>
  commit === undefined ? '' : ` at ${codeText(shortCommit(commit))}`;

function requirements(r: Report): string[] {
  if (r.requirements.length === 0) return [];
  const rows = r.requirements.slice(0, REPORT_ROWS_MAX).map(({ id, text, status, tasks, isSettled }) => {
    const said =
      isSettled || status === 'open' ? status : `${status}, it says, and none of its tasks is there`;
    const by = tasks.length > 0 ? ` (${tasks.join(', ')})` : '';
    return `- ${markdownText(id, 100)}: ${markdownText(text)}: ${said}${by}`;
  });
  return ['What was asked for, by the planner’s list:', '', ...rows, ''];
}

function refused(r: Report): string[] {
  if (r.refused.length === 0) return [];
  const rows = r.refused.map((one) => `- ${markdownText(one.label, 100)}: ${markdownText(one.problem)}`);
  return ['What the planner asked for and was refused:', '', ...rows, ''];
}

function figures(r: Report): string[] {
  const opened = r.openedAt === undefined ? '-' : `${clockText(r.openedAt)} UTC`;
  const rows = [['opened', opened], ...figureRows(r)];
  return ['| | |', '|---|---|', ...rows.map(([name, value]) => `| ${name} | ${value} |`), ''];
}

/** What was taken back is called so here as everywhere. */
function tasksText({ tasks, undone, leftUndone = 0, lost = { failed: 0, cancelled: 0 } }: Report): string {
  const counts = {
    ...tasks,
    failed: tasks.failed - lost.failed - leftUndone,
    'left undone': leftUndone,
    cancelled: tasks.cancelled - undone - lost.cancelled,
    undone,
    lost: lost.failed + lost.cancelled,
  };
  return (
    [...TASK_STATES, 'left undone' as const, 'undone' as const, 'lost' as const]
      .flatMap((s) => (counts[s] > 0 ? [`${counts[s]} ${s}`] : []))
      .join(', ') || '-'
  );
}

/** The figures of the report but for when it opened, each with its name. */
export function figureRows(r: Report): readonly (readonly [string, string])[] {
  return [
    ['wall time', `${durationText(r.wallMs)}, of which ${durationText(r.activeMs)} at work`],
    ['tasks', tasksText(r)],
    ['landed per hour', r.landedPerHour.toFixed(1)],
    ['attempts', `${r.attempts}, of which ${r.handoffs} handed in a commit`],
    ['landed at the first handoff', `${r.firstTryLandings} of ${r.tasksHandedIn} that handed in`],
    ['conflicts', String(r.conflicts)],
    ['gate', r.gate ? gateText(r.gate) : 'none'],
    ['tokens', `${groupText(r.tokens)}, of which ${groupText(r.retryTokens)} on attempts after the first`],
    [
      'cost',
      `${costText(r.used.costUsd, r.used.priced)}${r.used.claimed ? ', some of it as hosts say' : ''}`,
    ],
    ...(r.lostTokens > 0
      ? [['lost in crashes', `up to ${countText(r.lostTokens, 'token')}`] as [string, string]]
      : []),
    ['open findings', String(r.openFindings)],
  ];
}

/** What makes something of other answers stands last, and is read first. */
function answers(r: Report): string[] {
  const given = r.list.filter((t) => t.answer !== undefined).toReversed();
  if (given.length === 0) return [];
  const rows = given
    .slice(0, REPORT_ROWS_MAX)
    .flatMap((t) => [
      `**${t.task} ${markdownText(t.title)}**`,
      '',
      ...t.answer!.split('\n').map((line) => `> ${markdownText(line, line.length + 1)}`.trimEnd()),
      '',
    ]);
  return ['What was answered:', '', ...rows];
}

function rejections(r: Report): string[] {
  const reasons = Object.entries(r.rejections) as [RejectionReason, number][];
  if (reasons.length === 0) return [];
  const rows = reasons.map(([reason, n]) => `- ${reason}: ${n} (${REJECTIONS[reason].means})`);
  return ['Handoffs that were not put on the target:', '', ...rows, ''];
}

function findings(r: Report): string[] {
  if (r.findings.length === 0) return [];
  const rows = r.findings.slice(0, REPORT_ROWS_MAX).map(findingRow);
  return ['Failures of the target that are still there:', '', ...rows, ''];
}

function findingRow({ signature, culprit, fixes }: ReportFinding): string {
  const since = !culprit
    ? 'where it comes from is not known'
    : culprit.isBase
      ? 'it failed on the base already'
      : `since \`${shortCommit(culprit.commit)}\`${culprit.task ? ` (${culprit.task})` : ', which is not ours'}`;
  const tried = fixes.length === 0 ? 'no fix task was filed' : `fix tasks: ${fixes.join(', ')}`;
  return `- ${markdownText(signature)}: ${since}; ${tried}`;
}

function outside(r: Report): string[] {
  const left = r.list.filter((t) => t.outside !== undefined);
  if (left.length === 0) return [];
  const rows = left.slice(0, REPORT_ROWS_MAX).map((t) => {
    const named = t.outside!.slice(0, 5).map((path) => markdownText(path, 200));
    const more = t.outside!.length > 5 ? ` and ${t.outside!.length - 5} more` : '';
    return `- ${t.task}: ${named.join(', ')}${more}`;
  });
  return ['Concerns: landed changes outside their declared scope:', '', ...rows, ''];
}

function votes(r: Report): string[] {
  const voted = r.list.filter((t) => t.votes !== undefined);
  if (voted.length === 0) return [];
  const rows = voted
    .slice(0, REPORT_ROWS_MAX)
    .map((t) => `- ${t.task}: ${markdownText(votesText(t.votes!), 1_000)}`);
  return ['What reviewers came to:', '', ...rows, ''];
}

function tasks(r: Report): string[] {
  const more = r.list.length - REPORT_ROWS_MAX;
  return [
    '| task | title | state | commit | verified |',
    '|---|---|---|---|---|',
    ...r.list.slice(0, REPORT_ROWS_MAX).map(row),
    ...(more > 0 ? ['', `and ${countText(more, 'more task')}; report.json has them all`] : []),
  ];
}

/** A part is told with what it is a part of. */
export const partName = ({ task, partOf }: ReportTask): string =>
  partOf === undefined ? task : `${partOf} › ${task}`;

function row(t: ReportTask): string {
  const commit = t.commit === undefined ? '' : `\`${shortCommit(t.commit)}\``;
  const state = t.why === undefined ? t.state : `${t.state}: ${markdownText(t.why, 200)}`;
  return `| ${partName(t)} | ${markdownText(t.title)} | ${state} | ${commit} | ${t.verified}${t.tellsNothing ? '; its own check passed before any work and tells nothing' : ''} |`;
}

/**
 * The report as one file for a browser: nothing in it is fetched, no script runs, and its policy says so. Whatever others
 * wrote is escaped; it is light or dark as the reader's system is, and fits a telephone.
 */
import { createHash } from 'node:crypto';
import type { TaskProvenance } from '@swarm/core/views/provenance';
import type { Report, ReportTask } from '@swarm/core/views/report';
import { figureRows } from '@swarm/core/views/report-markdown';
import { clockText, costText, countText, durationText, shortCommit } from '@swarm/core/views/words';
import { REPORT_STYLE } from './report-style.ts';

export interface HtmlAsk {
  readonly report: Report;
  readonly provenance: ReadonlyMap<string, TaskProvenance>;
}

/** Tasks told whole; how many more there are is said. */
export const HTML_TASKS_MAX = 1_000;

/** What browsers of the reader's may do with the page: show it. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(REPORT_STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'`;

/** Text stays text, in an attribute too; what moves or hides text is gone. */
export const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');

export function renderReportHtml({ report: r, provenance }: HtmlAsk): string {
  const title = escaped(`${r.run ?? 'No run'}: ${r.verdict}`);
  const landed = ranked(r, provenance);
  const parts = [
    head(r, title),
    figures(r),
    answers(r),
    changes(r, landed, provenance),
    notLanded(r, provenance),
    findings(r),
    allTasks(r),
  ];
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="referrer" content="no-referrer">',
    `<title>${title}</title>`,
    `<style>${REPORT_STYLE}</style>`,
    '</head>',
    '<body>',
    ...parts.filter((part) => part !== ''),
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function head(r: Report, title: string): string {
  const shortfalls = r.closed === undefined ? [] : r.shortfalls;
  return [
    '<header>',
    `<h1 class="${r.verdict}">${title}</h1>`,
    `<p class="request">${escaped(r.request) || 'no request'}</p>`,
    `<p>${escaped(r.ending)}. Landings are on <code>${escaped(r.landOn)}</code>.</p>`,
    ...(r.isGated ? [] : ['<p class="bad">There was no gate: nothing that landed was tested.</p>']),
    ...(shortfalls.length > 0
      ? [
          `<p class="bad">Incomplete:</p><ul>${shortfalls.map((one) => `<li>${escaped(one)}</li>`).join('')}</ul>`,
        ]
      : []),
    '</header>',
  ].join('\n');
}

function figures(r: Report): string {
  const opened = r.openedAt === undefined ? [] : ([['opened', `${clockText(r.openedAt)} UTC`]] as const);
  const first = [
    ['landed', String(r.landed)],
    ['verified', String(r.list.filter((t) => t.verified === 'verified').length)],
    ['head', r.green === 'unknown' ? 'not checked' : r.green ? 'green' : 'red'],
    ['cost', costText(r.used.costUsd, r.used.priced)],
  ] as const;
  const big = first.map(([name, value]) => `<div><b>${escaped(value)}</b><span>${name}</span></div>`);
  const rows = [...opened, ...figureRows(r)].map(
    ([name, value]) => `<tr><th scope="row">${escaped(name)}</th><td>${escaped(value)}</td></tr>`,
  );
  return `<section class="figures">${big.join('')}</section>\n<details><summary>All figures</summary><table>${rows.join('')}</table></details>`;
}

// ───────────── changes ─────────────

/** The widest first: what left its scope, what nothing verifies, then how many files and lines. */
export function ranked(r: Report, provenance: ReadonlyMap<string, TaskProvenance>): readonly ReportTask[] {
  const weight = (t: ReportTask): number => {
    const facts = provenance.get(t.task);
    const size = (facts?.files ?? 0) * 20 + (facts?.linesAdded ?? 0) + (facts?.linesRemoved ?? 0);
    return size + (t.outside ? 10_000 : 0) + (t.verified === 'verified' ? 0 : 5_000);
  };
  return r.list.filter((t) => t.state === 'landed').sort((a, b) => weight(b) - weight(a));
}

function changes(
  r: Report,
  landed: readonly ReportTask[],
  provenance: ReadonlyMap<string, TaskProvenance>,
): string {
  if (landed.length === 0) return '';
  const shown = landed.slice(0, HTML_TASKS_MAX).map((t) => changeOf(r, t, provenance.get(t.task)));
  return section('What landed, the widest first', [...shown, ...more(landed.length)]);
}

const more = (count: number): readonly string[] =>
  count > HTML_TASKS_MAX ? [`<p>and ${count - HTML_TASKS_MAX} more; report.json has them all.</p>`] : [];

function changeOf(r: Report, t: ReportTask, facts: TaskProvenance | undefined): string {
  const size = facts
    ? `${countText(facts.files, 'file')}, +${facts.linesAdded} −${facts.linesRemoved}`
    : 'size not known';
  const marks = [
    `<span class="mark ${t.verified}">${t.verified}</span>`,
    ...(t.outside ? ['<span class="mark unverified">left its scope</span>'] : []),
    ...(t.isPartial ? ['<span class="mark unverified">in part</span>'] : []),
  ];
  return [
    `<details class="task" id="${t.task}"><summary><b>${t.task}</b> ${escaped(t.title)} ${marks.join(' ')} <small>${size}</small></summary>`,
    '<dl>',
    ...(facts ? factRows(r, t, facts) : []),
    row('undo', `<code>swarm undo ${t.task}${r.run ? ` --run ${escaped(r.run)}` : ''}</code>`),
    '</dl></details>',
  ].join('\n');
}

function factRows(r: Report, t: ReportTask, f: TaskProvenance): readonly string[] {
  const who = [f.driver, f.model && `with ${f.model}`, f.promptHash && `prompt ${f.promptHash}`];
  const evidence = [
    f.verify === undefined ? 'no check of its own' : `its own check: ${f.verify}`,
    ...(t.tellsNothing ? ['which passed before any work too, and tells nothing'] : []),
    ...(f.landing ? [`the gate ${f.landing.gate} in ${durationText(f.landing.durationMs)}`] : []),
    ...(r.isGated ? [] : ['there was no gate']),
  ];
  return [
    ...(t.commit ? [row('commit', `<code>${shortCommit(t.commit)}</code>`)] : []),
    row('reason', multi(f.reason)),
    ...(f.summary ? [row('handed in', multi(f.summary))] : []),
    ...f.concerns.map((one) => row('concern', escaped(one))),
    ...(t.outside ? [row('outside its scope', escaped(t.outside.join(', ')))] : []),
    row('evidence', escaped(evidence.join('; '))),
    ...f.votes.map((one) => row('vote', escaped(one))),
    row('done by', escaped([f.attempt ?? t.task, ...who].filter(Boolean).join(', '))),
    row(
      'cost',
      escaped(
        `${countText(f.attempts, 'attempt')}, ${countText(f.tokens, 'token')}, ${costText(f.usage.costUsd, f.usage.priced)}`,
      ),
    ),
  ];
}

const row = (name: string, html: string): string => `<dt>${name}</dt><dd>${html}</dd>`;
const multi = (text: string): string => escaped(text).replaceAll('\n', '<br>');
const section = (title: string, rows: readonly string[]): string =>
  `<section><h2>${title}</h2>\n${rows.join('\n')}</section>`;

// ───────────── the rest ─────────────

function answers({ list }: Report): string {
  const given = list.filter((t) => t.answer !== undefined).toReversed();
  const rows = given.slice(0, HTML_TASKS_MAX).map((t, i) => {
    const open = i === 0 ? ' open' : '';
    return `<details class="task"${open}><summary><b>${t.task}</b> ${escaped(t.title)}</summary><p>${multi(t.answer!)}</p></details>`;
  });
  return rows.length === 0 ? '' : section('What was answered', [...rows, ...more(given.length)]);
}

function notLanded({ list }: Report, provenance: ReadonlyMap<string, TaskProvenance>): string {
  const left = list.filter((t) => t.state === 'failed' || t.state === 'cancelled');
  const rows = left.slice(0, HTML_TASKS_MAX).map((t) => {
    const said = provenance.get(t.task)?.summary;
    const words = said ? `<br><small>${multi(said)}</small>` : '';
    return `<li><b>${t.task}</b> ${escaped(t.title)}: ${t.state}${t.why ? `, ${escaped(t.why)}` : ''}${words}</li>`;
  });
  return rows.length === 0
    ? ''
    : section('What did not land', [`<ul>${rows.join('')}</ul>`, ...more(left.length)]);
}

function findings({ findings: open }: Report): string {
  const rows = open.slice(0, HTML_TASKS_MAX).map(({ signature }) => `<li>${escaped(signature)}</li>`);
  return rows.length === 0
    ? ''
    : section('Failures of the target that are still there', [`<ul>${rows.join('')}</ul>`]);
}

function allTasks({ list }: Report): string {
  const rows = list.slice(0, HTML_TASKS_MAX).map((t) => {
    const commit = t.commit ? `<code>${shortCommit(t.commit)}</code>` : '';
    return `<tr><td>${t.task}</td><td>${escaped(t.title)}</td><td>${t.state}</td><td>${commit}</td><td>${t.verified}</td></tr>`;
  });
  const names = ['task', 'title', 'state', 'commit', 'verified'].map((name) => `<th>${name}</th>`).join('');
  const table = `<div class="wide"><table><thead><tr>${names}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>`;
  return section('All tasks', [table, ...more(list.length)]);
}

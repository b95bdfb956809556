/**
 * The report as the body of a pull request: short, the doubtful first, the long folded away. Whoever merges it reads this
 * and nothing else. All that others wrote is told so that it does nothing on a forge.
 */
import type { CommitId } from '../model/ids.ts';
import { harmless, harmlessMarkdown } from '../rules/forge-text.ts';
import { OURS_BEGINS, OURS_ENDS } from '../rules/pull-requests.ts';
import type { ReportChange } from './changes.ts';
import { CRITERION_WORDS, TESTS_WORDS } from './criteria.ts';
import { remainderTexts } from './remainder.ts';
import { figureRows } from './report-markdown.ts';
import type { Report } from './report-shape.ts';
import { votesText } from './votes.ts';
import { costText, countText, groupText, plain, shortCommit } from './words.ts';

/** GitHub takes 65,536 characters. */
export const PULL_BODY_MAX = 60_000;
const TITLE_MAX = 110;
/** What everything but the changes may take. */
const REST_MAX = 20_000;

/** What the pull request answers, where an issue asked for it. */
export interface Asker {
  readonly number: number;
  readonly url: string;
}

/** The first line of what was asked. */
export function pullTitle(request: string, run: string): string {
  const line = request.split(/\r?\n/).find((each) => plain(each) !== '') ?? `What ${run} landed`;
  return harmless(line.replace(/^[#>*\-\s]+/, ''), TITLE_MAX);
}

/** One pull request of a stack. */
export interface StackPart {
  readonly task: string;
  /** The pull request it stands on. */
  readonly below?: number;
  /** Its branch was put together for it: the gate ran on this commit, which has all that landed. */
  readonly testedAs?: string;
}

export function pullBody(
  report: Report,
  about: { readonly asker?: Asker; readonly part?: StackPart } = {},
): string {
  const { part, asker } = about;
  const told = part ? onlyOf(report, part.task) : report;
  const before = [head(told, asker, part), doubts(told, part), asked(told)].flat();
  const after = [answers(told), left(told), undoing(told), figures(told)].flat();
  const rest = cut(after.join('\n'), REST_MAX);
  const room = PULL_BODY_MAX - cut(before.join('\n'), REST_MAX).length - rest.length - 400;
  return [
    OURS_BEGINS,
    cut(before.join('\n'), REST_MAX),
    ...changes(told, room),
    rest,
    OURS_ENDS,
    '',
    trailer(told),
  ].join('\n');
}

/** A part of a stack tells of its own task. */
function onlyOf(report: Report, task: string): Report {
  return {
    ...report,
    changes: report.changes.filter((one) => one.task === task),
    list: report.list.filter((one) => one.task === task),
  };
}

/** Whole lines, and what was cut is said. */
function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const end = text.lastIndexOf('\n', max - 100);
  return `${text.slice(0, Math.max(0, end))}\n\n(The rest is in the report: \`swarm report\`.)\n`;
}

function head(r: Report, asker: Asker | undefined, part: StackPart | undefined): string[] {
  const closes = r.verdict === 'complete' ? 'Closes' : 'For';
  return [
    `**${r.verdict === 'complete' ? 'Complete' : r.verdict === 'open' ? 'Still open' : 'Incomplete'}**: ${harmlessMarkdown(r.ending, 1_000)}.`,
    ...(asker ? ['', `${closes} #${asker.number}.`] : []),
    ...(part?.below === undefined ? [] : ['', `It stands on #${part.below}: merge that one first.`]),
    '',
  ];
}

/** Everything that speaks against merging it unread. */
function doubts(r: Report, part: StackPart | undefined): string[] {
  const unverified = r.list.filter((t) => t.state === 'landed' && t.verified === 'unverified');
  const open = (r.criteria ?? []).filter(({ verdict }) => verdict !== 'verified');
  const delicate = r.changes.filter(({ touches }) => touches.length > 0);
  const rows = [
    ...(r.isGated && part?.testedAs !== undefined
      ? [
          `This branch was put together for review: the gate ran on all that landed, as ${shortCommit(part.testedAs as CommitId)}, and **not on this alone**.`,
        ]
      : []),
    ...(r.isGated ? [] : ['There was **no gate**: nothing that landed was tested.']),
    ...(r.green === false ? ['The checks **fail** on this head.'] : []),
    ...(r.green === 'unknown' ? ['Nobody ran the full checks on this head.'] : []),
    ...r.shortfalls.slice(0, 20).map((one) => harmlessMarkdown(one, 500)),
    ...unverified.slice(0, 30).map((t) => `\`${t.task}\` ${harmlessMarkdown(t.title)} is **unverified**`),
    ...open
      .slice(0, 30)
      .map(
        (one) =>
          `${CRITERION_WORDS[one.verdict]}: ${harmlessMarkdown(one.text)}${one.why && `: ${harmlessMarkdown(one.why)}`}`,
      ),
    ...delicate.slice(0, 30).map(
      (c) =>
        `\`${c.task}\` **touches the gate, or what is protected**: ${c.touches
          .slice(0, 5)
          .map(({ path }) => code(path))
          .join(', ')}`,
    ),
    ...r.findings.slice(0, 20).map((one) => `fails: ${harmlessMarkdown(one.signature)}`),
    ...(r.alarms ?? [])
      .slice(0, 20)
      .map((one) => `**A secret** was held back from ${one.attempt}: ${harmlessMarkdown(one.detail)}`),
  ];
  if (rows.length === 0) return ['### Not verified', '', 'Nothing that is known of.', ''];
  return ['### Not verified, or worth a look', '', ...rows.map((row) => `- ${row}`), ''];
}

function asked(r: Report): string[] {
  const lines = r.request === '' ? ['no request'] : [harmlessMarkdown(r.request, 2_000)];
  const quote = lines.map((line) => `> ${line}`);
  return quote.join('').length > 400
    ? folded('What was asked', quote)
    : ['### What was asked', '', ...quote, ''];
}

function changes(r: Report, room: number): string[] {
  if (r.changes.length === 0) return ['### What landed', '', 'Nothing.', ''];
  const told: string[] = [];
  let size = 0;
  for (const [i, one] of r.changes.entries()) {
    const text = change(one, i).join('\n');
    if (size + text.length > room) break;
    size += text.length + 1;
    told.push(text);
  }
  const more = r.changes.length - told.length;
  return [
    '### What landed, what to look at first on top',
    '',
    ...told,
    ...(more > 0 ? [`and ${countText(more, 'more change')}; \`swarm report\` tells of all.`, ''] : []),
  ];
}

function change(c: ReportChange, i: number): string[] {
  const size = `${countText(c.files, 'file')}, +${c.linesAdded} −${c.linesRemoved}`;
  const named = c.paths.slice(0, 8).map(code);
  const moreFiles = c.files > named.length ? ` and ${c.files - named.length} more` : '';
  const rows = [
    `asked for by ${harmlessMarkdown(c.reason)}`,
    `commit ${shortCommit(c.commit)}`,
    ...(named.length > 0 ? [`files: ${named.join(', ')}${moreFiles}`] : []),
    ...c.touches.slice(0, 8).map(({ path, why }) => `**touches** ${code(path)}: ${harmlessMarkdown(why)}`),
    ...(c.outside > 0 ? [`${countText(c.outside, 'path')} outside its scope`] : []),
    ...(c.dependents.length > 0 ? [`built on by ${c.dependents.slice(0, 10).join(', ')}`] : []),
    ...c.evidence.slice(0, 10).map((one) => harmlessMarkdown(one, 400)),
    ...(c.tests ? [`its tests ${TESTS_WORDS[c.tests.says]}: ${harmlessMarkdown(c.tests.detail)}`] : []),
    `${countText(c.attempts, 'attempt')}, ${groupText(c.tokens)} tokens, ${costText(c.costUsd, c.priced)}; undo: \`${c.undo}\``,
  ];
  // In a summary Markdown is not read: what is escaped for HTML is enough, and nothing else is.
  const title = `<b>${i + 1}. ${c.task}</b> ${html(c.title)}: ${c.verified}; ${size}`;
  return [
    '<details>',
    `<summary>${title}</summary>`,
    '',
    ...rows.map((row) => `- ${row}`),
    '',
    '</details>',
    '',
  ];
}

function answers(r: Report): string[] {
  const given = r.list.filter((t) => t.answer !== undefined);
  return given.slice(0, 20).flatMap((t) =>
    folded(
      `Answer of ${t.task}: ${t.title}`,
      t
        .answer!.split('\n')
        .slice(0, 200)
        .map((line) => `> ${harmlessMarkdown(line, 1_000)}`.trimEnd()),
    ),
  );
}

/** What did not land, and what nobody began. */
function left(r: Report): string[] {
  const failed = r.list.filter((t) => t.state === 'failed' || t.state === 'cancelled');
  const rows = [
    ...failed
      .slice(0, 50)
      .map(
        (t) =>
          `${t.task} ${harmlessMarkdown(t.title)}: ${t.state}${t.why ? `: ${harmlessMarkdown(t.why)}` : ''}`,
      ),
    ...(r.remainder
      ? remainderTexts(r.remainder)
          .slice(0, 20)
          .map((one) => harmlessMarkdown(one, 500))
      : []),
    ...r.list
      .flatMap((t) => (t.votes ? [`${t.task}: ${harmlessMarkdown(votesText(t.votes), 500)}`] : []))
      .slice(0, 50),
  ];
  return rows.length === 0
    ? []
    : folded(
        `What did not land, and what reviewers said (${rows.length})`,
        rows.map((row) => `- ${row}`),
      );
}

function undoing(r: Report): string[] {
  if (r.changes.length === 0) return [];
  return [
    '### How to undo',
    '',
    `Each change is a commit of its own: \`${r.changes[0]!.undo}\` takes one back with a commit that passes the gate, \`swarm undo --run ${r.run}\` all of them. Once this is merged: \`git revert\` of the merge.`,
    '',
  ];
}

const figures = (r: Report): string[] =>
  folded('Figures', [
    '| | |',
    '|---|---|',
    ...figureRows(r).map(([name, value]) => `| ${name} | ${harmlessMarkdown(value)} |`),
    `| run | \`${r.run}\` |`,
  ]);

/** The last line: a squash that takes the description as its message is still known as the run's, by `swarm explain`. */
const trailer = ({ run }: Report): string => `Swarm-Run: ${run}`;

const folded = (title: string, lines: readonly string[]): string[] => [
  '<details>',
  `<summary>${html(title)}</summary>`,
  '',
  ...lines,
  '',
  '</details>',
  '',
];

const html = (text: string): string =>
  harmless(text, 200)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/[`*_[\]|]/g, (c) => `&#${c.charCodeAt(0)};`);

/** A path as code: nothing in it is read by a forge. */
const code = (path: string): string =>
  path.includes('`') ? harmlessMarkdown(path) : `\`${plain(path, 200)}\``;

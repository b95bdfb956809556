/** What landed, for whoever reviews it: the changes to look at first, first. Everything others wrote is escaped. */
import type { ReportChange } from './changes.ts';
import { TESTS_WORDS } from './criteria.ts';
import type { Report } from './report.ts';
import { codeText, costText, countText, groupText, markdownText, shortCommit } from './words.ts';

/** Most changes told one by one. */
const CHANGES_MAX = 200;

export function changesPart({ changes }: Report): string[] {
  if (changes.length === 0) return [];
  const more = changes.length - CHANGES_MAX;
  return [
    'What landed, what to look at first on top:',
    '',
    ...changes.slice(0, CHANGES_MAX).flatMap(change),
    ...(more > 0 ? [`and ${countText(more, 'more change')}; report.json has them all`] : []),
    '',
  ];
}

function change(c: ReportChange, i: number): string[] {
  const size = `${countText(c.files, 'file')}, +${c.linesAdded} −${c.linesRemoved}`;
  const title = `${i + 1}. **${c.task}** ${markdownText(c.title)} (${codeText(shortCommit(c.commit))}): ${c.verified}; ${size}`;
  const touched = c.touches.map(({ path, why }) => `${codeText(path)} (${markdownText(why)})`);
  const named = c.paths.slice(0, 5).map((path) => codeText(path));
  const moreFiles = c.files > named.length ? ` and ${c.files - named.length} more` : '';
  const rows = [
    `asked for by ${markdownText(c.reason)}`,
    ...(named.length > 0 ? [`files: ${named.join(', ')}${moreFiles}`] : []),
    ...(touched.length > 0 ? [`**touches the gate, or what is protected**: ${touched.join('; ')}`] : []),
    ...(c.outside > 0 ? [`${countText(c.outside, 'path')} outside its scope`] : []),
    ...(c.dependents.length > 0 ? [`built on by ${c.dependents.slice(0, 10).join(', ')}`] : []),
    ...c.evidence.slice(0, 10).map((one) => markdownText(one, 400)),
    ...(c.tests ? [`its tests ${testsWord(c.tests.says)}: ${markdownText(c.tests.detail)}`] : []),
    ...(c.votes ? [`votes: ${c.votes.map(voteText).join(', ')}`] : []),
    `${countText(c.attempts, 'attempt')}, ${groupText(c.tokens)} tokens, ${costText(c.costUsd, c.priced)}; undo: ${codeText(c.undo)}`,
  ];
  return [title, ...rows.map((row) => `   - ${row}`)];
}

const testsWord = (says: keyof typeof TESTS_WORDS): string =>
  says === 'nothing' ? `**${TESTS_WORDS[says]}**` : TESTS_WORDS[says];

const voteText = ({ reviewer, vote, confidence }: NonNullable<ReportChange['votes']>[number]): string =>
  `${markdownText(reviewer, 100)} ${vote}${vote === 'abstain' ? '' : ` (${Math.round(confidence * 100)} %)`}`;

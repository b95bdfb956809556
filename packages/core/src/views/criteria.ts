/** What a run was held against, in the same words wherever it is told. */
import type { AcceptanceVerdict, CriterionTry } from '../model/acceptance.ts';
import type { TestsTried } from '../model/handoff.ts';
import { countStandings, type Standing, type StandingCounts, standings } from '../rules/criteria.ts';
import type { State } from '../state.ts';
import { plain, shortCommit } from './words.ts';

export const CRITERION_WORDS: Readonly<Record<AcceptanceVerdict, string>> = {
  verified: 'verified',
  unverified: 'unverified',
  failed: 'failed',
  'tells-nothing': 'tells nothing',
};

/** What the tests of a change came to on the sources before it. */
export const TESTS_WORDS: Readonly<Record<TestsTried['says'], string>> = {
  proves: 'fail without its change',
  nothing: 'prove nothing',
  unknown: 'were not tried without its change',
};

/** Those that matter most stand first. */
const ORDER: readonly AcceptanceVerdict[] = ['failed', 'tells-nothing', 'unverified', 'verified'];

export const worstFirst = (all: readonly Standing[]): readonly Standing[] =>
  ORDER.flatMap((verdict) => all.filter((one) => one.verdict === verdict));

/** Texts of tasks that no machine can check are told with the task: a run with nothing else is not called unverified. */
const isTold = ({ task, check, verdict }: Standing): boolean =>
  task === undefined || check.kind !== 'text' || verdict !== 'unverified';

export function toldStandings(s: State): readonly Standing[] {
  return standings(s).filter(isTold);
}

/** `2 of 3 criteria verified, 1 tells nothing`; undefined where there are none. */
export function criteriaText(s: State): string | undefined {
  const all = toldStandings(s);
  return all.length === 0 ? undefined : countsText(countStandings(all));
}

function countsText(counts: StandingCounts): string {
  const { all, verified } = counts;
  const rest = ORDER.filter((verdict) => verdict !== 'verified' && counts[verdict] > 0).map((verdict) =>
    verdict === 'tells-nothing'
      ? `${counts[verdict]} ${counts[verdict] === 1 ? 'tells' : 'tell'} nothing`
      : `${counts[verdict]} ${CRITERION_WORDS[verdict]}`,
  );
  return [`${verified} of ${all} ${all === 1 ? 'criterion' : 'criteria'} verified`, ...rest].join(', ');
}

/** `failed: t1: “the build passes” (npm run build, at 1f9bcdc4e0): ended with 1`. */
export function standingText({ task, text, verdict, why, by, commit }: Standing): string {
  const of = task === undefined ? '' : `${task}: `;
  const seen = by === undefined ? '' : ` (${plain(by, 120)}${commit ? ` at ${shortCommit(commit)}` : ''})`;
  return `${CRITERION_WORDS[verdict]}: ${of}“${plain(text, 200)}”${seen}${why === '' ? '' : `: ${plain(why, 240)}`}`;
}

/** What the look at the base said, for the log. */
export function triedText(results: readonly CriterionTry[]): string {
  const holding = results.filter(({ end }) => end === 'holds');
  const cannot = results.filter(({ end }) => end === 'cannot');
  const named = (some: readonly CriterionTry[]): string =>
    some
      .slice(0, 5)
      .map(({ criterion }) => `“${plain(criterion, 80)}”`)
      .join(', ');
  const parts = [
    ...(holding.length > 0
      ? [
          `${holding.length} ${holding.length === 1 ? 'holds there already and tells' : 'hold there already and tell'} nothing: ${named(holding)}`,
        ]
      : []),
    ...(cannot.length > 0 ? [`${cannot.length} cannot be tried there: ${named(cannot)}`] : []),
  ];
  const count = results.length === 1 ? '1 criterion' : `${results.length} criteria`;
  const all = `${count} tried on the base, before any work`;
  return `${all}: ${parts.length === 0 ? 'none holds there yet' : parts.join('; ')}`;
}

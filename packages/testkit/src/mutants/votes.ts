/** Votes on changes. */
import { core, type MutantTable } from './mutant.ts';

const VOTED = ['reviewed'] as const;
const TESTS = ['core/src/decisions/reviews.test.ts', 'core/src/rules/reviews.test.ts'];

export const VOTE_MUTANTS: MutantTable = {
  'lands-another-change': {
    means: 'what was voted for lands as whatever it has become',
    focus: [...VOTED, 'human'],
    tests: TESTS,
    patches: [core('reviewersAreAsked(s) ? members.find(', 'reviewersAreAsked(s) && !members ? [].find(')],
  },
  'votes-not-asked': {
    means: 'what is handed in waits to land without votes',
    focus: VOTED,
    tests: TESTS,
    patches: [
      core(
        'return isHeldBack(t) ? [] : reviewOf(s, c.attempt, c.handoff!.change!);',
        'return isHeldBack(t) ? [] : reviewOf(s, c.attempt, c.handoff!.change!).slice(1);',
      ),
      core('reviewersAreAsked(s) ? members.find(', 'reviewersAreAsked(s) && !members ? [].find('),
    ],
  },
  'vote-on-another-counts': {
    means: 'a vote on an older commit counts for the present one',
    focus: VOTED,
    tests: TESTS,
    patches: [
      core("if (c.commit !== review.commit) return refuse('late'", "if (!c.commit) return refuse('late'"),
    ],
  },
  'votes-twice': {
    means: 'a reviewer votes as often as they like',
    focus: VOTED,
    tests: TESTS,
    patches: [core('if (review.votes.some(({ reviewer }) => reviewer === c.reviewer))', 'if (!s)')],
  },
  'block-is-a-vote': {
    means: 'a block counts as one vote against',
    focus: VOTED,
    tests: TESTS,
    patches: [core("if (said.some(({ vote }) => vote === 'block')) return 'rejected';", '')],
  },
  'silence-counts': {
    means: 'whoever abstains counts for the quorum',
    focus: VOTED,
    tests: TESTS,
    patches: [core('if (said.length < Math.max(1, quorum))', 'if (votes.length < Math.max(1, quorum))')],
  },
  'tie-approves': {
    means: 'a tie is enough',
    focus: VOTED,
    tests: TESTS,
    patches: [
      core("return isEnough && 2 * yes > all ? 'approved'", "return isEnough && 2 * yes >= all ? 'approved'"),
    ],
  },
  'work-under-review-tidied': {
    means: 'a sweep removes work that is voted on',
    focus: VOTED,
    patches: [
      {
        in: 'orchestrator',
        find: 'for (const id of state.byState.reviewing) yield',
        put: 'for (const id of [...state.byState.reviewing].slice(0, 0)) yield',
      },
    ],
  },
};

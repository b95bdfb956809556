/** What a run is held against. */
import { core, type MutantTable } from './mutant.ts';

const HELD = ['held'] as const;
const TESTS = ['core/src/rules/criteria.test.ts', 'core/src/decisions/acceptance.test.ts'];

export const CRITERIA_MUTANTS: MutantTable = {
  'base-counts-as-shown': {
    means: 'a criterion that held before any work counts as verified',
    focus: HELD,
    tests: TESTS,
    patches: [
      core("return 'tells-nothing';", "return 'verified';"),
      core("s.triedCriteria.get(criterionKey(task, criterion))?.end !== 'fails')", 's.closed)'),
    ],
  },
  'closes-unlooked-at': {
    means: 'a run closes on a head on which nobody looked at what it is held against',
    focus: HELD,
    tests: TESTS,
    patches: [core('isJudgedAt(end) && criteriaAreDue(s)', 'isJudgedAt(end) && !s && criteriaAreDue(s)')],
  },
};

/** Several that try one task. */
import { core, type MutantTable } from './mutant.ts';

const TRIED = ['tried'] as const;
const TESTS = ['core/src/decisions/contest.test.ts'];

export const CONTEST_MUTANTS: MutantTable = {
  'contest-decided-early': {
    means: 'of several that try a task one is taken while others are at work',
    focus: TRIED,
    tests: TESTS,
    patches: [
      core(
        'if (all.length === 0 || !open.every((one) => isLeftOut(s, one))) return undefined;',
        'if (all.length === open.length) return undefined;',
      ),
    ],
  },
  'contest-held-back-by-nobody': {
    means: 'whatever one of several hands in goes to the merge queue at once',
    focus: TRIED,
    tests: TESTS,
    patches: [core("const state = isHeldBack(t) ? 'contending' : 'complete';", "const state = 'complete';")],
  },
  'contest-largest-taken': {
    means: 'of several changes that hold the largest is taken',
    focus: TRIED,
    tests: ['core/src/rules/picking.test.ts'],
    patches: [core('of: ({ lines }) => lines,', 'of: ({ lines }) => -lines,')],
  },
  'contest-partial-taken': {
    means: 'half of a task goes before all of it, where it is smaller',
    focus: [...TRIED, 'care'],
    tests: ['core/src/rules/picking.test.ts'],
    patches: [core('of: ({ isWhole }) => sign(isWhole),', 'of: () => 0,')],
  },
  'contest-budget-each': {
    means: 'each of several that try a task may use all of its budget',
    focus: TRIED,
    tests: TESTS,
    patches: [
      core(
        'return plan?.contest ? plan.parts.map((id) => s.tasks.get(id)!) : [t];',
        'return plan?.contest && s.seq < 0 ? plan.parts.map((id) => s.tasks.get(id)!) : [t];',
      ),
    ],
  },
  'contest-rounds-unbounded': {
    means: 'where none of several hands anything in, all try again without end',
    focus: TRIED,
    tests: TESTS,
    patches: [core('if (rounds <= 0 || taskSpent', 'if (rounds <= -20 || taskSpent')],
  },
  'loser-tried-again': {
    means: 'one that lost is tried again beside the one that was taken',
    focus: [...TRIED, 'operator'],
    tests: TESTS,
    patches: [
      core("if (t.source.by === 'candidates') return refuse(", "if (t.source.by === 'land') return refuse("),
    ],
  },
};

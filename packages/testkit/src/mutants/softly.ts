/** What a budget does that lands softly, and what it leaves behind. */
import { core, type MutantTable } from './mutant.ts';

const REFUSED = "return refuse('not-ready', 'the budget is near its end: nothing new opens');";

export const SOFT_MUTANTS: MutantTable = {
  'soft-opens-tasks': {
    means: 'near the end of the budget tasks of the plan go on to begin',
    focus: ['soft', 'metered'],
    tests: ['core/src/rules/soft-landing.test.ts'],
    patches: [
      core(
        's.spending.neared === undefined || isHealing(task);',
        's.spending.neared === undefined || s !== undefined || isHealing(task);',
      ),
    ],
  },
  'soft-plans-on': {
    means: 'near the end of the budget the planner is asked for more',
    focus: ['soft', 'planner', 'metered'],
    tests: ['core/src/rules/soft-landing.test.ts'],
    patches: [
      core('const planning = isHalted || isNear ?', 'const planning = isHalted ?'),
      core(`if (s.spending.neared) ${REFUSED} if (s.paused`, 'if (s.paused'),
    ],
  },
  'soft-said-late': {
    means: 'the budget is said to be near when all of it is used',
    focus: ['soft', 'metered'],
    tests: ['core/src/rules/soft-landing.test.ts'],
    patches: [core('tokensSpent(s.spending) >= soft * tokens', 'tokensSpent(s.spending) >= tokens')],
  },
  'soft-keeps-nothing': {
    means: 'nothing of the budget is kept for the target',
    focus: ['soft', 'metered'],
    tests: ['core/src/rules/soft-landing.test.ts'],
    patches: [core('const share = (1 - soft) / 2;', 'const share = (soft - soft) / 2;')],
  },
  'soft-closes-red': {
    means: 'a run that lands softly closes while something is to be mended',
    focus: ['soft', 'checks', 'metered'],
    tests: ['core/src/rules/soft-landing.test.ts'],
    patches: [
      core(
        'if (s.paused ? !reached : isMending(s, at)) return undefined;',
        'if (s.paused && !reached && isMending(s, at)) return undefined;',
      ),
    ],
  },
  'soft-closes-unseen': {
    means: 'a run that lands softly closes on a head nobody checked',
    focus: ['soft', 'checks', 'metered'],
    tests: ['core/src/rules/soft-landing.test.ts'],
    patches: [core('if (!isBusy(s) || isAtRest(s)) return { is: true', 'if (!isBusy(s)) return { is: true')],
  },
  'soft-undoes-nothing': {
    means: 'at the end of the budget a landing that broke the target stays',
    focus: ['soft', 'checks', 'metered'],
    tests: ['core/src/rules/soft-landing.test.ts'],
    patches: [
      core(
        'failedFixes(s, signature).length >= after || isLeftToUndo(s, signature);',
        'failedFixes(s, signature).length >= after || (isLeftToUndo(s, signature) && after < 0);',
      ),
    ],
  },
};

/** Who pays for the end of a budget, and what each role may use of it. */
import { core, type MutantTable } from './mutant.ts';

export const SPENDING_MUTANTS: MutantTable = {
  'role-unbounded': {
    means: 'a role may use what is there of the whole, whatever its own part is',
    focus: ['roled', 'planner'],
    tests: ['core/src/rules/budget.test.ts'],
    patches: [
      core(
        'tokens: Math.min(whole.tokens, tokens - spent.tokens - reserved.tokens),',
        'tokens: tokens > 0 ? whole.tokens : spent.tokens - reserved.tokens,',
      ),
    ],
  },
  'role-spends-for-another': {
    means: 'what a planner of parts uses counts as the run planner’s',
    focus: ['split', 'roled', 'planner'],
    tests: ['core/src/rules/budget.test.ts'],
    patches: [
      core("owner === undefined ? 'planner' : 'subplanner';", "owner === undefined ? 'planner' : 'planner';"),
    ],
  },
  'task-pays-for-the-run': {
    means: 'an attempt that met the end of the run’s budget counts against its task',
    focus: ['metered'],
    tests: ['core/src/decisions/attempts.test.ts'],
    patches: [
      core(
        "if (reason !== 'token-limit' && reason !== 'money-limit') return undefined;",
        "if (reason !== 'money-limit' || !s) return undefined;",
      ),
    ],
  },
  'run-pays-for-the-task': {
    means: 'an attempt that met its own limit counts as ended by the run’s budget',
    focus: ['metered'],
    tests: ['core/src/decisions/attempts.test.ts'],
    patches: [core('reserved[which] < own && left < floor', 'reserved[which] < own && left < floor * 1e6')],
  },
  'budget-reached-early': {
    means: 'the budget is said to be used up while some of it may come back',
    focus: ['bounded'],
    tests: ['core/src/rules/budget.test.ts'],
    patches: [core('if (!nothingReserved) return undefined;', '')],
  },
  'starts-past-the-budget': {
    means: 'attempts start after the budget was said to be used up',
    tests: ['core/src/decisions/attempts.test.ts'],
    patches: [
      core(
        'const isHalted = s.paused !== undefined || s.spending.reached !== undefined || budget !== undefined;',
        'const isHalted = s.paused !== undefined;',
      ),
      core(
        "if (s.paused || s.stopped || s.spending.reached) return refuse('not-ready', 'nothing new starts now'); if (t.state",
        "if (s.paused || s.stopped) return refuse('not-ready', 'nothing new starts now'); if (t.state",
      ),
    ],
  },
};

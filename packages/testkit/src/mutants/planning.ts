/** What a planner is told, and what it wrote down of the request. */
import { core, type MutantTable, orchestrator } from './mutant.ts';

export const PLANNING_MUTANTS: MutantTable = {
  'met-by-word': {
    means: 'a requirement counts as met because the planner says so, whatever became of its tasks',
    tests: ['core/src/rules/outcome.test.ts'],
    patches: [
      core(
        "status === 'met' && (tasks.length === 0 || tasks.some((id) => isSatisfied(s.tasks.get(id)!.state)))",
        "status === 'met'",
      ),
    ],
  },
  'told-again': {
    means: 'a planner is told all it knows again in each iteration',
    tests: ['orchestrator/src/planning/plan-context.test.ts', 'orchestrator/src/planning/briefing.test.ts'],
    patches: [orchestrator('if (known?.text === part.text) return { lines: [], before: 0 };', '')],
  },
  'too-long-is-the-end': {
    means: 'a planner’s request that is longer than the window is not asked again, shorter',
    tests: ['orchestrator/src/planning/planner.test.ts'],
    patches: [
      orchestrator(
        'if (!isTooLong || halves >= HALVES_MAX || !halve(messages)) return result;',
        'if (halves >= 0) return result;',
      ),
    ],
  },
};

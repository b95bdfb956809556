/** Tasks that are split, and their parts. */
import { core, type MutantTable, orchestrator } from './mutant.ts';

const SPLIT = ['split', 'planner'] as const;

export const SPLIT_MUTANTS: MutantTable = {
  'part-outside-its-whole': {
    means: 'a part may touch what its whole was not given',
    focus: SPLIT,
    tests: ['core/src/decisions/splits.test.ts'],
    patches: [core('return outside.length === 0', 'return outside.length >= 0')],
  },
  'split-holds-a-worker': {
    means: 'a task that is split is worked on beside its parts',
    focus: SPLIT,
    patches: [
      orchestrator(
        "if (this.#isSplit(task)) return 'split';",
        "if (this.#isSplit(task) && reserved.tokens < 0) return 'split';",
      ),
      core(
        "if (s.paused || s.stopped || s.spending.reached) return refuse('not-ready', 'nothing new starts now'); if (t.state !== 'pending')",
        "if (s.paused || s.stopped || s.spending.reached) return refuse('not-ready', 'nothing new starts now'); if (t.state !== 'pending' && t.state !== 'expanded')",
      ),
      core("expanded: ['pending',", "expanded: ['pending', 'assigned',"),
    ],
  },
  'gathered-early': {
    means: 'a task that is split ends while parts of it are at work',
    focus: SPLIT,
    tests: ['core/src/decisions/splits.test.ts'],
    patches: [
      core('|| isUndecided(plan) || !isAllOver(s, plan) || reason', '|| isUndecided(plan) || reason'),
    ],
  },
  'gathered-as-whole': {
    means: 'a task of which parts failed counts as complete',
    focus: SPLIT,
    tests: ['core/src/rules/splitting.test.ts'],
    patches: [core('return failed + cancelled + partial === 0 && isSaidDone', 'return isSaidDone')],
  },
  'cut-says-done': {
    means: 'an answer that breaks off is believed when it says that this is all',
    focus: [...SPLIT, 'model'],
    patches: [
      core(
        "if (e.outcome === 'planned') { for (const { kind }",
        "if (e.outcome === 'planned' || e.outcome === 'cut') { for (const { kind }",
      ),
    ],
  },
  'depth-unbounded': {
    means: 'parts are split without end',
    focus: SPLIT,
    tests: ['core/src/decisions/splits.test.ts'],
    patches: [core('if (depthOf(s, task.id) >= allowed)', 'if (depthOf(s, task.id) >= allowed + 20)')],
  },
  'parts-unbounded': {
    means: 'a task is split into more parts than it may have',
    focus: SPLIT,
    tests: ['core/src/decisions/splits.test.ts'],
    patches: [core('parts.length + acceptedNow >= PARTS_MAX', 'parts.length + acceptedNow >= PARTS_MAX * 9')],
  },
  'part-waits-for-its-whole': {
    means: 'a part may depend on what waits for it',
    focus: SPLIT,
    tests: ['core/src/decisions/splits.test.ts'],
    patches: [core('if (targets.has(id)) return true;', '')],
  },
  'parts-left-alive': {
    means: 'parts of a task that is given up go on',
    focus: [...SPLIT, 'operator'],
    tests: ['core/src/decisions/splits.test.ts'],
    patches: [
      core(
        'const parts = giveUpParts(s, t.id,',
        'const parts = s.tasks.size > 0 ? [] : giveUpParts(s, t.id,',
      ),
    ],
  },
  'labels-shared': {
    means: 'a label means the same task to every planner',
    focus: SPLIT,
    tests: ['core/src/decisions/splits.test.ts'],
    patches: [
      core('(plan?.labels ?? s.labels).set(source.label, task);', 's.labels.set(source.label, task);'),
      core(
        'return plan?.labels.get(label) ?? plan?.parts.find((part) => part === label); } if',
        'return s.labels.get(label) ?? plan?.parts.find((part) => part === label); } if',
      ),
    ],
  },
};

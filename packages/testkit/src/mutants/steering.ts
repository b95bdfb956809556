/** What the operator steers, and what workers note. */
import { core, type MutantTable } from './mutant.ts';

export const STEERING_MUTANTS: MutantTable = {
  'note-lost': {
    means: 'a note is set over one that its author has not seen',
    focus: ['operator'],
    tests: ['core/src/decisions/notes.test.ts'],
    patches: [core('if (version !== now)', 'if (version < 0)')],
  },
  'role-over-its-ceiling': {
    means: 'more of a role work than the operator said',
    focus: ['operator'],
    tests: ['core/src/decisions/urgency.test.ts'],
    patches: [
      core(
        "if (roleRoom(s, role) <= 0) return refuse('not-ready', `all",
        "if (roleRoom(s, role) < 0) return refuse('not-ready', `all",
      ),
      core('return Math.max(0, most - atWork(s, role));', 'return Math.max(0, 2 * most - atWork(s, role));'),
    ],
  },
};

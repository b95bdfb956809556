/** Tasks that go through several hands, and workers that are not alike. */
import { core, type MutantTable } from './mutant.ts';

export const HAND_MUTANTS: MutantTable = {
  'steps-side-by-side': {
    means: 'the steps of a pipeline do not wait for one another',
    focus: ['piped'],
    tests: ['core/src/rules/pipeline.test.ts'],
    patches: [core('const before = i === 0 ?', 'const before = i >= 0 ?')],
  },
  'tester-anywhere': {
    means: 'a tester may change the work it tests',
    focus: ['piped'],
    tests: ['core/src/rules/pipeline.test.ts'],
    patches: [core('return paths.filter((path) => !isTestPath(path));', 'return [];')],
  },
  'worker-unable': {
    means: 'a task starts on a worker that lacks what it asks for',
    focus: ['staffed'],
    tests: ['core/src/rules/distribute.test.ts'],
    patches: [
      core(
        'return wants.find((wanted) => !has.some',
        'return wants.find((wanted) => has.length < 0 && !has.some',
      ),
    ],
  },
  'worker-taken-twice': {
    means: 'a worker that is at work is given a second task',
    focus: ['staffed'],
    tests: ['core/src/rules/distribute.test.ts'],
    patches: [
      core('.filter((worker) => !busy.has(worker))', '.filter((worker) => worker !== undefined)'),
      core('const isTaken = [...s.liveAttempts]', 'const isTaken = s.seq < 0 && [...s.liveAttempts]'),
    ],
  },
};

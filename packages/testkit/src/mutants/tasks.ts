/** Tasks, attempts, planning and workers. */
import { core, type MutantTable, orchestrator } from './mutant.ts';

export const TASK_MUTANTS: MutantTable = {
  'dependency-not-waited-for': {
    means: 'a task starts before what it depends on is there',
    patches: [
      orchestrator(
        'const isReady = waitsForOf(this.#state, task.spec) === undefined;',
        'const isReady = true;',
      ),
      core(
        'workers are taken`); const waitsFor = waitsForOf(s, t.spec);',
        'workers are taken`); const waitsFor = undefined as TaskId | undefined;',
      ),
    ],
  },
  'dependency-on-work-unlanded': {
    means: 'a dependency counts as there once it is handed in',
    tests: ['core/src/rules/ready-queue.test.ts', 'core/src/decisions/attempts.test.ts'],
    patches: [
      core(
        'isSatisfied = (s: TaskStateName): boolean =>',
        "isSatisfied = (s: TaskStateName): boolean => s === 'complete' ||",
      ),
    ],
  },
  'dependents-left': {
    means: 'what depends on a task that failed is left waiting',
    tests: ['core/src/decisions/tasks.test.ts', 'core/src/decisions/attempts.test.ts'],
    patches: [
      core(
        "isWaiting = ({ state }: Task): boolean => state === 'pending'",
        "isWaiting = ({ state }: Task): boolean => state === 'landed'",
      ),
    ],
  },
  'orphans-left': {
    means: 'a task that is tried again waits for a dependency that was taken back',
    tests: ['core/src/decisions/tasks.test.ts'],
    patches: [core('if (!gone) return []; const detail', 'if (!gone || t.id) return []; const detail')],
  },
  'retry-uncounted': {
    means: 'an attempt that failed is not counted',
    tests: ['core/src/fold.test.ts'],
    patches: [core('counted: t.counted + (rule.counts ? 1 : 0), ...(work', 'counted: t.counted, ...(work')],
  },
  'rejection-uncounted': {
    means: 'a handoff that was rejected is not counted',
    tests: ['core/src/fold.test.ts'],
    patches: [core('counted: t.counted + (counts ? 1 : 0)', 'counted: t.counted')],
  },
  'outage-counted': {
    means: 'an attempt that met no model counts against its task',
    tests: ['core/src/rules/policy.test.ts'],
    patches: [core("'model-down': { counts: false", "'model-down': { counts: true")],
  },
  'crash-counted': {
    means: 'an attempt that a crash ended counts against its task',
    tests: ['core/src/rules/policy.test.ts'],
    patches: [core('lost: { counts: false', 'lost: { counts: true')],
  },
  'one-attempt-less': {
    means: 'a task is given up with an attempt left',
    patches: [
      core(
        'return rule.retries && attemptsLeft(t, limits) - (rule.counts ? 1 : 0) > 0;',
        'return rule.retries && attemptsLeft(t, limits) - (rule.counts ? 1 : 0) > 1;',
      ),
    ],
  },
  'numbers-reused': {
    means: 'a next attempt takes the number of the last one',
    patches: [
      core(
        'attempt: attemptId(c.task, t.attempts + 1),',
        'attempt: attemptId(c.task, Math.max(1, t.attempts)),',
      ),
    ],
  },
  'late-report-counts': {
    means: 'a report of an attempt that had ended ends it again',
    focus: ['late'],
    patches: [core("if (a.state === 'ended') { return work", "if (a.state === 'ended' && !s) { return work")],
  },
  'late-start-counts': {
    means: 'an agent starts for a task that was cancelled meanwhile',
    focus: ['operator', 'slow'],
    patches: [
      core(
        "if (a.state !== 'started' || t.state !== 'assigned') return refuse('late'",
        "if (a.state !== 'started') return refuse('late'",
      ),
    ],
  },
  'lease-never-lapses': {
    means: 'attempts of a process that died count as alive',
    patches: [
      core(
        'for (const attempt of s.liveAttempts) { if (held.has(attempt)',
        'for (const attempt of new Set<AttemptId>()) { if (held.has(attempt)',
      ),
    ],
  },
  'iteration-never-lapses': {
    means: 'an iteration of a process that died counts as live',
    focus: ['planner', 'crash'],
    patches: [
      core(
        'for (const { iteration } of liveIterations(s)) {',
        'for (const { iteration } of liveIterations(s).slice(0, 0)) {',
      ),
    ],
  },
  'work-of-the-dead-left': {
    means: 'what an attempt had pushed before a crash is not taken in',
    patches: [orchestrator("if (taken.kind === 'commit') work.set(attempt, taken.commit);", '')],
  },
  'sweep-takes-the-living': {
    means: 'a sweep removes the work of attempts that are alive',
    patches: [orchestrator('yield* state.liveAttempts;', '')],
  },
  'sweep-takes-the-waiting': {
    means: 'a sweep removes work that waits to land',
    patches: [orchestrator('yield* state.queue;', '')],
  },
  'strays-left': {
    means: 'a start kills no strays of the process before',
    focus: ['crash', 'strays'],
    patches: [orchestrator('const killed = await ports.host.reap();', 'const killed = 0;')],
  },
  'cancel-does-not-stop': {
    means: 'the attempt of a cancelled task runs on to its own end',
    patches: [
      orchestrator(
        "if (!isHeld) this.#effects.stop(id, 'cancelled'); else if",
        'if (!isHeld) continue; else if',
      ),
    ],
  },
  'scope-ignored': {
    means: 'two tasks of one scope run side by side where scopes keep them apart',
    tests: ['core/src/rules/ready-queue.test.ts'],
    patches: [
      core(
        'if (!this.#isSerial) return undefined; const hit',
        'if (this.#isSerial || !this.#isSerial) return undefined; const hit',
      ),
    ],
  },
  'scope-given-back-early': {
    means: 'a task gives its scope back when its work is handed in, not when it has landed',
    patches: [
      orchestrator(
        "case 'complete': case 'contending': case 'reviewing': return this.#hold(task.id);",
        "case 'complete': case 'contending': case 'reviewing': return this.#queue.release(task.id);",
      ),
    ],
  },
  'verify-skipped': {
    means: 'a task’s own verification is not run',
    patches: [
      orchestrator(
        'if (verify !== undefined) return this.#verify(',
        "if (verify === 'never') return this.#verify(",
      ),
    ],
  },
  'dropped-work-is-done': {
    means: 'an attempt that threw earlier work away is believed when it says that the task is done',
    patches: [
      core("if (earlier === 'gone') return 'work-dropped';", ''),
      core("status === 'already_done' && earlier !== 'gone';", "status === 'already_done';"),
    ],
  },
  'fixes-filed-twice': {
    means: 'a failure gets a fix task though one is open for it',
    tests: ['core/src/decisions/tasks.test.ts'],
    patches: [
      core(
        'const id = openFixFor(s, signature); if (id) return',
        'const id = openFixFor(s, signature); if (id && !s) return',
      ),
      core('if (openFixFor(s, signature)) return undefined;', ''),
    ],
  },
  'tasks-unbounded': {
    means: 'a run accepts more tasks than its limit',
    patches: [
      core(
        'if (!known && s.tasks.size + answer.accepted >= limit)',
        'if (!known && s.tasks.size + answer.accepted >= limit * 1_000)',
      ),
      core('if (s.tasks.size >= s.run.request.limits.tasks || s.cancelled', 'if (s.cancelled'),
    ],
  },
  'cut-plan-is-whole': {
    means: 'an answer that breaks off counts as the whole plan',
    focus: ['planner', 'model'],
    patches: [
      orchestrator(
        "case 'cut': return { outcome: 'cut', detail: end.why };",
        "case 'cut': return { outcome: 'planned', detail: '' };",
      ),
    ],
  },
  'done-while-busy': {
    means: 'a planner that says done while tasks are alive is never asked again',
    tests: ['core/src/wanted.test.ts', 'core/src/fold.test.ts'],
    patches: [core('p.isDone = isDone && !isWaiting;', 'p.isDone = isDone;')],
  },
  'waiting-work-keeps-out': {
    means:
      'work that lost a race holds its files while it waits for another task, be it the one it keeps out',
    patches: [core("(state !== 'pending' || waitsForOf(s, spec) === undefined)", "(state !== 'x')")],
  },
  'broken-check-retried': {
    means: 'a task whose own check cannot be run here is tried until its attempts are used up',
    tests: ['orchestrator/src/working/worker.test.ts'],
    patches: [orchestrator('if (broken) return broken;', '')],
  },
  'check-that-tells-nothing-counts': {
    means: 'a check that passed before any work shows that the work is done',
    tests: ['core/src/views/views.test.ts'],
    patches: [
      core('(task.verifiesBase !== true || gated.has(task.commit))', 'task.verifiesBase !== undefined'),
    ],
  },
};

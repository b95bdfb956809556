/**
 * Tasks that are done by several roles, one after the other. A pipeline is a split that needs no planner: its steps are
 * parts made by this rule, each of which depends on the one before and so is told what that one handed over.
 */
import type { TaskId } from '../model/ids.ts';
import { taskId } from '../model/ids.ts';
import type { Task, TaskSpec } from '../model/task.ts';
import type { OpenedState, State } from '../state.ts';
import { isTestPath } from './weakened.ts';

/** It is no task: what it means are votes on what would land, see `request.review`. */
export const VOTERS = 'reviewer';
/** Who looks and changes nothing: its step is an answer. */
const LOOKS = 'researcher';
/** Who does the task itself. */
const DOES = 'coder';
/** Who may change tests and nothing else. */
const TESTS = 'tester';
/** The most roles one after the other. */
export const STEPS_MAX = 8;

/** What is wrong with a pipeline as somebody wrote it; undefined: nothing. */
export function pipelineProblem(roles: readonly string[], known: readonly string[]): string | undefined {
  const stranger = roles.find((role) => !known.includes(role));
  if (stranger !== undefined)
    return `there is no role ${JSON.stringify(stranger)}; there are: ${known.join(', ')}`;
  if (new Set(roles).size < roles.length) return 'a role stands in it twice';
  if (roles.length > 0 && !roles.includes(DOES)) return `no ${DOES} is in it: nobody would do the task`;
  const voters = roles.indexOf(VOTERS);
  if (voters >= 0 && voters < roles.length - 1)
    return `${VOTERS} is its last step or none: it votes on what would land`;
  const tests = roles.indexOf(TESTS);
  if (tests >= 0 && tests < roles.indexOf(DOES)) return `the ${TESTS} comes after the ${DOES}`;
  return undefined;
}

/** The roles a task goes through; undefined: it is done as it is. */
export function stepsFor(s: OpenedState, task: Task): readonly string[] | undefined {
  const { pipeline = [], limits } = s.run.request;
  const steps = pipeline.filter((role) => role !== VOTERS).slice(0, STEPS_MAX);
  const { spec, source } = task;
  // A coder alone is what every task has anyway.
  if (steps.length < 2 || spec.kind !== 'change') return undefined;
  if (spec.role !== undefined && spec.role !== DOES) return undefined;
  // A fix of a red target does not wait, and a branch is done.
  if (source.by === 'reconciler' || source.by === 'land' || isPartBy(source.by)) return undefined;
  if (task.workCommit !== undefined || s.tasks.size + steps.length > limits.tasks) return undefined;
  return steps;
}

/** The steps as tasks, with their numbers, in order. */
export function stepTasks(
  s: OpenedState,
  { id, spec }: Task,
  roles: readonly string[],
): readonly { readonly task: TaskId; readonly spec: TaskSpec; readonly step: string }[] {
  return roles.map((step, i) => {
    const before = i === 0 ? spec.dependsOn : [taskId(s.tasks.size + i)];
    // The first waits for what the whole waited for, and in the same way.
    const anyEnd = i === 0 && spec.anyEnd === true && ({ anyEnd: true } as const);
    const own = { role: step, priority: spec.priority, dependsOn: before, ...anyEnd, parent: id } as const;
    return { task: taskId(s.tasks.size + i + 1), step, spec: { ...specOf(id, spec, step), ...own } };
  });
}

/** Parts that a rule has made are done as they are. */
const isPartBy = (by: Task['source']['by']): boolean => by === 'pipeline' || by === 'candidates';

function specOf(id: TaskId, spec: TaskSpec, step: string): Omit<TaskSpec, 'priority' | 'dependsOn'> {
  const { title, description, scope, acceptance, verify, kind, requires, agent, candidates } = spec;
  const whole = wholeText(id, spec);
  if (step === DOES)
    return {
      title,
      description,
      scope,
      acceptance,
      ...(verify !== undefined && { verify }),
      kind,
      requires,
      ...(agent !== undefined && { agent }),
      ...(candidates !== undefined && { candidates }),
    };
  if (step === LOOKS)
    return {
      title: titled('Look into', title),
      description: `${LOOK}\n\n${whole}`,
      scope,
      acceptance: '',
      kind: 'answer',
      requires: [],
    };
  const said =
    step === TESTS
      ? TEST
      : `You are the ${step} of the task below: do your part of it, after what is done already.`;
  const name = step === TESTS ? 'Test' : step.replace(/^./, (first) => first.toUpperCase());
  return {
    title: titled(name, title),
    description: `${said}\n\n${whole}`,
    scope,
    acceptance: step === TESTS ? TESTED : '',
    kind: 'change',
    requires: [],
  };
}

const LOOK =
  'Find out what whoever does the task below has to know: where it is to be changed, what depends on that, what stands in the way, how it can be tested. Change nothing. Your answer is the summary of your handoff.';
const TEST =
  'The task below is done, and on the target. Add what tests it lacks: cases at the edges, cases that must fail. You may change test files and nothing else; tests that are there stay at least as strong. Where a test shows a fault in the work, hand it in as a concern.';
const TESTED = 'The tests pass, and would fail without the change that the task asked for.';

const TITLE_MAX = 200;
const titled = (what: string, title: string): string => `${what}: ${title}`.slice(0, TITLE_MAX);

/** Within the bounds of a description, whatever the task says. */
const WHOLE_MAX = 14_000;

function wholeText(id: TaskId, { title, description, acceptance }: TaskSpec): string {
  const text = [`The task, ${id}: ${title}`, description, acceptance && `Acceptance: ${acceptance}`];
  return text.filter(Boolean).join('\n\n').slice(0, WHOLE_MAX);
}

/** Changed files that a step of a pipeline may not change; none for every other task. */
export function notItsStep(s: State, task: Task, paths: readonly string[]): readonly string[] {
  if (stepOf(s, task) !== TESTS) return [];
  return paths.filter((path) => !isTestPath(path));
}

/** A tester's files are all test files, wherever they lie: they are not held against the scope of the task. */
export const isHeldToScope = (s: State, task: Task): boolean => stepOf(s, task) !== TESTS;

/** The step that it is, or that it is one of several that try it. */
function stepOf(s: State, { source }: Task): string | undefined {
  if (source.by === 'pipeline') return source.step;
  const whole = source.by === 'candidates' ? s.tasks.get(source.parent) : undefined;
  return whole && stepOf(s, whole);
}

/** What filed the whole: a step of a pipeline, and one of several that try it, may do what their task may. */
export function sourceOfWhole(s: State, task: Task): Task['source'] {
  const { source } = task;
  const whole = isPartBy(source.by) && 'parent' in source ? s.tasks.get(source.parent) : undefined;
  return whole ? sourceOfWhole(s, whole) : source;
}

import type { Command, DraftSource } from '../commands.ts';
import { type Refusal, refuse } from '../errors.ts';
import type { Event } from '../events.ts';
import { type Label, type TaskId, taskId } from '../model/ids.ts';
import { CANDIDATES_MAX, FIX_TASKS_MAX, type Request } from '../model/request.ts';
import { isDead, isOver, type TaskSource, type TaskSpec, type TaskStateName } from '../model/task.ts';
import { isVain } from '../rules/dependencies.ts';
import { openFixFor } from '../rules/healing.ts';
import { ownersOf, partsOf } from '../rules/owners.ts';
import { partPriority, partProblem } from '../rules/parts.ts';
import { KNOWN_ROLES } from '../rules/roles.ts';
import { isSaidAgain, sameTask } from '../rules/same-task.ts';
import type { TaskDraft } from '../rules/task-format.ts';
import { type Able, wishProblem } from '../rules/wishes.ts';
import type { OpenedState } from '../state.ts';
import { giveUpParts } from './ends.ts';

/** Who does a task that names no role. */
const [CODER] = KNOWN_ROLES;

type AcceptTasks = Extract<Command, { type: 'acceptTasks' }>;

/**
 * Numbers the drafts and turns labels into ids. A label of an earlier task that has not started is a re-scope;
 * of any other, a refusal. With `eachAlone` a bad draft is refused by name and its siblings go ahead; without,
 * one bad draft refuses them all, so that a plan file is accepted in one entry or not at all.
 */
export function acceptTasks(s: OpenedState, c: AcceptTasks): readonly Event[] | Refusal {
  if (c.from.by === 'operator' && s.run.request.mode === 'land')
    return refuse('illegal-move', 'this run lands branches and starts no agent: nobody would do it');
  const late = c.from.by === 'subplanner' && isLate(s, c.from);
  if (late) return late;
  const events: Event[] = [];
  const answer = openAnswer(s, c);
  for (const draft of c.drafts) {
    // A planner that sends its plan again means the tasks it has: nothing is new, and nothing is wrong.
    if (isSentAgain(s, c.from, draft)) continue;
    const problem = problemOf(s, c.from, draft, answer);
    if (problem && !c.eachAlone) return refuse('bad-task', `${draft.label}: ${problem}`);
    if (problem) events.push(refusedTask(draft.label, problem, c.from));
    else events.push(...acceptOne(s, c.from, draft, answer));
  }
  return events;
}

/** Only the live iteration of a task that is split says what its parts are. */
function isLate(
  s: OpenedState,
  { parent, iteration }: DraftSource & { readonly by: 'subplanner' },
): Refusal | undefined {
  const state = s.tasks.get(parent)?.state;
  if (state !== 'expanded') return refuse('late', `${parent} is ${state ?? 'not known'}, and not split`);
  const isLive = s.plans.get(parent)!.live?.iteration === iteration;
  return isLive ? undefined : refuse('late', `iteration ${iteration} is over`);
}

/** What the answer has given so far. The next draft is judged by this and by the state. */
interface Answer {
  /** Numbers of its new tasks, by label. */
  readonly fresh: Map<string, TaskId>;
  /** Labels that were accepted. */
  readonly used: Set<string>;
  /** What its tasks depend on, new ones and re-scoped ones. */
  readonly dependsOn: Map<TaskId, readonly TaskId[]>;
  accepted: number;
}

/** A plan that is read whole may name later tasks. A draft that is read alone may name only tasks that are there. */
function openAnswer(s: OpenedState, c: AcceptTasks): Answer {
  const fresh = new Map<string, TaskId>();
  for (const { label } of c.eachAlone ? [] : c.drafts) {
    if (!knownAs(s, c.from, label) && !fresh.has(label)) {
      fresh.set(label, taskId(s.tasks.size + fresh.size + 1));
    }
  }
  return { fresh, used: new Set(), dependsOn: new Map(), accepted: 0 };
}

/** What to do about a task that has started, by what became of it. */
const AGAIN: Readonly<Record<Exclude<TaskStateName, 'pending' | 'expanded'>, string>> = {
  assigned: 'it cannot be changed any more; leave it out, or file what is missing as a task of its own',
  running: 'it cannot be changed any more; leave it out, or file what is missing as a task of its own',
  contending: 'it is held against others; leave it out, or file what is missing as a task of its own',
  reviewing: 'it waits for its reviewers; leave it out, or file what is missing as a task of its own',
  complete: 'it waits to land; leave it out, or file what is missing as a task of its own',
  landed: 'leave it out, or file what is missing as a task of its own',
  answered: 'leave it out, or file what is missing as a task of its own',
  unneeded: 'leave it out, or file what is missing as a task of its own',
  gathered: 'leave it out, or file what is missing as a task of its own',
  failed: 'to have it done in another way, file that under another id',
  cancelled: 'to have it done after all, file it under another id',
};

function isSentAgain(s: OpenedState, from: DraftSource, draft: TaskDraft): boolean {
  const isPlanner = from.by === 'planner' || from.by === 'subplanner';
  const known = isPlanner ? knownAs(s, from, draft.label) : undefined;
  const task = known && s.tasks.get(known)!;
  return (
    task !== undefined && task.state !== 'pending' && !isDead(task.state) && isSaidAgain(task.spec, draft)
  );
}

function acceptOne(s: OpenedState, from: DraftSource, draft: TaskDraft, answer: Answer): readonly Event[] {
  const spec = specOf(s, from, draft, answer);
  const clipped = (task: TaskId): readonly Event[] => {
    const asked = draft.candidates ?? 1;
    const allowed = allowedFor(s, from, draft);
    return asked > allowed ? [{ type: 'contest.clipped', task, asked, allowed }] : [];
  };
  const known = knownAs(s, from, draft.label);
  answer.used.add(draft.label);
  if (known) {
    answer.dependsOn.set(known, spec.dependsOn);
    const iteration = 'iteration' in from && { iteration: from.iteration };
    const why = `what it is a part of was changed: ${known}`;
    return [
      ...giveUpParts(s, known, why),
      { type: 'task.rescoped', task: known, spec, ...iteration },
      ...clipped(known),
    ];
  }
  answer.accepted += 1;
  const id = answer.fresh.get(draft.label) ?? taskId(s.tasks.size + answer.accepted);
  answer.fresh.set(draft.label, id);
  answer.dependsOn.set(id, spec.dependsOn);
  return [{ type: 'task.accepted', task: id, spec, source: sourceOf(from, draft.label) }, ...clipped(id)];
}

function refusedTask(label: string, problem: string, from: DraftSource): Event {
  return {
    type: 'task.refused',
    label,
    problem,
    ...('iteration' in from && { iteration: from.iteration }),
    ...(from.by === 'subplanner' && { owner: from.parent }),
  };
}

function problemOf(s: OpenedState, from: DraftSource, draft: TaskDraft, answer: Answer): string | undefined {
  const limit = s.run.request.limits.tasks;
  const known = knownAs(s, from, draft.label);
  if (answer.used.has(draft.label)) return 'another task of this answer has the same id';
  if (!known && s.tasks.size + answer.accepted >= limit)
    return `the run already has ${limit} tasks, its limit`;
  const state = known && s.tasks.get(known)!.state;
  if (state && state !== 'pending' && state !== 'expanded')
    return `${known} has this id and is ${state}: ${AGAIN[state]}`;
  const same =
    !known && from.by === 'planner' && draft.parent === undefined && sameTask(s.tasks.values(), draft);
  if (same) return `it is ${same.id} “${same.spec.title}” again, which is ${same.state}: leave it out`;
  const part =
    from.by === 'subplanner' ? partProblem(s, from.parent, draft, !known, answer.accepted) : undefined;
  if (part) return part;
  const wish = wishProblem(draft, ableOf(s.run.request));
  if (wish) return wish;
  const self = known ?? answer.fresh.get(draft.label);
  const problem = dependencyProblem(s, from, draft, self, answer);
  if (problem) return problem;
  if (from.by !== 'subplanner' && draft.parent !== undefined && !idOf(s, from, draft.parent, answer))
    return `its parent is ${draft.parent}, which is no task's id`;
  return from.by === 'reconciler' ? fixProblem(s, from.signatures) : undefined;
}

const ableOf = ({ agents, roles, distribute, foreign, hosted }: Request): Able => ({
  agents,
  roles,
  distribute,
  foreign,
  hosted,
});

/** @param self the task's own id, where it has one already and others may depend on it. */
function dependencyProblem(
  s: OpenedState,
  from: DraftSource,
  draft: TaskDraft,
  self: TaskId | undefined,
  answer: Answer,
): string | undefined {
  for (const label of draft.dependsOn) {
    const on = idOf(s, from, label, answer);
    if (!on) return `it depends on ${label}, which is no task's id`;
    const whole = triedFor(s, on);
    if (whole) return `it depends on ${label}, which is one of several that try ${whole}: ${whole} is meant`;
    const state = s.tasks.get(on)?.state;
    if (state && isVain(draft, state)) return `it depends on ${label}, which is ${state}`;
    if (reaches(s, answer, on, waitersOf(s, from, self))) return `it would depend on itself through ${label}`;
  }
  return undefined;
}

/** All but one of those that try a task come to nothing: nobody can wait for one of them. */
function triedFor(s: OpenedState, id: TaskId): TaskId | undefined {
  const source = s.tasks.get(id)?.source;
  return source?.by === 'candidates' ? source.parent : undefined;
}

/** At most one fix task is open per signature, and only a few at once, so that fixes do not cause ever more fixes. */
function fixProblem(s: OpenedState, signatures: readonly string[]): string | undefined {
  const open = new Set([...s.health.fixTasks.values()].filter((id) => !isOver(s.tasks.get(id)!.state)));
  if (open.size >= FIX_TASKS_MAX) return `${FIX_TASKS_MAX} fix tasks are open already`;
  for (const signature of signatures) {
    const id = openFixFor(s, signature);
    if (id) return `${id} is open for this failure`;
  }
  return undefined;
}

/** Whoever is split waits for its parts: itself, and what it is a part of. */
function waitersOf(s: OpenedState, from: DraftSource, self: TaskId | undefined): ReadonlySet<TaskId> {
  const own = self === undefined ? [] : [self, ...ownersOf(s, self)];
  const above = from.by === 'subplanner' ? [from.parent, ...ownersOf(s, from.parent)] : [];
  return new Set([...own, ...above]);
}

/** Does `from` wait for one of them, directly or through others? Costs the size of what `from` waits for. */
function reaches(s: OpenedState, answer: Answer, from: TaskId, targets: ReadonlySet<TaskId>): boolean {
  if (targets.size === 0) return false;
  const stack = [from];
  const seen = new Set<TaskId>();
  for (let id = stack.pop(); id; id = stack.pop()) {
    if (targets.has(id)) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    const parts = s.tasks.get(id)?.state === 'expanded' ? partsOf(s, id) : [];
    const on = answer.dependsOn.get(id) ?? s.tasks.get(id)?.spec.dependsOn ?? [];
    stack.push(...on, ...parts);
  }
  return false;
}

/** The task a label means: one of this answer, where its source gives every task a new number, else any. */
const idOf = (s: OpenedState, from: DraftSource, label: string, answer: Answer): TaskId | undefined =>
  knownAs(s, from, label) ??
  answer.fresh.get(label) ??
  shownAs(s, from, label) ??
  (from.by === 'subplanner' ? undefined : s.labels.get(label));

/** A person and a planner may use the id that every screen and every prompt shows. */
const shownAs = (s: OpenedState, from: DraftSource, label: string): TaskId | undefined =>
  from.by === 'operator' || from.by === 'planner' || from.by === 'subplanner'
    ? s.tasks.get(label as TaskId)?.id
    : undefined;

/**
 * Returns the earlier task that this label re-scopes. Only labels of the planner and of a plan are kept. The planner's
 * own tasks have a second name, the id it is shown.
 */
function knownAs(s: OpenedState, from: DraftSource, label: string): TaskId | undefined {
  if (from.by === 'subplanner') {
    const plan = s.plans.get(from.parent);
    return plan?.labels.get(label) ?? plan?.parts.find((part) => part === label);
  }
  if (from.by !== 'plan' && from.by !== 'planner') return undefined;
  const own = from.by === 'planner' ? s.tasks.get(label as TaskId) : undefined;
  return s.labels.get(label) ?? (own?.source.by === 'planner' ? own.id : undefined);
}

/** A person may have as many try a task as they like; a planner as many as the operator says, or has said of the role. */
function allowedFor(s: OpenedState, from: DraftSource, { role }: TaskDraft): number {
  if (from.by === 'plan' || from.by === 'operator') return CANDIDATES_MAX;
  const { limits, roles = [] } = s.run.request;
  const known = roles.find(({ name }) => name === (role ?? CODER));
  return Math.max(1, limits.candidates ?? 1, known?.candidates ?? 1);
}

function specOf(s: OpenedState, from: DraftSource, d: TaskDraft, answer: Answer): TaskSpec {
  const parent = from.by === 'subplanner' ? from.parent : d.parent && idOf(s, from, d.parent, answer);
  const candidates = d.candidates && Math.min(d.candidates, allowedFor(s, from, d));
  return {
    title: d.title,
    description: d.description,
    scope: d.scope,
    acceptance: d.acceptance,
    ...(d.verify !== undefined && { verify: d.verify }),
    priority: from.by === 'subplanner' ? partPriority(s, from.parent, d) : d.priority,
    dependsOn: [...new Set(d.dependsOn.map((l) => idOf(s, from, l, answer)!))],
    ...(d.anyEnd && { anyEnd: d.anyEnd }),
    kind: d.kind,
    ...(d.role !== undefined && { role: d.role }),
    requires: d.requires,
    ...(d.agent !== undefined && { agent: d.agent }),
    ...(parent && { parent }),
    ...(candidates !== undefined && { candidates }),
  };
}

function sourceOf(from: DraftSource, label: string): TaskSource {
  switch (from.by) {
    case 'plan':
      return { by: 'plan', label: label as Label };
    case 'planner':
      return { by: 'planner', label: label as Label, iteration: from.iteration };
    case 'subplanner':
      return { by: 'subplanner', label: label as Label, parent: from.parent, iteration: from.iteration };
    default:
      return from;
  }
}

/** Laws of tasks that are split: which may be, who plans them, and what they come to. */
import type { Command } from '../commands.ts';
import { type Refusal, refuse } from '../errors.ts';
import type { Event } from '../events.ts';
import type { TaskId } from '../model/ids.ts';
import type { Task } from '../model/task.ts';
import { contestEnd } from '../rules/contest.ts';
import { waitsForOf } from '../rules/dependencies.ts';
import { stepsFor, stepTasks } from '../rules/pipeline.ts';
import { gatheredHandoff, settlement, splitProblem } from '../rules/splitting.ts';
import { liveSubplans } from '../rules/subplans.ts';
import type { OpenedState } from '../state.ts';
import { endContest, openContest } from './contest.ts';
import { failDependents, failOrphan } from './ends.ts';

/** What it depends on is there: its parts need not wait for it one by one. */
export function expandTask(
  s: OpenedState,
  { task: id, by }: Extract<Command, { type: 'expandTask' }>,
): readonly Event[] | Refusal {
  const t = s.tasks.get(id);
  if (!t) return refuse('unknown-task', `there is no ${id}`);
  if (t.state !== 'pending') return refuse('illegal-move', `${id} is ${t.state}`);
  if (s.paused || s.stopped || s.spending.reached) return refuse('not-ready', 'nothing new starts now');
  const waitsFor = waitsForOf(s, t.spec);
  if (waitsFor) return refuse('not-ready', `${id} waits for ${waitsFor}`);
  if (s.spending.neared) return refuse('not-ready', 'the budget is near its end: nothing new opens');
  const live = s.plans.get(id)?.live;
  if (live) return refuse('not-ready', `iteration ${live.iteration} is still live`);
  if (by === 'pipeline') return inSteps(s, t);
  if (by === 'candidates') return openContest(s, t);
  const problem = splitProblem(s, t);
  if (problem) return refuse('illegal-move', `${id} is not split: ${problem}`);
  return [{ type: 'task.expanded', task: id }];
}

/** What could be split is split first: then its parts go through the pipeline. */
function inSteps(s: OpenedState, t: Task): readonly Event[] | Refusal {
  const roles = stepsFor(s, t);
  if (!roles) return refuse('illegal-move', `${t.id} goes through no pipeline`);
  const steps = stepTasks(s, t, roles).map(({ task, spec, step }): Event => {
    return { type: 'task.accepted', task, spec, source: { by: 'pipeline', parent: t.id, step } };
  });
  return [{ type: 'task.expanded', task: t.id, by: 'pipeline' }, ...steps];
}

/** Why nobody plans for this task now. */
export function subplanProblem(s: OpenedState, owner: TaskId): Refusal | undefined {
  const t = s.tasks.get(owner);
  if (!t) return refuse('unknown-task', `there is no ${owner}`);
  if (t.state !== 'expanded') return refuse('late', `${owner} is ${t.state}`);
  if (liveSubplans(s) >= s.workers) return refuse('not-ready', `${s.workers} planners of tasks are at work`);
  return undefined;
}

export function settleTask(s: OpenedState, id: TaskId): readonly Event[] | Refusal {
  const t = s.tasks.get(id);
  if (!t) return refuse('unknown-task', `there is no ${id}`);
  const contest = contestEnd(s, id);
  if (contest) return endContest(s, t, contest);
  const end = settlement(s, id);
  switch (end) {
    case undefined:
      return refuse('not-ready', `${id} waits for its planner or for its parts`);
    case 'unsplit': {
      // What it depends on may have been taken back while its planner was asked.
      const orphaned = failOrphan(s, t);
      if (orphaned.length > 0) return orphaned;
      return [{ type: 'task.unsplit', task: id, detail: whyUnsplit(s, id) }];
    }
    case 'failed': {
      const detail = whyFailed(s, id);
      const failed: Event = { type: 'task.failed', task: id, failure: 'parts', detail };
      return [failed, ...failDependents(s, id, `${id} failed`)];
    }
    case 'complete':
    case 'partial':
      return [{ type: 'task.gathered', task: id, handoff: gatheredHandoff(s, id, end) }];
  }
}

function whyFailed(s: OpenedState, id: TaskId): string {
  const picked = s.plans.get(id)?.contest?.picked;
  const winner = picked && s.tasks.get(picked.winner)!;
  if (!winner) return 'too little came of the tasks it was split into';
  const why = winner.state === 'failed' ? winner.detail : winner.state === 'cancelled' ? winner.reason : '';
  return `${winner.id}, which was taken of those that tried it, is ${winner.state}: ${why}`;
}

const whyUnsplit = (s: OpenedState, id: TaskId): string =>
  s.plans.get(id)!.saidDone ? 'its planner says that it is one piece of work' : 'its planner named no part';

/** What the planner of a split task is told, section by section: of the run's tasks it is shown its own parts alone. */
import type { TaskId } from '@swarm/core/model/ids';
import { PARTS_MAX } from '@swarm/core/model/plan';
import type { Task, TaskStateName } from '@swarm/core/model/task';
import { isOver } from '@swarm/core/model/task';
import { partsOf } from '@swarm/core/rules/owners';
import { splitsLeft } from '@swarm/core/rules/splitting';
import type { OpenedState } from '@swarm/core/state';
import { partLaws } from '../prompting/facts.ts';
import type { Overview } from './overview.ts';
import { type Limit, limitPart, sharesLeft } from './plan-limits.ts';
import { scratchpadParts, taskPart } from './plan-lines.ts';
import { newsPart } from './plan-news.ts';
import type { Part, Section } from './sections.ts';

const LINES_MAX = 200;

export function partSections(state: OpenedState, overview: Overview, owner: TaskId): readonly Section[] {
  return all(state, overview, owner).filter(({ parts }) => parts.length > 0);
}

function all(state: OpenedState, overview: Overview, owner: TaskId): readonly Section[] {
  const plan = state.plans.get(owner);
  const parts = partsOf(state, owner).map((id) => state.tasks.get(id)!);
  const of = (isOne: (name: TaskStateName) => boolean): readonly Part[] =>
    parts.filter((part) => isOne(part.state)).map(taskPart);
  return [
    { name: 'environment', parts: one('environment', overview.environment) },
    { name: 'project_instructions', parts: one('instructions', overview.instructions) },
    { name: 'laws', parts: one('laws', partLaws(state, owner)) },
    { name: 'repository', parts: one('repository', overview.repository) },
    { name: 'amendments', parts: state.amendments.map((text, n) => ({ key: `amendment ${n}`, text })) },
    { name: 'scratchpad', parts: scratchpadParts(plan?.scratchpad ?? '') },
    {
      name: 'news',
      parts: (plan?.news ?? []).map((n, i) => newsPart(state, n, i)).filter(({ text }) => text !== ''),
      linesMax: LINES_MAX,
    },
    { name: 'open_tasks', parts: of((name) => !isOver(name)) },
    { name: 'landed', parts: of((name) => name === 'landed') },
    { name: 'ended', parts: of((name) => isOver(name) && name !== 'landed') },
    { name: 'limits', parts: limits(state, owner, parts).map(limitPart) },
  ];
}

const one = (key: string, text: string): readonly Part[] => (text.trim() === '' ? [] : [{ key, text }]);

function limits(state: OpenedState, owner: TaskId, parts: readonly Task[]): readonly Limit[] {
  const below = splitsLeft(state, owner);
  return [
    ['workers', String(state.workers)],
    ['parts that may still be filed', String(Math.max(0, PARTS_MAX - parts.length))],
    ['a part may be split again', below > 0 ? `${below} more times` : 'no'],
    ['attempts of one task', `at most ${state.run.request.limits.attempts}`],
    ...sharesLeft(state),
  ];
}

/** What the planner is told, section by section. What changes least comes first, so that a provider can keep it. */
import type { Task } from '@swarm/core/model/task';
import { owed } from '@swarm/core/rules/outcome';
import type { OpenedState, State } from '@swarm/core/state';
import { durationText } from '@swarm/core/views/words';
import { plannerLaws } from '../prompting/facts.ts';
import { budgetParts } from './budget-part.ts';
import type { Overview } from './overview.ts';
import { findingPart, owedPart, requirementPart, scratchpadParts, taskPart } from './plan-lines.ts';
import { newsPart } from './plan-news.ts';
import type { Part, Section } from './sections.ts';

/** Lines of one list. */
const LINES_MAX = 200;

export function planSections(state: OpenedState, overview: Overview): readonly Section[] {
  return all(state, overview).filter(({ parts }) => parts.length > 0);
}

const all = (state: OpenedState, overview: Overview): readonly Section[] => [
  { name: 'environment', parts: one('environment', overview.environment) },
  { name: 'project_instructions', parts: one('instructions', overview.instructions) },
  { name: 'laws', parts: one('laws', plannerLaws(state)) },
  { name: 'repository', parts: one('repository', overview.repository) },
  { name: 'amendments', parts: state.amendments.map((text, n) => ({ key: `amendment ${n}`, text })) },
  {
    name: 'requirements',
    parts: [...state.planning.requirements.values()].map(requirementPart),
  },
  { name: 'scratchpad', parts: scratchpadParts(state.planning.scratchpad) },
  list(
    'news',
    state.planning.news.map((n, i) => newsPart(state, n, i)).filter(({ text }) => text !== ''),
  ),
  list('open_tasks', openTasks(state).map(taskPart)),
  list(
    'landed',
    [...state.byState.landed].map((id) => taskPart(state.tasks.get(id)!)),
  ),
  list(
    'owed',
    owed(state).map((id) => owedPart(state, id)),
  ),
  list('ended', endedTasks(state).map(taskPart)),
  list('findings', [...state.health.findings.keys()].map(findingPart)),
  { name: 'limits', parts: limits(state).map(limitPart) },
  { name: 'budget', parts: budgetParts(state) },
];

const list = (name: Section['name'], parts: readonly Part[]): Section => ({
  name,
  parts,
  linesMax: LINES_MAX,
});

const one = (key: string, text: string): readonly Part[] => (text.trim() === '' ? [] : [{ key, text }]);

function openTasks(state: State): Task[] {
  const { running, assigned, complete, pending } = state.byState;
  return [...running, ...assigned, ...complete, ...pending].map((id) => state.tasks.get(id)!);
}

function endedTasks(state: State): Task[] {
  const { failed, cancelled, answered, unneeded } = state.byState;
  return [...failed, ...cancelled, ...answered, ...unneeded].map((id) => state.tasks.get(id)!);
}

type Limit = readonly [what: string, value: string];

const limitPart = ([what, value]: Limit): Part => ({ key: `limit ${what}`, text: `${what}: ${value}` });

function limits(state: OpenedState): readonly Limit[] {
  const { limits: given } = state.run.request;
  return [
    ['workers', String(state.workers)],
    ['tasks that may still be filed', tasksLeft(given.tasks - state.tasks.size)],
    ['attempts of one task', `at most ${given.attempts}`],
    ...(given.timeMs === undefined ? [] : [['time', timeLeft(given.timeMs, state.activeMs)] as const]),
    ...hotLine(state),
  ];
}

/** Told exactly when they run out: until then it does not change. */
const MANY_TASKS = 100;

const tasksLeft = (left: number): string =>
  left > MANY_TASKS ? `more than ${MANY_TASKS}` : String(Math.max(0, left));

const HOT_MAX = 10;

/** Tasks whose scopes do not name these files, and change them, meet there. */
function hotLine(state: State): readonly Limit[] {
  const files = [...state.footprint.conflicted].sort(([, m], [, n]) => n - m).slice(0, HOT_MAX);
  if (files.length === 0) return [];
  return [['files in which work conflicted', files.map(([path, times]) => `${path} (${times})`).join(', ')]];
}

/** In steps of a tenth, so that it does not change with every entry. */
const timeLeft = (wholeMs: number, usedMs: number): string =>
  `about ${Math.max(0, 10 * Math.round((10 * (wholeMs - usedMs)) / wholeMs))} % of ${durationText(wholeMs)} left`;

/** What the planner is told, section by section. What changes least comes first, so that a provider can keep it. */
import type { TaskId } from '@swarm/core/model/ids';
import type { Task } from '@swarm/core/model/task';
import { owed } from '@swarm/core/rules/outcome';
import { ownerOf } from '@swarm/core/rules/owners';
import { sharedNotes } from '@swarm/core/rules/shared-notes';
import type { OpenedState, State } from '@swarm/core/state';
import { plannerLaws } from '../prompting/facts.ts';
import { noteText } from '../prompting/shared-notes.ts';
import { budgetParts } from './budget-part.ts';
import type { Overview } from './overview.ts';
import { type Limit, limitPart, timeLeftOf } from './plan-limits.ts';
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
  list('landed', landedTasks(state).map(taskPart)),
  list(
    'owed',
    owed(state).map((id) => owedPart(state, id)),
  ),
  list('ended', endedTasks(state).map(taskPart)),
  list('findings', [...state.health.findings.keys()].map(findingPart)),
  list(
    'notes',
    sharedNotes(state).map((note) => ({ key: `note ${note.key}`, text: noteText(note) })),
  ),
  { name: 'limits', parts: limits(state).map(limitPart) },
  { name: 'budget', parts: budgetParts(state) },
];

const list = (name: Section['name'], parts: readonly Part[]): Section => ({
  name,
  parts,
  linesMax: LINES_MAX,
});

const one = (key: string, text: string): readonly Part[] => (text.trim() === '' ? [] : [{ key, text }]);

/** Parts of a task that is split are its own planner's to plan around: here the whole is told. */
const own = (state: State, ids: Iterable<TaskId>): Task[] =>
  [...ids].filter((id) => ownerOf(state, id) === undefined).map((id) => state.tasks.get(id)!);

function openTasks(state: State): Task[] {
  const { running, assigned, expanded, contending, reviewing, complete, pending } = state.byState;
  return own(state, [
    ...running,
    ...assigned,
    ...expanded,
    ...contending,
    ...reviewing,
    ...complete,
    ...pending,
  ]);
}

const landedTasks = (state: State): Task[] => own(state, state.byState.landed);

function endedTasks(state: State): Task[] {
  const { failed, cancelled, answered, unneeded, gathered } = state.byState;
  return own(state, [...failed, ...cancelled, ...answered, ...unneeded, ...gathered]);
}

function limits(state: OpenedState): readonly Limit[] {
  const { limits: given } = state.run.request;
  return [
    ['workers', String(state.workers)],
    ['tasks that may still be filed', tasksLeft(given.tasks - state.tasks.size)],
    ['attempts of one task', `at most ${given.attempts}`],
    ...candidatesLine(given),
    ...timeLeftOf(state),
    ...hotLine(state),
  ];
}

/** Told only where the operator allows any. */
const candidatesLine = ({ candidates = 1 }: OpenedState['run']['request']['limits']): readonly Limit[] =>
  candidates > 1
    ? [['`candidates` of one task', `at most ${candidates}: so many try it, and the best change is taken`]]
    : [];

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

/** What the planner writes down of the request, kept whole in the journal. */
import type { Command } from '../commands.ts';
import { type Refusal, refuse } from '../errors.ts';
import type { Event } from '../events.ts';
import type { TaskId } from '../model/ids.ts';
import { REQUIREMENTS_MAX, type Requirement } from '../model/requirement.ts';
import type { RequirementDraft } from '../rules/requirement-format.ts';
import type { OpenedState } from '../state.ts';

type WriteRequirements = Extract<Command, { type: 'writeRequirements' }>;

/** Each is taken for itself: what is wrong with one is told, and keeps no other out. */
export function writeRequirements(s: OpenedState, c: WriteRequirements): readonly Event[] | Refusal {
  if (s.planning.live?.iteration !== c.iteration) return refuse('late', `iteration ${c.iteration} is over`);
  const written = new Map<string, Requirement>();
  const events: Event[] = [];
  for (const draft of c.drafts) {
    const before = written.get(draft.id) ?? s.planning.requirements.get(draft.id);
    const problem = problemOf(s, draft, before, written);
    if (problem) events.push({ type: 'task.refused', label: `requirement ${draft.id}`, problem });
    else written.set(draft.id, merged(s, draft, before));
  }
  const changed = [...written.values()].filter((one) => !isSame(s.planning.requirements.get(one.id), one));
  if (changed.length > 0)
    events.push({ type: 'requirements.written', iteration: c.iteration, requirements: changed });
  return events;
}

function problemOf(
  s: OpenedState,
  draft: RequirementDraft,
  before: Requirement | undefined,
  written: ReadonlyMap<string, Requirement>,
): string | undefined {
  const unknown = draft.tasks?.find((name) => !idOf(s, name));
  if (unknown !== undefined) return `it names ${unknown}, which is no task's id`;
  if (before) return undefined;
  if (!draft.text?.trim()) return 'it is new, and has no text';
  const all = new Set([...s.planning.requirements.keys(), ...written.keys()]);
  return all.size >= REQUIREMENTS_MAX ? `the list has ${REQUIREMENTS_MAX} already, its limit` : undefined;
}

const idOf = (s: OpenedState, name: string): TaskId | undefined =>
  s.labels.get(name) ?? s.tasks.get(name as TaskId)?.id;

const merged = (
  s: OpenedState,
  { id, text, status, tasks }: RequirementDraft,
  before: Requirement | undefined,
): Requirement => ({
  id,
  text: text?.trim() || before!.text,
  status: status ?? before?.status ?? 'open',
  tasks: tasks ? [...new Set(tasks.map((name) => idOf(s, name)!))] : (before?.tasks ?? []),
});

const isSame = (before: Requirement | undefined, now: Requirement): boolean =>
  JSON.stringify(before) === JSON.stringify(now);

/** Lines about tasks, as the planner is told of them. */
import type { TaskId } from '@swarm/core/model/ids';
import type { Requirement } from '@swarm/core/model/requirement';
import type { Task } from '@swarm/core/model/task';
import type { State } from '@swarm/core/state';
import type { Part } from './sections.ts';

export const oneLine = (text: string, max = 300): string => text.replace(/\s+/g, ' ').trim().slice(0, max);

/** Whole when it is told first. What became of it later is told by its number alone, and why in the news. */
export function taskPart(t: Task): Part {
  const label = 'label' in t.source ? ` (your id ${t.source.label})` : '';
  const why = t.state === 'failed' ? `: ${t.failure}: ${oneLine(t.detail)}` : '';
  const scope = t.spec.scope.length > 0 ? ` [${t.spec.scope.join(', ')}]` : '';
  return {
    key: `task ${t.id}`,
    text: `- ${t.id}${label} ${t.state}: ${t.spec.title}${scope}${why}`,
    again: `- ${t.id} ${t.state}`,
  };
}

export function owedPart(state: State, id: TaskId): Part {
  const task = state.tasks.get(id)!;
  const label = 'label' in task.source ? task.source.label : id;
  const said = task.state === 'landed' && task.handoff ? oneLine(task.handoff.summary, 1_000) : '';
  return {
    key: `owed ${id}`,
    text: `- ${id}: file a task with "parent": ${JSON.stringify(label)} for what is missing: ${said}`,
    gone: `- ${id} is whole now`,
  };
}

export const findingPart = (signature: string): Part => ({
  key: `finding ${signature}`,
  text: signature,
  gone: `(no longer: ${signature})`,
});

/** A later word on one names it and what it is now; in other words it is told whole. */
export function requirementPart({ id, text, status, tasks }: Requirement): Part {
  const by = tasks.length > 0 ? ` (${tasks.join(', ')})` : '';
  const now = `- ${id} ${status}${by}`;
  return { key: `requirement ${id} ${text}`, text: `${now}: ${oneLine(text, 1_000)}`, again: now };
}

/** A rewritten scratchpad, part by part of its headings: what stays as it was is not told again. */
export function scratchpadParts(text: string): readonly Part[] {
  const parts = text.split(/^(?=## )/m).filter((part) => part.trim() !== '');
  return parts.map((part) => {
    const heading = /^## (.*)/.exec(part)?.[1] ?? '';
    return {
      key: `scratchpad ${heading}`,
      text: part.trimEnd(),
      ...(heading !== '' && { gone: `(no longer there: ## ${heading})` }),
    };
  });
}

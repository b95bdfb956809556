/** Notes of the run: each is set by whoever has seen what it replaces. */
import type { Command } from '../commands.ts';
import { type Refusal, refuse } from '../errors.ts';
import type { Event } from '../events.ts';
import { noteProblem } from '../rules/shared-notes.ts';
import type { OpenedState } from '../state.ts';

type SetNote = Extract<Command, { type: 'setNote' }>;

export function setNote(s: OpenedState, { key, value, version, by }: SetNote): readonly Event[] | Refusal {
  if (by !== 'operator' && !s.liveAttempts.has(by)) return refuse('late', `${by} is over`);
  const now = s.notes.get(key)?.version ?? 0;
  if (version !== now)
    return refuse(
      'late',
      `${JSON.stringify(key)} is at version ${now}, and not at ${version}: look at it first`,
    );
  const problem = noteProblem(s, key, value);
  if (problem) return refuse('out-of-range', problem);
  return [{ type: 'note.set', key, value, version: now + 1, by }];
}

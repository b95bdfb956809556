/** The run's notes as one attempt sees and sets them: what it sees is on disk, and what it sets is before it is answered. */
import type { AttemptId, TaskId } from '@swarm/core/model/ids';
import type { SharedNotes } from '@swarm/core/ports/running';
import { concerns, sharedNotes } from '@swarm/core/rules/shared-notes';
import type { Context } from '../context.ts';

export function notesFor(
  { ask, state }: Pick<Context, 'ask' | 'state'>,
  { id, task }: { readonly id: AttemptId; readonly task: TaskId },
): SharedNotes {
  return {
    list: () => sharedNotes(state).filter((note) => concerns(note, state.tasks.get(task)!.spec.scope)),
    get: (key) => state.notes.get(key),
    async set(key, value, version) {
      const answer = await ask({ type: 'setNote', key, value, version, by: id });
      return answer.kind === 'refusal' ? { ok: false, why: answer.detail } : { ok: true };
    },
  };
}

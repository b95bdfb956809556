import type { GoOn, Notes, Room } from '@swarm/core/ports/running';
import { noteText } from '../notes.ts';

export interface Told {
  readonly told: string;
  /** The file with all that the failed check printed, as commands see it. */
  readonly path?: string;
}

/** What the checks printed is put beside the workspace, where an agent can read it, and it is told where. */
export async function placeLog({ told, log }: GoOn, room: Room): Promise<Told> {
  if (log === undefined) return { told };
  const path = await room.place({ name: 'checks.txt', text: log.toWellFormed() });
  const where = `All that it printed (${log.length} characters) is in ${path}: look there with read or grep.`;
  return { told: `${told}\n\n${where}`, path };
}

/** What the operator has said since, as the next thing an agent is told; undefined where that is nothing. It is told now. */
export function takeNotes(notes: Notes | undefined): string | undefined {
  const pending = notes?.pending() ?? [];
  if (pending.length === 0) return undefined;
  notes?.told(pending.length);
  return noteText(pending);
}

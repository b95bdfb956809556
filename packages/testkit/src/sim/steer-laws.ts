/** Laws of what the operator steers and of what is noted: nobody's note is lost, and no role has more than was said. */
import { taskOf } from '@swarm/core/model/ids';
import type { Law } from './law.ts';

/** Whoever sets a note has seen what it replaces. */
const losesNoNote: Law = (e, { before, world }) => {
  if (e.type !== 'note.set') return [];
  const now = before.steering.versions.get(e.key) ?? 0;
  const seen = world.notesAsked.get(e.value);
  return [
    ...(e.version === now + 1 ? [] : [`notes: ${e.key} goes from version ${now} to ${e.version}`]),
    ...(seen === now ? [] : [`notes: ${e.key} is at version ${now}, and whoever sets it has seen ${seen}`]),
  ];
};

const startsNoMoreOfARole: Law = (e, { before }) => {
  if (e.type !== 'attempt.started') return [];
  const role = before.steering.roleOf(taskOf(e.attempt));
  const most = before.steering.ceilings.get(role);
  const live = before.steering.atWork(role);
  return most === undefined || live < most
    ? []
    : [`scale: ${e.attempt} starts beside ${live} of the role ${role}, of which ${most} may work`];
};

/** A changed plan is one entry with the words that change it: a crash leaves both or neither. */
const amendsAtOnce: Law = (e, { entry }) => {
  if (e.type !== 'request.amended' || !e.isPlanned) return [];
  return entry.events[0] === e ? [] : ['amend: a changed plan is not one entry with its words'];
};

export const STEER_LAWS: readonly Law[] = [losesNoNote, startsNoMoreOfARole, amendsAtOnce];

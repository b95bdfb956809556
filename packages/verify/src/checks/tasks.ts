/** P1 and P2: nothing is lost, nothing lands twice. */
import { type Facts, ownMarks } from '../facts.ts';
import { short } from '../words.ts';

export function lostTasks({ claims }: Facts): string[] {
  if (claims.closedAt === undefined) return [];
  const live = [...claims.tasks].filter(([, state]) => state === 'live');
  return live.map(([task]) => `the run is closed and ${task} never came to an end`);
}

export function missingLandings({ claims, commits }: Facts): string[] {
  const gone = [...claims.landed.values()].filter((member) => !commits.has(member.commit));
  return gone.map((m) => `${m.task} landed as ${short(m.commit)}, which is not on ${claims.landOn}`);
}

/** A landing that was taken back in the open may be followed by another. */
export function doubleLandings(facts: Facts): string[] {
  const byTask = Map.groupBy(ownMarks(facts), (mark) => mark.task);
  const twice = [...byTask].filter(([task, marks]) => marks.length > 1 && !facts.claims.takenBack.has(task));
  return twice.map(
    ([task, marks]) => `${task} is on the target as ${marks.map((m) => short(m.commit)).join(' and ')}`,
  );
}

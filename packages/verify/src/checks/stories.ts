/** P7: the journal says what happened, and all of it. */
import { isOurs } from '../claims.ts';
import { type Facts, landedMembers, ownMarks, ownUndos } from '../facts.ts';
import { short } from '../words.ts';

export function untoldStories(facts: Facts): string[] {
  const told = new Set(landedMembers(facts.claims).map((member) => member.commit));
  for (const member of facts.inFlight?.members ?? []) told.add(member.commit);
  const silent = ownMarks(facts).filter((mark) => !told.has(mark.commit));
  const undone = new Set(facts.claims.moves.map((move) => move.to));
  if (facts.undoInFlight) undone.add(facts.undoInFlight.candidate.commit);
  const silentUndos = ownUndos(facts).filter((mark) => !undone.has(mark.commit));
  return [
    ...facts.claims.contradictions,
    ...silent.map(
      (mark) => `${mark.task} is on the target as ${short(mark.commit)} and the journal does not say so`,
    ),
    ...silentUndos.map(
      (mark) => `${short(mark.commit)} takes back ${mark.tasks.join(', ')} and the journal does not say so`,
    ),
    ...unexplained(facts),
  ];
}

/** Commits on the line below our last landing that neither we made nor a recorded move of others brought. */
function unexplained({ claims, chain, inFlight }: Facts): string[] {
  const at = new Map(chain.map((id, index) => [id, index]));
  const ours = new Set([
    ...claims.moves.filter(isOurs).map((m) => m.to),
    ...(inFlight ? [inFlight.candidate.commit] : []),
  ]);
  const last = chain.findLastIndex((id) => ours.has(id));
  const others = claims.moves
    .filter((m) => m.by === 'others')
    .map((m) => [at.get(m.from ?? '') ?? -1, at.get(m.to) ?? -1]);
  return chain.slice(0, last + 1).flatMap((id, index) => {
    const isBrought = others.some(([from, to]) => index > from! && index <= to!);
    return ours.has(id) || isBrought
      ? []
      : [`${short(id)} is on ${claims.landOn} and the journal knows nothing of it`];
  });
}

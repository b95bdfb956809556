/** P7: the journal says what happened, and all of it. */
import { isOurs, type Landing } from '../claims.ts';
import { type Facts, landedMembers, ownMarks, ownSeals, ownUndos } from '../facts.ts';
import { short } from '../words.ts';

export function untoldStories(facts: Facts): string[] {
  const told = new Set(landedMembers(facts.claims).map((member) => member.commit));
  for (const landing of halfTold(facts)) for (const member of landing.members) told.add(member.commit);
  const silent = ownMarks(facts).filter((mark) => !told.has(mark.commit));
  const undone = new Set(facts.claims.moves.map((move) => move.to));
  if (facts.undoInFlight) undone.add(facts.undoInFlight.candidate.commit);
  const silentUndos = ownUndos(facts).filter((mark) => !undone.has(mark.commit));
  const batches = new Set([...facts.claims.landings.values()].map((landing) => landing.candidate.commit));
  const unknown = ownSeals(facts).filter((commit) => !batches.has(commit));
  return [
    ...facts.claims.contradictions,
    ...silent.map(
      (mark) => `${mark.task} is on the target as ${short(mark.commit)} and the journal does not say so`,
    ),
    ...silentUndos.map(
      (mark) => `${short(mark.commit)} takes back ${mark.tasks.join(', ')} and the journal does not say so`,
    ),
    ...unknown.map((commit) => `${short(commit)} says it is a batch of this run and was never started`),
    ...unexplained(facts),
  ];
}

/** Published, and its tasks not yet all recorded: a kill at that instant, while the run is open. */
function halfTold({ claims, inFlight }: Facts): readonly Landing[] {
  const found = claims.moves.flatMap((m) => (m.by === 'found' && m.landing ? [m.landing] : []));
  return [...(inFlight ? [inFlight] : []), ...(claims.closedAt === undefined ? found : [])];
}

/** Commits below our last landing that we did not make and that came with no recorded move of the target. */
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

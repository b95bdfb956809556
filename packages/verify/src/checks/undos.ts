/** P3: what takes a landing back is held to what a landing is held to. */
import type { Undo } from '../claims.ts';
import { type Facts, isGated } from '../facts.ts';
import { short } from '../words.ts';

export function wrongUndos(facts: Facts): string[] {
  const told = facts.claims.moves.flatMap((move) => {
    if (move.by !== 'undo' || !facts.commits.has(move.to)) return [];
    return move.undo
      ? faultsOf(facts, move.undo)
      : [`${short(move.to)} takes a landing back and no gate was ever recorded for it`];
  });
  return [...told, ...(facts.undoInFlight ? faultsOf(facts, facts.undoInFlight) : [])];
}

function faultsOf(facts: Facts, undo: Undo): string[] {
  const { claims, chain, commits } = facts;
  const { candidate, gate } = undo;
  const name = `the undo of ${undo.tasks.join(', ')} (${short(candidate.commit)})`;
  const real = commits.get(candidate.commit)!;
  const faults: string[] = [];
  if (!isGated(claims, undo)) faults.push(`${name} was published, its gate: ${gate.outcome} by ${gate.gate}`);
  if (real.tree !== candidate.tree) faults.push(`${name} has another tree than was tested`);
  if (real.parents.length !== 1 || real.parents[0] !== candidate.parent)
    faults.push(`${name} was tested on ${short(candidate.parent)}, and does not stand on it alone`);
  if (!chain.includes(candidate.commit)) faults.push(`${name} is not on the first-parent line`);
  return [...faults, ...trailerFaults(facts, undo, name)];
}

function trailerFaults({ claims, markings }: Facts, undo: Undo, name: string): string[] {
  const { candidate, tasks } = undo;
  const marking = markings.get(candidate.commit)!;
  if (marking.kind === 'wrong') return [`${name}: ${marking.why}`];
  if (marking.kind !== 'undo') return [`${name} does not name what it takes back`];
  const { mark } = marking;
  const isIts = mark.run === claims.run && mark.gate === claims.gateHash && mark.tree === candidate.tree;
  if (!isIts) return [`${name} names run ${mark.run}, gate ${mark.gate} and tree ${short(mark.tree)}`];
  return mark.tasks.join() === tasks.join() ? [] : [`${name} names ${mark.tasks.join(', ')}`];
}

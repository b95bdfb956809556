/** P3: what landed carries its trailers, is what the gate passed, and is one commit on the line. */
import type { Landing, Member } from '../claims.ts';
import { type Facts, isGated, ownLandings, presentMembers } from '../facts.ts';
import { short } from '../words.ts';

export function wrongTrailers(facts: Facts): string[] {
  const known = presentMembers(facts);
  const isKnown = new Set(known.map((member) => member.commit));
  const half = [...facts.markings].flatMap(([id, marking]) =>
    marking.kind === 'wrong' && !isKnown.has(id) && (marking.run ?? facts.claims.run) === facts.claims.run
      ? [`${short(id)}: ${marking.why}`]
      : [],
  );
  return [...known.flatMap((member) => trailerFault(facts, member) ?? []), ...half];
}

function trailerFault({ claims, commits, markings }: Facts, member: Member): string | undefined {
  const marking = markings.get(member.commit)!;
  const name = `${member.task} (${short(member.commit)})`;
  if (marking.kind === 'none') return `${name} has no trailers`;
  if (marking.kind === 'wrong') return `${name}: ${marking.why}`;
  if (marking.kind === 'undo') return `${name} says it takes back ${marking.mark.tasks.join(', ')}`;
  const { run, task, attempt, gate, tree } = marking.mark;
  if (run !== claims.run) return `${name} names run ${run}`;
  if (task !== member.task || attempt !== member.attempt) return `${name} names ${task} and ${attempt}`;
  if (gate !== claims.gateHash) return `${name} names gate ${gate}, the run's is ${claims.gateHash}`;
  const real = commits.get(member.commit)!.tree;
  return tree === real ? undefined : `${name} names tree ${short(tree)} and has tree ${short(real)}`;
}

export function untestedLandings(facts: Facts): string[] {
  const unknown = facts.claims.moves.filter((m) => m.by === 'found' && !m.landing);
  return [
    ...unknown.map((m) => `${short(m.to)} was found on the target and no gate was ever recorded for it`),
    ...ownLandings(facts).flatMap((landing) => landingFaults(facts, landing)),
  ];
}

function landingFaults({ claims, commits }: Facts, landing: Landing): string[] {
  const { id, gate, candidate } = landing;
  const real = commits.get(candidate.commit)!;
  const faults: string[] = [];
  if (!isGated(claims, landing)) {
    faults.push(
      `${id} (${short(candidate.commit)}) landed, its gate: ${gate ? `${gate.outcome} by ${gate.gate}` : 'never ran'}`,
    );
  }
  if (real.tree !== candidate.tree) {
    faults.push(`${id}: tree ${short(candidate.tree)} was tested, tree ${short(real.tree)} landed`);
  }
  if (real.parents[0] !== candidate.parent) {
    faults.push(
      `${id}: tested on ${short(candidate.parent)}, landed on ${short(real.parents[0] ?? 'nothing')}`,
    );
  }
  return faults;
}

export function offTheLine(facts: Facts): string[] {
  const { claims, commits, chain } = facts;
  const line = new Set(chain);
  return ownLandings(facts).flatMap(({ id, members, candidate }) => {
    const parents = commits.get(candidate.commit)!.parents.length;
    const name = `${id} (${short(candidate.commit)})`;
    if (!line.has(candidate.commit)) return [`${name} is not on the first-parent line of ${claims.landOn}`];
    if (parents !== 1) return [`${name} has ${parents} parents`];
    if (members.length !== 1) return [`${name} lands ${members.length} tasks in one commit`];
    if (members[0]!.commit !== candidate.commit) return [`${name} is not its task's commit`];
    return [];
  });
}

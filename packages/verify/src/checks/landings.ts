/** P3: what landed carries its trailers, is what the gate passed, and is one commit on the line. */
import type { Landing, Member } from '../claims.ts';
import { type Facts, isGated, ownLandings, presentMembers } from '../facts.ts';
import type { Tested } from '../trailers.ts';
import { short } from '../words.ts';

export function wrongTrailers(facts: Facts): string[] {
  const known = presentMembers(facts);
  const batches = ownLandings(facts).filter((landing) => landing.members.length > 1);
  const isKnown = new Set([...known, ...batches.map((batch) => batch.candidate)].map((each) => each.commit));
  const inBatch = new Set(batches.flatMap((batch) => batch.members.map((member) => member.commit)));
  const half = [...facts.markings].flatMap(([id, marking]) =>
    marking.kind === 'wrong' && !isKnown.has(id) && (marking.run ?? facts.claims.run) === facts.claims.run
      ? [`${short(id)}: ${marking.why}`]
      : [],
  );
  return [
    ...known.flatMap((member) => markFault(facts, member, inBatch.has(member.commit)) ?? []),
    ...batches.flatMap((batch) => sealFault(facts, batch) ?? []),
    ...half,
  ];
}

function markFault(facts: Facts, member: Member, isInBatch: boolean): string | undefined {
  const { claims, markings } = facts;
  const marking = markings.get(member.commit)!;
  const name = `${member.task} (${short(member.commit)})`;
  if (marking.kind === 'none') return `${name} has no trailers`;
  if (marking.kind === 'wrong') return `${name}: ${marking.why}`;
  if (marking.kind === 'undo') return `${name} says it takes back ${marking.mark.tasks.join(', ')}`;
  if (marking.kind === 'seal') return `${name}: it has no Swarm-Task`;
  const { run, task, attempt, tested } = marking.mark;
  if (run !== claims.run) return `${name} names run ${run}`;
  if (task !== member.task || attempt !== member.attempt) return `${name} names ${task} and ${attempt}`;
  if (!isInBatch) return testedFault(facts, name, member.commit, tested);
  return tested && `${name} says that it was tested, and its batch was`;
}

function sealFault(facts: Facts, { id, candidate }: Landing): string | undefined {
  const marking = facts.markings.get(candidate.commit)!;
  const name = `${id} (${short(candidate.commit)})`;
  if (marking.kind === 'wrong') return `${name}: ${marking.why}`;
  if (marking.kind !== 'seal') return `${name} does not carry the trailers of a batch`;
  if (marking.run !== facts.claims.run) return `${name} names run ${marking.run}`;
  return testedFault(facts, name, candidate.commit, marking.tested);
}

function testedFault(
  { claims, commits }: Facts,
  name: string,
  commit: string,
  tested: Tested | undefined,
): string | undefined {
  if (!tested) return `${name}: it has no Swarm-Gate`;
  if (tested.gate !== claims.gateHash)
    return `${name} names gate ${tested.gate}, the run's is ${claims.gateHash}`;
  const real = commits.get(commit)!.tree;
  return tested.tree === real
    ? undefined
    : `${name} names tree ${short(tested.tree)} and has tree ${short(real)}`;
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
  return ownLandings(facts).flatMap((landing) => {
    const { id, members, candidate } = landing;
    const name = `${id} (${short(candidate.commit)})`;
    if (!line.has(candidate.commit)) return [`${name} is not on the first-parent line of ${claims.landOn}`];
    if (members.length > 1) return batchFaults(facts, landing, line).map((fault) => `${name} ${fault}`);
    const parents = commits.get(candidate.commit)!.parents.length;
    if (parents !== 1) return [`${name} has ${parents} parents`];
    if (members[0]!.commit !== candidate.commit) return [`${name} is not its task's commit`];
    return [];
  });
}

/** A batch is one merge. Its tasks' commits are under it and nowhere else, one after the other, on the merge's parent. */
function batchFaults(
  { commits }: Facts,
  { members, candidate }: Landing,
  line: ReadonlySet<string>,
): string[] {
  const { parents, tree } = commits.get(candidate.commit)!;
  if (parents.length === 1) return [`lands ${members.length} tasks in one commit`];
  if (parents.length > 2) return [`has ${parents.length} parents`];
  const stray = members.find((member) => line.has(member.commit));
  if (stray) return [`has the commit of ${stray.task} on the first-parent line, not under it`];
  let at = candidate.parent;
  for (const { task, commit } of members) {
    const above = commits.get(commit)?.parents;
    if (above?.length !== 1 || above[0] !== at)
      return [`has a commit for ${task} that is not on ${short(at)}`];
    at = commit;
  }
  if (parents[1] !== at) return [`merges ${short(parents[1]!)}, the last of its tasks is ${short(at)}`];
  return commits.get(at)!.tree === tree ? [] : ['changes more than its tasks do'];
}

/** The promises, one check each: pure functions of the facts that return what breaks them. */
import type { Landing, Member, Move } from './claims.ts';
import { type Facts, isGated, landedMembers } from './facts.ts';

export type PromiseId = 'P1' | 'P2' | 'P3' | 'P4' | 'P5' | 'P7';

interface Rule {
  readonly name: string;
  readonly promise: PromiseId;
  /** How many of what were looked at, for a reader who wants to know that the check did something. */
  readonly examined: (facts: Facts) => string;
  readonly findings: (facts: Facts) => readonly string[];
}

export const MEASURES: Rule = {
  name: 'branches are as the journal measured them',
  promise: 'P5',
  examined: ({ branchPaths }) => count(branchPaths.size, 'branch in the hub', 'branches in the hub'),
  findings: wrongMeasures,
};

export const RULES: readonly Rule[] = [
  {
    name: 'no accepted task is lost',
    promise: 'P1',
    examined: ({ claims }) => count(claims.tasks.size, 'task'),
    findings: lostTasks,
  },
  {
    name: 'what the journal calls landed is on the target',
    promise: 'P1',
    examined: ({ claims }) => count(claims.landed.size, 'landed task'),
    findings: missingLandings,
  },
  {
    name: 'no task lands twice',
    promise: 'P2',
    examined: (facts) => count(ownMarks(facts).length, 'marked commit'),
    findings: doubleLandings,
  },
  {
    name: 'every landing carries its trailers',
    promise: 'P3',
    examined: (facts) => count(presentMembers(facts).length, 'commit'),
    findings: wrongTrailers,
  },
  {
    name: 'what landed is what passed the gate, on exactly that parent',
    promise: 'P3',
    examined: (facts) => count(ownLandings(facts).length, 'landing'),
    findings: untestedLandings,
  },
  {
    name: 'every landing is one commit on the first-parent line',
    promise: 'P3',
    examined: ({ chain }) => count(chain.length, 'first-parent commit'),
    findings: offTheLine,
  },
  {
    name: 'the target only moved forward',
    promise: 'P4',
    examined: ({ claims }) => count(claims.moves.length, 'move'),
    findings: backwardMoves,
  },
  {
    name: 'a landing changes only what its branch changed',
    promise: 'P5',
    examined: ({ changed }) => count(changed.size, 'commit'),
    findings: collateralChanges,
  },
  MEASURES,
  {
    name: 'the journal and the target tell the same story',
    promise: 'P7',
    examined: ({ commits }) => count(commits.size, 'commit'),
    findings: untoldStories,
  },
];

const count = (n: number, one: string, many = `${one}s`): string => `${n} ${n === 1 ? one : many}`;
const short = (commit: string): string => commit.slice(0, 12);

// ───────────────────────── P1 ─────────────────────────

function lostTasks({ claims }: Facts): string[] {
  if (claims.closedAt === undefined) return [];
  const live = [...claims.tasks].filter(([, state]) => state === 'live');
  return live.map(([task]) => `the run is closed and ${task} never came to an end`);
}

function missingLandings({ claims, commits }: Facts): string[] {
  const gone = [...claims.landed.values()].filter((member) => !commits.has(member.commit));
  return gone.map((m) => `${m.task} landed as ${short(m.commit)}, which is not on ${claims.landOn}`);
}

// ───────────────────────── P2 ─────────────────────────

function ownMarks({ claims, markings }: Facts) {
  return [...markings].flatMap(([commit, marking]) =>
    marking.kind === 'mark' && marking.mark.run === claims.run ? [{ commit, ...marking.mark }] : [],
  );
}

/** A landing that was taken back in the open may be followed by another. */
function doubleLandings(facts: Facts): string[] {
  const byTask = Map.groupBy(ownMarks(facts), (mark) => mark.task);
  const twice = [...byTask].filter(([task, marks]) => marks.length > 1 && !facts.claims.takenBack.has(task));
  return twice.map(
    ([task, marks]) => `${task} is on the target as ${marks.map((m) => short(m.commit)).join(' and ')}`,
  );
}

// ───────────────────────── P3 ─────────────────────────

const presentMembers = (facts: Facts): readonly Member[] =>
  [...landedMembers(facts.claims), ...(facts.inFlight?.members ?? [])].filter((m) =>
    facts.commits.has(m.commit),
  );

function wrongTrailers(facts: Facts): string[] {
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
  const { run, task, attempt, gate, tree } = marking.mark;
  if (run !== claims.run) return `${name} names run ${run}`;
  if (task !== member.task || attempt !== member.attempt) return `${name} names ${task} and ${attempt}`;
  if (gate !== claims.gateHash) return `${name} names gate ${gate}, the run's is ${claims.gateHash}`;
  const real = commits.get(member.commit)!.tree;
  return tree === real ? undefined : `${name} names tree ${short(tree)} and has tree ${short(real)}`;
}

/** Landings whose candidate is known and on the target: recorded, found, or published and not yet recorded. */
function ownLandings({ claims, commits, inFlight }: Facts): readonly Landing[] {
  const told = claims.moves.flatMap((m) => ('landing' in m && m.landing ? [m.landing] : []));
  return [...new Set([...told, ...(inFlight ? [inFlight] : [])])].filter((l) =>
    commits.has(l.candidate.commit),
  );
}

function untestedLandings(facts: Facts): string[] {
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

function offTheLine(facts: Facts): string[] {
  const { claims, commits, chain } = facts;
  const line = new Set(chain);
  return ownLandings(facts).flatMap(({ id, members, candidate }) => {
    const parents = commits.get(candidate.commit)!.parents.length;
    const isBatch = members.length > 1;
    if (!line.has(candidate.commit)) {
      return [`${id} (${short(candidate.commit)}) is not on the first-parent line of ${claims.landOn}`];
    }
    if (!isBatch && parents !== 1) return [`${id} (${short(candidate.commit)}) has ${parents} parents`];
    if (!isBatch && members[0]?.commit !== candidate.commit)
      return [`${id}: its task's commit is not its candidate`];
    return [];
  });
}

// ───────────────────────── P4 ─────────────────────────

function backwardMoves({ claims, commits, tip, isBaseBelow }: Facts): string[] {
  const { moves, landOn, base } = claims;
  if (tip === undefined) return moves.some(isOurs) ? [`${landOn} is gone`] : [];
  if (!isBaseBelow) return [`${landOn} no longer has the run's base ${short(base)} below it`];
  const findings: string[] = [];
  let at = base;
  for (const move of moves) {
    const onto = startOf(move);
    if (onto !== undefined && onto !== at) {
      findings.push(
        `entry ${move.seq}: moved from ${short(onto)} to ${short(move.to)} while the target was at ${short(at)}`,
      );
    }
    at = move.to;
  }
  const isReached = at === base || commits.has(at);
  if (!isReached)
    findings.push(
      `${landOn} is at ${short(tip)}, which does not have ${short(at)}, its last known value, below it`,
    );
  const closed = claims.closedAt;
  if (closed !== undefined && closed !== at) {
    findings.push(`the run closed at ${short(closed)} while the target was at ${short(at)}`);
  }
  return findings;
}

const isOurs = (move: Move): boolean => move.by !== 'others';

/** The value a move says it started from; undefined where the journal does not say. */
function startOf(move: Move): string | undefined {
  return 'landing' in move ? move.landing?.candidate.parent : move.from;
}

// ───────────────────────── P5 ─────────────────────────

function collateralChanges(facts: Facts): string[] {
  const single = landedMembers(facts.claims).flatMap((m) => collateralOf(facts, m.task, m.commit, [m]));
  const batches = ownLandings(facts).filter((landing) => landing.members.length > 1);
  return [...single, ...batches.flatMap((l) => collateralOf(facts, l.id, l.candidate.commit, l.members))];
}

function collateralOf(facts: Facts, name: string, commit: string, members: readonly Member[]): string[] {
  const changed = facts.changed.get(commit);
  if (!changed) return [];
  const branches = members.map(
    (m) => facts.branchPaths.get(m.attempt) ?? facts.claims.paths.get(m.attempt)?.files,
  );
  if (branches.includes(undefined))
    return [`${name} (${short(commit)}) landed and no branch was handed in for it`];
  const allowed = new Set(branches.flat());
  const extra = changed.filter((path) => !allowed.has(path));
  return extra.length === 0
    ? []
    : [`${name} (${short(commit)}) also changes ${some(extra.map((p) => JSON.stringify(p)))}`];
}

function wrongMeasures({ claims, branchPaths }: Facts): string[] {
  return [...branchPaths].flatMap(([attempt, paths]) => {
    const told = new Set(claims.paths.get(attempt)!.files);
    const isSame = told.size === paths.length && paths.every((path) => told.has(path));
    return isSame ? [] : [`${attempt} changed ${count(paths.length, 'path')}, the journal says ${told.size}`];
  });
}

// ───────────────────────── P7 ─────────────────────────

function untoldStories(facts: Facts): string[] {
  const told = new Set(landedMembers(facts.claims).map((member) => member.commit));
  for (const member of facts.inFlight?.members ?? []) told.add(member.commit);
  const silent = ownMarks(facts).filter((mark) => !told.has(mark.commit));
  return [
    ...facts.claims.contradictions,
    ...silent.map(
      (mark) => `${mark.task} is on the target as ${short(mark.commit)} and the journal does not say so`,
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

/** The first few of many. */
export function some(things: readonly string[], most = 5): string {
  const rest = things.length - most;
  return rest > 0 ? `${things.slice(0, most).join(', ')} and ${rest} more` : things.join(', ');
}

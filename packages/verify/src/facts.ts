/** Everything the checks look at, gathered once from git and the journal. Nothing is judged here. */
import type { Claims, Landing, Member, Undo } from './claims.ts';
import { type Commit, type GitReader, openGit } from './git.ts';
import { type Marking, markingOf } from './trailers.ts';

export interface Facts {
  readonly claims: Claims;
  /** The value of the reference now; undefined when it is gone. */
  readonly tip: string | undefined;
  /** Whether the run's base is among the ancestors of the tip. */
  readonly isBaseBelow: boolean;
  /** What came after the base, whatever line of history it is on. */
  readonly commits: ReadonlyMap<string, Commit>;
  /** The first-parent line from just above the base to the tip, oldest first. */
  readonly chain: readonly string[];
  readonly markings: ReadonlyMap<string, Marking>;
  /** Paths each landed commit changed against its first parent, by git. */
  readonly changed: ReadonlyMap<string, readonly string[]>;
  /** Paths each landed attempt's branch changed, by git, where a hub still has the branch. */
  readonly branchPaths: ReadonlyMap<string, readonly string[]>;
  /**
   * A landing that passed and was published while its entry was not yet written: what a kill at that instant
   * leaves behind, to be found by the next start. Only on the tip, and only while the run is open.
   */
  readonly inFlight: Landing | undefined;
  /** The same of an undo, which may also follow the end of a run. */
  readonly undoInFlight: Undo | undefined;
}

export async function gatherFacts(ask: {
  readonly repository: string;
  readonly hubPath?: string | undefined;
  readonly claims: Claims;
}): Promise<Facts> {
  const { claims } = ask;
  const git = await openGit(ask.repository);
  const tip = await git.head(claims.landOn);
  const isBaseBelow =
    tip !== undefined && (await git.has(claims.base)) && (await git.isAncestor(claims.base, tip));
  const list = tip !== undefined && isBaseBelow ? await git.commits(claims.base, tip) : [];
  const commits = new Map(list.map((commit) => [commit.id, commit]));
  const landed = landedMembers(claims);
  return {
    claims,
    tip,
    isBaseBelow,
    commits,
    chain: firstParents(commits, tip),
    markings: new Map(list.map((commit) => [commit.id, markingOf(commit.message)])),
    changed: await changedBy(git, commits, landed),
    branchPaths: ask.hubPath ? await branchPaths(await openGit(ask.hubPath), claims, landed) : new Map(),
    inFlight: claims.closedAt === undefined ? inFlight(claims, tip) : undefined,
    undoInFlight: claims.moves.some((move) => move.to === tip) ? undefined : claims.undos.get(tip ?? ''),
  };
}

/** Every task's commit that was ever landed, whether it was taken back or not. */
export function landedMembers(claims: Claims): readonly Member[] {
  const landed = claims.moves.flatMap((move) => (move.by === 'landing' ? move.landing.members : []));
  return [...landed, ...claims.landed.values()].filter(
    (member, index, all) => all.findIndex((m) => m.commit === member.commit) === index,
  );
}

function firstParents(commits: ReadonlyMap<string, Commit>, tip: string | undefined): readonly string[] {
  const chain: string[] = [];
  for (let at = tip && commits.get(tip); at; at = commits.get(at.parents[0] ?? '')) chain.unshift(at.id);
  return chain;
}

async function changedBy(
  git: GitReader,
  commits: ReadonlyMap<string, Commit>,
  landed: readonly Member[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const changed = new Map<string, readonly string[]>();
  for (const { commit } of landed) {
    const parent = commits.get(commit)?.parents[0];
    if (parent) changed.set(commit, await git.changedPaths(parent, commit));
  }
  return changed;
}

async function branchPaths(
  hub: GitReader,
  claims: Claims,
  landed: readonly Member[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const paths = new Map<string, readonly string[]>();
  for (const { attempt } of landed) {
    const change = claims.paths.get(attempt);
    if (!change || !(await hub.has(change.commit)) || !(await hub.has(change.base))) continue;
    paths.set(attempt, await hub.changedPaths(change.base, change.commit));
  }
  return paths;
}

function inFlight(claims: Claims, tip: string | undefined): Landing | undefined {
  const isRecorded = claims.moves.some((move) => move.to === tip);
  if (isRecorded) return undefined;
  return [...claims.landings.values()].find((l) => l.candidate.commit === tip && isGated(claims, l));
}

/** Commits on the target that say they are this run's. */
export function ownMarks({ claims, markings }: Facts) {
  return [...markings].flatMap(([commit, marking]) =>
    marking.kind === 'mark' && marking.mark.run === claims.run ? [{ commit, ...marking.mark }] : [],
  );
}

/** Commits on the target that say they take landings of this run back. */
export function ownUndos({ claims, markings }: Facts) {
  return [...markings].flatMap(([commit, marking]) =>
    marking.kind === 'undo' && marking.mark.run === claims.run ? [{ commit, ...marking.mark }] : [],
  );
}

/** Commits on the target that say they are a batch of this run's. */
export const ownSeals = ({ claims, markings }: Facts): readonly string[] =>
  [...markings].flatMap(([commit, marking]) =>
    marking.kind === 'seal' && marking.run === claims.run ? [commit] : [],
  );

/** Landed commits that are on the target. */
export const presentMembers = (facts: Facts): readonly Member[] =>
  [...landedMembers(facts.claims), ...(facts.inFlight?.members ?? [])].filter((m) =>
    facts.commits.has(m.commit),
  );

/** Landings whose candidate is known and on the target: recorded, found, or published and not yet recorded. */
export function ownLandings({ claims, commits, inFlight }: Facts): readonly Landing[] {
  const told = claims.moves.flatMap((m) => ('landing' in m && m.landing ? [m.landing] : []));
  return [...new Set([...told, ...(inFlight ? [inFlight] : [])])].filter((l) =>
    commits.has(l.candidate.commit),
  );
}

/** The gate passed on exactly this candidate, or failed with nothing but what the base failed with; or there was none to ask. */
export function isGated(claims: Claims, landing: Pick<Landing, 'gate'>): boolean {
  const { gate } = landing;
  if (claims.gateHash === 'none') return gate === undefined || gate.outcome === 'none';
  const mayLand = gate?.outcome === 'passed' || (gate?.outcome === 'no-worse' && gate.isKnown);
  return mayLand && gate.gate === claims.gateHash;
}

/**
 * What landed, in the order in which a person should look at it: what nothing has verified first, then what touches the
 * gate or other people's machines, then what reaches furthest. Only changes that are on the target now are among them.
 */
import type { GateChange, Handoff, TestsTried } from '../model/handoff.ts';
import type { CommitId, TaskId } from '../model/ids.ts';
import type { Vote } from '../model/review.ts';
import type { Task, TaskSource } from '../model/task.ts';
import { addUsage, NO_USAGE, tokensOf } from '../model/usage.ts';
import { outsideScope } from '../rules/change-rules.ts';
import { type Standing, standings } from '../rules/criteria.ts';
import { isPartOf } from '../rules/owners.ts';
import { touchedChanges } from '../rules/protected.ts';
import { holdsNow } from '../rules/rechecks.ts';
import type { State } from '../state.ts';
import { standingText } from './criteria.ts';
import { gatedCommits, isVerified } from './verified.ts';
import { plain } from './words.ts';

/** Most paths named of one change. */
export const PATHS_MAX = 20;

export interface ReportChange {
  readonly task: TaskId;
  readonly title: string;
  /** Who asked for it, and in what words. */
  readonly reason: string;
  readonly commit: CommitId;
  readonly verified: 'verified' | 'unverified';
  /** What it was shown by, and what speaks against it. */
  readonly evidence: readonly string[];
  /** The first of them; `files` says how many there are. */
  readonly paths: readonly string[];
  readonly files: number;
  readonly linesAdded: number;
  readonly linesRemoved: number;
  /** What of it the gate runs or goes by, or acts on other people's machines. */
  readonly touches: readonly GateChange[];
  /** Paths it had not declared. */
  readonly outside: number;
  /** Tasks that were built on it. */
  readonly dependents: readonly TaskId[];
  readonly tests?: TestsTried;
  readonly votes?: readonly Pick<Vote, 'reviewer' | 'vote' | 'confidence'>[];
  /** Of all its attempts. */
  readonly attempts: number;
  readonly tokens: number;
  readonly costUsd: number;
  readonly priced: boolean;
  /** The command that takes it back. */
  readonly undo: string;
}

type Landed = Task & { readonly state: 'landed' };

/** Worth looking at first, first. */
export function changes(s: State): readonly ReportChange[] {
  const gated = gatedCommits(s);
  const held = Map.groupBy(standings(s), ({ task }) => task);
  const spent = spendingByTask(s);
  const all = [...s.byState.landed].map((id) => {
    const task = s.tasks.get(id) as Landed;
    return changeOf(s, task, { gated, held: held.get(id) ?? [], spent: spent.get(id) ?? NO_USAGE });
  });
  return all.sort(
    (a, b) => isUnsure(b) - isUnsure(a) || isDelicate(b) - isDelicate(a) || reach(b) - reach(a),
  );
}

const isUnsure = ({ verified, evidence }: ReportChange): number =>
  Number(verified === 'unverified' || evidence.some((one) => one.startsWith('failed')));
const isDelicate = ({ touches }: ReportChange): number => Number(touches.length > 0);

/** How far it reaches: a file weighs as much as fifty lines, and a task that was built on it as much as five files. */
function reach({ files, linesAdded, linesRemoved, dependents, outside, tests }: ReportChange): number {
  const lines = (linesAdded + linesRemoved) / 50;
  return files + lines + 5 * dependents.length + 2 * outside + (tests?.says === 'nothing' ? 2 : 0);
}

interface Known {
  readonly gated: ReadonlySet<CommitId>;
  readonly held: readonly Standing[];
  readonly spent: typeof NO_USAGE;
}

function changeOf(s: State, task: Landed, { gated, held, spent }: Known): ReportChange {
  const made = task.attempt === undefined ? undefined : s.attempts.get(task.attempt);
  const handoff = made?.state === 'ended' ? made.handoff : undefined;
  const paths = handoff?.change?.filesChanged ?? [];
  const votes = task.voted?.attempt === task.attempt ? task.voted?.votes : undefined;
  return {
    task: task.id,
    title: plain(task.spec.title),
    reason: reasonOf(task),
    commit: task.commit,
    verified: isVerified(s, task, gated) ? 'verified' : 'unverified',
    evidence: evidenceOf(s, task, gated, held),
    paths: paths.slice(0, PATHS_MAX).map((path) => plain(path, 400)),
    files: paths.length,
    linesAdded: handoff?.change?.linesAdded ?? 0,
    linesRemoved: handoff?.change?.linesRemoved ?? 0,
    touches: touchesOf(s, paths, handoff),
    outside: outsideScope(task.spec.scope, paths).length,
    dependents: s.dependents.get(task.id) ?? [],
    ...(handoff?.tests && { tests: testsOf(handoff.tests) }),
    ...(votes && votes.length > 0 && { votes: votes.map(voteOf) }),
    attempts: task.attempts,
    tokens: tokensOf(spent),
    costUsd: spent.costUsd,
    priced: spent.priced,
    undo: `swarm undo ${task.id}`,
  };
}

const voteOf = ({ reviewer, vote, confidence }: Vote) => ({
  reviewer: plain(reviewer, 100),
  vote,
  confidence,
});

const testsOf = ({ files, says, by, detail }: TestsTried): TestsTried => ({
  files: files.slice(0, PATHS_MAX).map((file) => plain(file, 400)),
  says,
  ...(by !== undefined && { by: plain(by) }),
  detail: plain(detail),
});

const SOURCES: Readonly<Record<TaskSource['by'], string>> = {
  planner: 'the planner',
  plan: 'the plan',
  subplanner: 'the subplanner',
  reconciler: 'the reconciler',
  operator: 'the operator',
  land: 'a branch',
  pipeline: 'the pipeline',
  candidates: 'a contender',
};

function reasonOf({ source, spec }: Task): string {
  const words = plain(spec.acceptance || spec.description || spec.title, 200);
  const who = isPartOf(source) ? `${SOURCES[source.by]} of ${source.parent}` : SOURCES[source.by];
  return `${who}: ${words}`;
}

/** Only what was looked at by us; what its agent says of itself is none. */
function evidenceOf(
  s: State,
  task: Landed,
  gated: ReadonlySet<CommitId>,
  held: readonly Standing[],
): readonly string[] {
  const { verify } = task.spec;
  const own = verify === undefined ? [] : [verifyText(s, task, verify)];
  const gate = gated.has(task.commit) ? ['the gate passed on its landing'] : [];
  return [...held.map(standingText), ...own, ...gate];
}

function verifyText(s: State, task: Landed, verify: string): string {
  const command = plain(verify, 120);
  if (task.verifiesBase === true) return `tells nothing: its verify (${command}) passed before any work`;
  return holdsNow(s, task)
    ? `its verify (${command}) passes on the head`
    : `unverified: its verify (${command}) was not seen to pass on the head`;
}

function touchesOf(s: State, paths: readonly string[], handoff: Handoff | undefined): readonly GateChange[] {
  const { gate, protect = [] } = s.run?.request ?? {};
  const files = touchedChanges({ paths, gate, protect, manifests: [] });
  return [...files, ...(handoff?.scripts ?? [])]
    .slice(0, PATHS_MAX)
    .map(({ path, why }) => ({ path: plain(path, 400), why: plain(why) }));
}

function spendingByTask(s: State): ReadonlyMap<TaskId, typeof NO_USAGE> {
  const spent = new Map<TaskId, typeof NO_USAGE>();
  for (const attempt of s.attempts.values())
    if (attempt.state === 'ended')
      spent.set(attempt.task, addUsage(spent.get(attempt.task) ?? NO_USAGE, attempt.usage));
  return spent;
}

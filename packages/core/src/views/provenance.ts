/** What is known of a task beside its story: why it was done, by whom, on what evidence, at what cost. */
import type { Entry } from '../events.ts';
import { type AttemptId, type LandingId, type TaskId, taskOf } from '../model/ids.ts';
import type { TaskSource, TaskStateName } from '../model/task.ts';
import { addUsage, NO_USAGE, tokensOf, type Usage } from '../model/usage.ts';
import type { State } from '../state.ts';
import { voteText } from './votes.ts';
import { plain, plainLines } from './words.ts';

export interface TaskProvenance {
  readonly task: TaskId;
  readonly title: string;
  readonly state: TaskStateName;
  /** Its description, or the title where that says it all. */
  readonly reason: string;
  readonly source: TaskSource['by'];
  readonly attempts: number;
  /** The one that delivered what landed, else the last. */
  readonly attempt?: AttemptId;
  readonly driver?: string;
  readonly model?: string;
  /** Of the prompt its agent was given. */
  readonly promptHash?: string;
  readonly summary?: string;
  readonly concerns: readonly string[];
  readonly verify?: string;
  /** What its own check said before any work: one that passed tells nothing. */
  readonly verifyBefore?: 'passed' | 'failed';
  /** The landing that put it on the target, with the gate's word. */
  readonly landing?: { readonly landing: LandingId; readonly gate: string; readonly durationMs: number };
  readonly votes: readonly string[];
  readonly files: number;
  readonly linesAdded: number;
  readonly linesRemoved: number;
  /** Of all its attempts. */
  readonly usage: Usage;
  readonly tokens: number;
}

const TEXT_MAX = 4_000;

/** Every vote by what it was given on. */
export function votesByAttempt(entries: Iterable<Entry>): ReadonlyMap<AttemptId, readonly string[]> {
  const votes = new Map<AttemptId, string[]>();
  for (const { events } of entries)
    for (const event of events) {
      if (event.type !== 'review.given') continue;
      const findings = event.findings.map((one) => plain(one, 300)).join('; ');
      const text = findings === '' ? voteText(event) : `${voteText(event)}: ${findings}`;
      votes.set(event.attempt, [...(votes.get(event.attempt) ?? []), text]);
    }
  return votes;
}

export function provenanceOf(
  state: State,
  votes: ReadonlyMap<AttemptId, readonly string[]>,
  id: TaskId,
): TaskProvenance {
  const task = state.tasks.get(id)!;
  const all = [...state.attempts.values()].filter((one) => one.task === id);
  const own = 'attempt' in task && task.attempt ? state.attempts.get(task.attempt) : all.at(-1);
  const handoff = own?.state === 'ended' ? own.handoff : undefined;
  const said = handoff ?? ('handoff' in task ? task.handoff : undefined);
  const usage = all.reduce((sum, one) => (one.state === 'ended' ? addUsage(sum, one.usage) : sum), NO_USAGE);
  const landing = landingOf(state, id);
  const { spec } = task;
  return {
    task: id,
    title: plain(spec.title),
    state: task.state,
    reason: plainLines(spec.description || spec.title, TEXT_MAX).join('\n'),
    source: task.source.by,
    attempts: task.attempts,
    ...(own && { attempt: own.id }),
    ...(own?.driver && { driver: plain(own.driver, 100) }),
    ...(own?.model && { model: plain(own.model, 100) }),
    ...(own?.promptHash && { promptHash: plain(own.promptHash, 100) }),
    ...(said && { summary: plainLines(said.summary, TEXT_MAX).join('\n') }),
    concerns: (said?.concerns ?? []).map((one) => plain(one, 1_000)),
    ...(spec.verify !== undefined && { verify: plain(spec.verify, 1_000) }),
    ...(task.verifiesBase !== undefined && { verifyBefore: task.verifiesBase ? 'passed' : 'failed' }),
    ...(landing && { landing }),
    votes: all.flatMap((one) => votes.get(one.id) ?? []),
    files: handoff?.change?.filesChanged.length ?? 0,
    linesAdded: handoff?.change?.linesAdded ?? 0,
    linesRemoved: handoff?.change?.linesRemoved ?? 0,
    usage,
    tokens: tokensOf(usage),
  };
}

/** The newest that had it as a member and a verdict. */
function landingOf(state: State, id: TaskId): TaskProvenance['landing'] {
  const held = [...state.landings.values()].filter(
    ({ members, gate }) => gate !== undefined && members.some((one) => taskOf(one.attempt) === id),
  );
  const last = held.at(-1);
  if (!last?.gate) return undefined;
  return { landing: last.id, gate: last.gate.outcome, durationMs: last.gate.durationMs };
}

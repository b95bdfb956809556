/** Reviewers who vote as they like: for, against, not at all, twice, late, or on what nobody asks about any more. */
import type { Command } from '@swarm/core/commands';
import type { Decision } from '@swarm/core/decide';
import type { Refusal } from '@swarm/core/errors';
import type { Entry } from '@swarm/core/events';
import { type AttemptId, type CommitId, taskOf } from '@swarm/core/model/ids';
import type { VoteKind } from '@swarm/core/model/review';
import { NO_USAGE, type Usage } from '@swarm/core/model/usage';
import { reservationFor } from '@swarm/core/rules/budget';
import { opened } from '@swarm/core/state';
import type { Orchestrator } from '@swarm/orchestrator';
import type { World } from '../sim/world.ts';
import { USD_PER_TOKEN } from './agent.ts';

/** One process, as those who work beside its loop see it. */
export interface Desk {
  readonly world: World;
  readonly orchestrator: Orchestrator;
  readonly isAlive: () => boolean;
}

/** What one review costs, tokens. */
const REVIEW_TOKENS = 3_000;
/** What a reviewer does instead of an answer is noticed after so long, virtual ms. */
const SILENCE_MS = 1_800_000;

type Given = Extract<Command, { readonly type: 'giveReview' }>;
type Asked = Pick<Given, 'attempt' | 'commit' | 'reviewer'>;

export function twinReviewers(desk: Desk): (entry: Entry) => void {
  // What a process before this one began is begun again.
  for (const id of desk.world.durable.byState.reviewing) {
    const task = desk.world.durable.tasks.get(id)!;
    if (task.state !== 'reviewing') continue;
    const { commit, reviewers, votes } = task.review;
    for (const reviewer of reviewers)
      if (!votes.some((vote) => vote.reviewer === reviewer))
        begin(desk, { attempt: task.attempt, commit, reviewer });
  }
  return ({ events }) => {
    for (const e of events)
      if (e.type === 'review.asked')
        for (const reviewer of e.reviewers) begin(desk, { attempt: e.attempt, commit: e.commit, reviewer });
  };
}

function begin(desk: Desk, asked: Asked): void {
  const { world } = desk;
  world.scheduler.after(world.random.between(1_000, 1_200_000), () => {
    if (isOpen(desk, asked)) void review(desk, asked);
  });
}

const isOpen = ({ world, isAlive }: Desk, { attempt, commit }: Asked): boolean => {
  const task = world.durable.tasks.get(taskOf(attempt));
  return (
    isAlive() && task?.state === 'reviewing' && task.attempt === attempt && task.review.commit === commit
  );
};

/** A part of the budget is set aside first; who gets none has nothing to say. */
async function review(desk: Desk, asked: Asked): Promise<void> {
  const { world, orchestrator } = desk;
  const state = opened(orchestrator.state);
  if (state.paused && !state.spending.reached) return begin(desk, asked);
  if (world.random.chance(0.05)) return abstainLate(desk, asked);
  const reserved = reservationFor(state, 'reviewer');
  const answer = reserved && (await ask(desk, { type: 'reserveSpend', role: 'reviewer', reserved }));
  const slice = answer?.kind === 'decision' ? sliceOf(answer) : undefined;
  if (!desk.isAlive()) return;
  if (slice === undefined) return vote(desk, asked, 'abstain', NO_USAGE);
  world.scheduler.after(world.random.between(1_000, 600_000), () => {
    if (!desk.isAlive()) return;
    const usage = spend(world, reserved!.tokens);
    if (world.random.chance(0.1)) void voteElsewhere(desk, asked);
    vote(desk, asked, drawVote(world), usage, slice);
  });
}

const sliceOf = ({ events }: Decision): number | undefined =>
  events.flatMap((e) => (e.type === 'spend.reserved' ? [e.slice] : []))[0];

function abstainLate(desk: Desk, asked: Asked): void {
  desk.world.scheduler.after(SILENCE_MS, () => {
    if (isOpen(desk, asked)) vote(desk, asked, 'abstain', NO_USAGE);
  });
}

function vote(desk: Desk, asked: Asked, kind: VoteKind, usage: Usage, slice?: number): void {
  const { random } = desk.world;
  const given: Given = {
    type: 'giveReview',
    ...asked,
    vote: kind,
    confidence: random.chance(0.1) ? 0 : random.between(0, 1_000) / 1_000,
    findings: kind === 'approve' ? [] : [`${asked.reviewer} has a doubt`],
    usage,
    ...(slice !== undefined && { slice }),
  };
  void ask(desk, given).then((answer) => {
    const isRefused = answer.kind === 'refusal';
    if (isRefused && slice !== undefined) void ask(desk, { type: 'recordSpend', slice, usage });
    if (!isRefused && random.chance(0.1))
      void expectRefusal(desk, { ...given, vote: 'approve' }, 'a second vote');
  });
}

/** A vote on what nobody asks about is none. */
const voteElsewhere = (desk: Desk, asked: Asked): Promise<void> => {
  const { slice: _, ...given } = { type: 'giveReview' as const, ...asked, slice: undefined };
  const commit = desk.world.random.chance(0.5) ? desk.world.base : ('0'.repeat(40) as CommitId);
  const about = { vote: 'approve' as const, confidence: 1, findings: [], usage: NO_USAGE };
  return expectRefusal(desk, { ...given, ...about, commit }, 'a vote on another commit');
};

async function expectRefusal(desk: Desk, given: Given, what: string): Promise<void> {
  const answer = await ask(desk, given);
  desk.world.expect(answer.kind === 'refusal', `votes: ${what} on ${given.attempt as AttemptId} counts`);
}

function drawVote({ random }: World): VoteKind {
  const roll = random.next();
  if (roll < 0.7) return 'approve';
  if (roll < 0.82) return 'reject';
  return roll < 0.87 ? 'block' : 'abstain';
}

function spend(world: World, reserved: number): Usage {
  const inputTokens = reserved === 0 ? REVIEW_TOKENS : Math.min(REVIEW_TOKENS, Math.floor(reserved));
  world.spentTokens += inputTokens;
  return { ...NO_USAGE, calls: 1, inputTokens, costUsd: inputTokens * USD_PER_TOKEN };
}

const ask = (desk: Desk, command: Command): Promise<Decision | Refusal> => desk.orchestrator.ask(command);

/** Several that try one task, followed from the journal alone by code of its own. */
import type { Event, EventOf } from '@swarm/core/events';
import { type TaskId, taskOf } from '@swarm/core/model/ids';
import { tokensOf } from '@swarm/core/model/usage';

/** One of them, as far as it has come. */
export interface Tried {
  readonly task: TaskId;
  readonly nth: number;
  readonly hasVerify: boolean;
  usd: number;
  tokens: number;
  /** What it handed in, and nobody took away; `nothing`: it found nothing to do. */
  brings: EventOf<'attempt.ended'>['handoff'] | 'nothing' | undefined;
  /** How its last attempt ended. */
  ending: string | undefined;
}

export interface Contest {
  readonly whole: TaskId;
  readonly tried: Tried[];
  rounds: number;
  winner: TaskId | undefined;
}

export class ContestLedger {
  /** By task: the last contest of it. */
  readonly contests = new Map<TaskId, Contest>();
  /** By each of those that try. */
  readonly of = new Map<TaskId, Contest>();
  readonly lost = new Set<TaskId>();
  readonly #givenUp = new Set<TaskId>();

  take(e: Event): void {
    if (e.type === 'task.expanded' && e.by === 'candidates')
      this.contests.set(e.task, { whole: e.task, tried: [], rounds: 0, winner: undefined });
    if (e.type === 'task.accepted' && e.source.by === 'candidates') this.#add(e, e.source);
    if (e.type === 'attempt.ended') this.#end(e);
    if (e.type === 'landing.rejected') this.#drop(taskOf(e.attempt));
    if (e.type === 'task.cancelled' || e.type === 'task.failed') this.#drop(e.task);
    if (e.type === 'task.cancelled') this.#givenUp.add(e.task);
    if (e.type === 'contest.failed') this.contests.get(e.task)!.rounds = e.round;
    if (e.type !== 'contest.decided') return;
    this.contests.get(e.task)!.winner = e.winner;
    for (const { task } of e.lost) this.lost.add(task);
  }

  /** It waits until the others have ended. */
  isHeldBack(task: TaskId): boolean {
    const contest = this.of.get(task);
    return contest !== undefined && contest.winner !== task;
  }

  /** Somebody wanted it no more. */
  isGivenUp(task: TaskId): boolean {
    return this.#givenUp.has(task);
  }

  #add(
    e: EventOf<'task.accepted'>,
    { parent, nth }: { readonly parent: TaskId; readonly nth: number },
  ): void {
    const contest = this.contests.get(parent);
    if (!contest) return;
    const hasVerify = e.spec.verify !== undefined;
    const one = { task: e.task, nth, hasVerify, usd: 0, tokens: 0, brings: undefined, ending: undefined };
    contest.tried.push(one);
    this.of.set(e.task, contest);
  }

  #end(e: EventOf<'attempt.ended'>): void {
    const one = this.#one(taskOf(e.attempt));
    if (!one) return;
    one.usd += e.usage.costUsd;
    one.tokens += tokensOf(e.usage);
    one.ending = e.reason;
    one.brings = e.reason === 'handed-in' ? e.handoff : e.reason === 'unneeded' ? 'nothing' : undefined;
  }

  #drop(task: TaskId): void {
    const one = this.#one(task);
    if (one) one.brings = undefined;
  }

  #one(task: TaskId): Tried | undefined {
    return this.of.get(task)?.tried.find((one) => one.task === task);
  }
}

/** Reads the planner's answers in one iteration: each task is asked for the moment its object closes. */
import type { Command } from '@swarm/core/commands';
import type { Decision } from '@swarm/core/decide';
import type { Refusal } from '@swarm/core/errors';
import type { TicketResult } from '@swarm/core/ports/models';
import { openRequirements } from '@swarm/core/rules/requirements';
import type { TaskDraft } from '@swarm/core/rules/task-format';
import type { Context } from '../context.ts';
import { askAgain } from './ask-again.ts';
import type { Reader } from './looking.ts';
import { besideTools, nothingTaken, type Taken, take } from './plan-replies.ts';
import { type PlanEnd, PlanStream } from './plan-stream.ts';
import type { Seat } from './seat.ts';

/** Characters of an answer that are kept for people, from its beginning. */
const ANSWER_MAX = 64_000;

export class PlanReading implements Reader {
  readonly #context: Context<'files'>;
  readonly #seat: Seat;
  readonly #iteration: number;
  readonly #again = askAgain();
  #stream: PlanStream;
  #taken: Taken = nothingTaken();
  /** What the live answer has asked for so far. Awaited at its end: the stream never waits for a disk. */
  #asked: Promise<Decision | Refusal>[] = [];
  #waiting: readonly TaskDraft[] = [];
  /** How the last answer ended. */
  last: Pick<PlanEnd, 'outcome' | 'isDone'> = { outcome: 'unreadable', isDone: false };

  constructor(context: Context<'files'>, seat: Seat, iteration: number) {
    this.#context = context;
    this.#seat = seat;
    this.#iteration = iteration;
    this.#stream = new PlanStream(seat, iteration, context.state);
  }

  begin(): (piece: string) => void {
    this.#stream = new PlanStream(this.#seat, this.#iteration, this.#context.state, this.#waiting);
    this.#taken = nothingTaken();
    this.#asked = [];
    return (piece) => this.#ask(this.#stream.push(piece));
  }

  async beside(): Promise<string> {
    await this.#pause();
    return besideTools(this.#taken, this.#waiting);
  }

  async end(result: TicketResult, isLast: boolean): Promise<string | undefined> {
    this.last = await this.#pause();
    await this.#keep(result.text);
    const open = this.#seat.owner === undefined ? openRequirements(this.#context.state) : [];
    const answer = { end: result.end, ...this.last, taken: this.#taken, waiting: this.#waiting, open };
    const again = isLast ? undefined : this.#again(answer);
    if (again === undefined) await this.#settle(this.#stream.giveUp());
    return again;
  }

  async #pause(): Promise<PlanEnd> {
    const paused = this.#stream.pause();
    await this.#settle(paused.commands);
    this.#waiting = paused.waiting;
    return paused;
  }

  #ask(commands: readonly Command[]): void {
    for (const command of commands) this.#asked.push(this.#answered(command));
  }

  /** A cancellation that is refused is news: the planner would go on as if the task were gone. */
  async #answered(command: Command): Promise<Decision | Refusal> {
    const answer = await this.#context.ask(command);
    if (answer.kind !== 'refusal' || command.type !== 'cancelLabel') return answer;
    const label = `cancel ${command.label}`;
    // Whose word it is follows from the iteration; the run's planner is told without.
    const by = this.#seat.owner !== undefined && { iteration: this.#iteration };
    return this.#context.ask({ type: 'refuseTask', label, problem: answer.detail, ...by });
  }

  async #settle(commands: readonly Command[]): Promise<void> {
    this.#ask(commands);
    for (const answer of await Promise.all(this.#asked.splice(0))) take(this.#taken, answer);
  }

  async #keep(text: string): Promise<void> {
    if (text !== '')
      await this.#context.ports.files.writePlannerAnswer(this.#iteration, text.slice(0, ANSWER_MAX));
  }
}

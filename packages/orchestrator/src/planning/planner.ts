/**
 * The planner: one iteration after another. Each answer is read while it streams, so that workers start before the model
 * has finished; what a cut stream gave is kept; an answer nobody can read is an error to try again, never "no more
 * tasks".
 */
import type { IterationOutcome } from '@swarm/core/events';
import type { ModelTicket, TicketEnd } from '@swarm/core/ports/models';
import { reservationFor, ticketLimits } from '@swarm/core/rules/budget';
import { overflowIn } from '@swarm/core/rules/overflow';
import type { Context } from '../context.ts';
import { Briefing } from './briefing.ts';
import { LengthLimit } from './length.ts';
import { type Answered, lookAndAnswer } from './looking.ts';
import { PlanReading } from './plan-reading.ts';
import type { PlanEnd } from './plan-stream.ts';
import { planAt, RUN_SEAT, type Seat } from './seat.ts';

interface Ended {
  readonly outcome: IterationOutcome;
  readonly detail: string;
}

export class Planner {
  readonly #context: Context<'files' | 'log' | 'model' | 'prompts' | 'reader'>;
  readonly #seat: Seat;
  readonly #length: LengthLimit;
  readonly #briefing: Briefing;

  /** @param seat whose plan it is; absent: the run's. */
  constructor(context: Context<'files' | 'log' | 'model' | 'prompts' | 'reader'>, seat: Seat = RUN_SEAT) {
    this.#context = context;
    this.#seat = seat;
    this.#length = new LengthLimit(context, 'planner');
    this.#briefing = new Briefing(context, seat, this.#length);
  }

  /** Runs the live iteration to its end. */
  async iterate(iteration: number, signal: AbortSignal): Promise<void> {
    const { ask, ports } = this.#context;
    await this.#briefing.tell(iteration);
    const reading = new PlanReading(this.#context, this.#seat, iteration);
    const { result, usage } = await this.#answer(iteration, reading, signal);
    const { outcome, isDone } = reading.last;
    const ended = this.#ended(result.end, outcome);
    this.#briefing.end(ended.outcome, ended.detail);
    await ask({ type: 'endIteration', iteration, ...ended, isDone, usage });
    if (ended.outcome === 'down') {
      await ask({ type: 'pause', reason: 'endpoints-down', detail: ended.detail });
      ports.log.write('endpoint.down', { msg: ended.detail });
    }
  }

  #answer(iteration: number, reader: PlanReading, signal: AbortSignal): Promise<Answered> {
    const { state } = this.#context;
    const ticket = this.#ticket();
    return lookAndAnswer(this.#context, {
      who: this.#seat.who,
      ticket,
      reader,
      signal,
      messages: this.#briefing.messages,
      length: this.#length,
      commit: () => state.head,
      extend: () => this.#extend(iteration, ticket),
    });
  }

  /** For a look beforehand there is no iteration, and the whole budget bounds it. */
  #ticket(): ModelTicket {
    const { state, ports } = this.#context;
    const { limits } = state.run.request;
    const whole = { tokens: limits.tokens ?? 0, usd: limits.usd ?? 0 };
    return ports.model!.as(
      'planner',
      ticketLimits(limits, planAt(state, this.#seat)?.live?.reserved ?? whole, this.#seat.role),
    );
  }

  /** False when the run's budget has no further part for it. */
  async #extend(iteration: number, ticket: ModelTicket): Promise<boolean> {
    const { ask, state } = this.#context;
    const reserved = planAt(state, this.#seat)?.live && reservationFor(state, this.#seat.role);
    if (!reserved) return false;
    const answer = await ask({ type: 'extendIteration', iteration, reserved });
    if (answer.kind === 'refusal') return false;
    ticket.extend(ticketLimits(state.run.request.limits, reserved, this.#seat.role));
    return true;
  }

  #ended(end: TicketEnd, read: PlanEnd['outcome']): Ended {
    switch (end.kind) {
      case 'over-budget':
        return { outcome: 'failed', detail: `its part of the budget is used up: ${end.why}` };
      case 'tools':
        if (read === 'whole') return { outcome: 'planned', detail: '' };
        return { outcome: 'failed', detail: 'it went on calling tools when it was to answer' };
      case 'stopped':
      case 'length':
        if (read === 'whole') return { outcome: 'planned', detail: '' };
        return {
          outcome: read,
          detail: read === 'cut' ? 'the answer ends in the middle' : 'there is no plan in the answer',
        };
      case 'cut':
        return { outcome: 'cut', detail: end.why };
      case 'refused':
        return { outcome: 'failed', detail: end.why };
      case 'aborted':
        return { outcome: 'lost', detail: 'it was stopped' };
      case 'down':
        return { outcome: 'down', detail: end.why };
      case 'auth':
      case 'quota':
        return this.#halted(end);
      case 'bad-request':
        // A conversation that has grown too long begins anew.
        if (this.#briefing.hasGrown && overflowIn(end.why) !== undefined)
          return { outcome: 'failed', detail: end.why };
        return this.#halted(end);
    }
  }

  #halted({ kind, why, ...about }: Extract<TicketEnd, { kind: 'auth' | 'quota' | 'bad-request' }>): Ended {
    this.#context.halt({ why: kind, detail: why, ...about });
    return { outcome: 'failed', detail: why };
  }
}

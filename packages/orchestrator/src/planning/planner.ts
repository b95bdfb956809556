/**
 * The planner: one iteration after another over one conversation. Each answer is read while it streams, so that
 * workers start before the model has finished; what a cut stream gave is kept; an answer nobody can read is an
 * error to try again, never "no more tasks".
 */
import type { Command } from '@swarm/core/commands';
import type { Decision } from '@swarm/core/decide';
import type { Refusal } from '@swarm/core/errors';
import type { IterationOutcome } from '@swarm/core/events';
import { addUsage, NO_USAGE, tokensOf, type Usage } from '@swarm/core/model/usage';
import type { ModelTicket, TicketEnd, TicketResult, ToolCall } from '@swarm/core/ports/models';
import { reservationFor, ticketLimits } from '@swarm/core/rules/budget';
import { openRequirements } from '@swarm/core/rules/requirements';
import type { TaskDraft } from '@swarm/core/rules/task-format';
import type { Context } from '../context.ts';
import { askAgain } from './ask-again.ts';
import { Briefing } from './briefing.ts';
import { answerCalls, askForTheAnswer, coversTwice, saidBy, TOOL_ROUNDS_MAX } from './looking.ts';
import { besideTools, nothingTaken, reply, type Taken, take } from './plan-replies.ts';
import { PlanStream } from './plan-stream.ts';
import { PLANNER_TOOLS } from './planner-tools.ts';

/** Characters of an answer that are kept for people, from its beginning. */
const ANSWER_MAX = 64_000;

interface Answered {
  readonly outcome: IterationOutcome;
  readonly isDone: boolean;
  readonly detail: string;
  readonly usage: Usage;
}

export class Planner {
  readonly #context: Context<'files' | 'log' | 'model' | 'prompts' | 'reader'>;
  readonly #briefing: Briefing;

  constructor(context: Context<'files' | 'log' | 'model' | 'prompts' | 'reader'>) {
    this.#context = context;
    this.#briefing = new Briefing(context);
  }

  /** Runs the live iteration to its end. */
  async iterate(iteration: number, signal: AbortSignal): Promise<void> {
    const { ask, ports } = this.#context;
    await this.#briefing.tell(iteration);
    const answered = await this.#answer(iteration, signal);
    this.#briefing.end(iteration, answered.outcome, answered.detail);
    await ask({ type: 'endIteration', iteration, ...answered });
    if (answered.outcome === 'down') {
      await ask({ type: 'pause', reason: 'endpoints-down', detail: answered.detail });
      ports.log.write('endpoint.down', { msg: answered.detail });
    }
  }

  // ───────────── what it answers ─────────────

  async #answer(iteration: number, signal: AbortSignal): Promise<Answered> {
    const ticket = this.#ticket();
    const left = askAgain();
    let usage = NO_USAGE;
    let waiting: readonly TaskDraft[] = [];
    for (let round = 0, lastTokens = 0; ; round++) {
      // What tools gave is of no use without the answer that follows: one more call must be left for that.
      const isTight = !coversTwice(ticket.left(), lastTokens) && !(await this.#extend(iteration, ticket));
      const isLast = round >= TOOL_ROUNDS_MAX || isTight;
      if (isLast) askForTheAnswer(this.#briefing.messages);
      const stream = new PlanStream(iteration, this.#context.state, waiting);
      const taken = nothingTaken();
      const result = await this.#call(ticket, stream, taken, isLast, signal);
      usage = addUsage(usage, result.usage);
      lastTokens = tokensOf(result.usage);
      if (result.end.kind === 'over-budget' && (await this.#extend(iteration, ticket))) continue;
      if (result.end.kind === 'tools' && !isLast) {
        waiting = await this.#lookOn(stream, taken, result, result.end.calls, signal);
        continue;
      }
      const paused = stream.pause();
      await this.#ask(paused.commands, taken);
      await this.#keep(iteration, result);
      const open = openRequirements(this.#context.state);
      const again = isLast ? undefined : left({ end: result.end, ...paused, taken, open });
      if (again) {
        waiting = paused.waiting;
        reply(this.#briefing.messages, again);
        continue;
      }
      await this.#ask(stream.giveUp(), taken);
      return { ...this.#outcome(result.end, paused.outcome), isDone: paused.isDone, usage };
    }
  }

  /** Runs the tools of an answer. Tasks that stood beside them count, and the planner is told so. */
  async #lookOn(
    stream: PlanStream,
    taken: Taken,
    result: TicketResult,
    calls: readonly ToolCall[],
    signal: AbortSignal,
  ): Promise<readonly TaskDraft[]> {
    const { commands, waiting } = stream.pause();
    await this.#ask(commands, taken);
    const commit = this.#context.state.head;
    const looking = { who: 'planner' as const, messages: this.#briefing.messages, commit, signal };
    await answerCalls(this.#context, looking, result, calls);
    const told = besideTools(taken, waiting);
    if (told !== '') reply(this.#briefing.messages, told);
    return waiting;
  }

  async #ask(commands: readonly Command[], taken: Taken): Promise<void> {
    for (const command of commands) take(taken, await this.#context.ask(command));
  }

  /** For a look beforehand there is no iteration, and the whole budget bounds it. */
  #ticket(): ModelTicket {
    const { state, ports } = this.#context;
    const { limits } = state.run.request;
    const whole = { tokens: limits.tokens ?? 0, usd: limits.usd ?? 0 };
    return ports.model!.as('planner', ticketLimits(limits, state.planning.live?.reserved ?? whole));
  }

  /** False when the run's budget has no further part for it. */
  async #extend(iteration: number, ticket: ModelTicket): Promise<boolean> {
    const { ask, state } = this.#context;
    const reserved = state.planning.live && reservationFor(state);
    if (!reserved) return false;
    const answer = await ask({ type: 'extendIteration', iteration, reserved });
    if (answer.kind === 'refusal') return false;
    ticket.extend(ticketLimits(state.run.request.limits, reserved));
    return true;
  }

  async #call(
    ticket: ModelTicket,
    stream: PlanStream,
    taken: Taken,
    isLast: boolean,
    signal: AbortSignal,
  ): Promise<TicketResult> {
    // Commands are asked as their pieces close and awaited in order at the end: the stream never waits for a disk.
    const asked: Promise<Decision | Refusal>[] = [];
    const onText = (piece: string): void => {
      for (const command of stream.push(piece)) asked.push(this.#context.ask(command));
    };
    const choice = isLast && ({ toolChoice: 'none' } as const);
    const request = { messages: this.#briefing.messages, tools: PLANNER_TOOLS, ...choice };
    const result = await ticket.stream(request, { signal, onText });
    for (const answer of await Promise.all(asked)) take(taken, answer);
    return result;
  }

  async #keep(iteration: number, result: TicketResult): Promise<void> {
    if (result.text === '') return;
    this.#briefing.messages.push(saidBy(result, []));
    await this.#context.ports.files.writePlannerAnswer(iteration, result.text.slice(0, ANSWER_MAX));
  }

  #outcome(
    end: TicketEnd,
    read: 'whole' | 'cut' | 'unreadable',
  ): { outcome: IterationOutcome; detail: string } {
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
      case 'bad-request':
        this.#context.halt({ why: end.kind, detail: end.why });
        return { outcome: 'failed', detail: end.why };
    }
  }
}

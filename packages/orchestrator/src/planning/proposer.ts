/**
 * How the planner would change its plan for a changed request: asked beside the run, by a ticket of its own role, out of
 * a slice of the budget that is on record before the call. Nothing else of the run changes.
 */
import type { AmendedPlan } from '@swarm/core/model/amended-plan';
import type { Usage } from '@swarm/core/model/usage';
import type { TicketEnd } from '@swarm/core/ports/models';
import { reservationFor, ticketLimits } from '@swarm/core/rules/budget';
import type { Context } from '../context.ts';
import { inBlock } from '../prompting/blocks.ts';
import { Briefing } from './briefing.ts';
import { LengthLimit } from './length.ts';
import { lookAndAnswer } from './looking.ts';
import { ProposalReading } from './proposal-reading.ts';
import { RUN_SEAT } from './seat.ts';

export type Proposal =
  | { readonly kind: 'proposed'; readonly plan: AmendedPlan; readonly unread: Unread; readonly usage: Usage }
  /** It was not even asked. */
  | { readonly kind: 'not-asked'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string; readonly usage: Usage }
  /** The run was left first. */
  | { readonly kind: 'stopped' };

type Unread = readonly { readonly label: string; readonly problem: string }[];

export class Proposer {
  readonly #context: Context<'log' | 'model' | 'prompts' | 'reader'>;
  readonly #length: LengthLimit;

  constructor(context: Context<'log' | 'model' | 'prompts' | 'reader'>) {
    this.#context = context;
    this.#length = new LengthLimit(context, 'planner');
  }

  async propose(text: string, signal: AbortSignal): Promise<Proposal> {
    const { ask, ports, state } = this.#context;
    if (!ports.model || state.run.request.mode !== 'planner')
      return { kind: 'not-asked', why: 'this run has no planner: nobody would read it' };
    const reserved = reservationFor(state, 'planner');
    if (!reserved) return { kind: 'not-asked', why: 'the rest of the budget does not cover it' };
    const messages = await this.#told(text);
    const answer = await ask({ type: 'reserveSpend', role: 'planner', reserved });
    if (answer.kind === 'refusal') return { kind: 'not-asked', why: answer.detail };
    const [event] = answer.events;
    if (event?.type !== 'spend.reserved') return { kind: 'not-asked', why: 'nothing was set aside for it' };
    const reading = new ProposalReading(state);
    const ticket = ports.model.as('planner', ticketLimits(state.run.request.limits, reserved, 'planner'));
    const { result, usage } = await lookAndAnswer(this.#context, {
      who: 'planner',
      ticket,
      messages,
      reader: reading,
      signal,
      length: this.#length,
      commit: () => state.head,
      extend: async () => false,
    });
    await ask({ type: 'recordSpend', slice: event.slice, usage });
    if (signal.aborted) return { kind: 'stopped' };
    const why = failure(result.end, reading.outcome);
    if (why !== undefined) return { kind: 'failed', why, usage };
    return { kind: 'proposed', plan: reading.plan, unread: reading.unread, usage };
  }

  /** A conversation of its own: that of the run's iterations goes on as if nothing had been asked. */
  async #told(text: string) {
    const { state } = this.#context;
    const briefing = new Briefing(this.#context, RUN_SEAT, this.#length);
    await briefing.tell(state.planning.iteration + 1);
    const last = briefing.messages.pop()!;
    return [...briefing.messages, { ...last, content: `${last.content}\n\n${questionOf(text)}` }];
  }
}

const questionOf = (text: string): string =>
  [
    'The operator of this run wants to change the request:',
    `<request>\n${inBlock(text)}\n</request>`,
    'Answer with what follows from that for the plan, in the same JSON format, and with nothing else. File what is to be done besides; give a task that has not started again under its id, whole, where it is to be another; name in `cancel` what is no longer wanted. What you leave out stays as it is. The operator is shown what you propose, and nothing of it counts before their yes.',
  ].join('\n\n');

/** Undefined: there is a whole answer. Half a plan is not shown as if it were one. */
function failure(end: TicketEnd, outcome: ProposalReading['outcome']): string | undefined {
  switch (end.kind) {
    case 'tools':
    case 'stopped':
    case 'length':
      return outcome === 'whole' ? undefined : 'there is no whole plan in its answer';
    case 'aborted':
      return 'it was stopped';
    default:
      return end.why;
  }
}

/** A vote by a conversation of our own: the reviewer’s model, with tools that read, and commands in a sandbox. */
import { assertNever } from '@swarm/core/errors';
import type { Reservation } from '@swarm/core/model/attempt';
import type { TicketEnd } from '@swarm/core/ports/models';
import type { RenderedPrompt } from '@swarm/core/ports/world';
import { attemptLimits } from '@swarm/core/rules/budget';
import type { VoteWanted } from '@swarm/core/rules/reviewing';
import type { Context } from '../context.ts';
import { LengthLimit } from '../planning/length.ts';
import { lookAndAnswer } from '../planning/looking.ts';
import { toldBy } from '../prompting/conversation.ts';
import type { Said } from './said.ts';
import { VOTE_NOW, VoteReading } from './vote-reading.ts';
import { VoteRoom } from './vote-tools.ts';

export const ANSWER_IN_TEXT =
  'When you know enough, answer with the JSON object and nothing around it, and call no tool in that answer.';

interface Ask {
  readonly wanted: VoteWanted;
  readonly prompt: RenderedPrompt;
  readonly reserved: Reservation;
  readonly signal: AbortSignal;
}

export async function askModel(
  context: Context<'host' | 'log' | 'model' | 'reader'>,
  { wanted, prompt, reserved, signal }: Ask,
): Promise<Said> {
  const { ports, settings, state } = context;
  const by = ports.model!.nameFor('reviewer');
  const reading = new VoteReading();
  const tools = new VoteRoom(context, wanted, signal);
  try {
    const { result, usage } = await lookAndAnswer(context, {
      who: 'reviewer',
      about: { task: wanted.task, attempt: wanted.attempt },
      ticket: ports.model!.as('reviewer', attemptLimits(state.run.request.limits, reserved, 'reviewer')),
      messages: toldBy(prompt),
      length: new LengthLimit(context, 'reviewer', settings.review!.contextChars),
      commit: () => wanted.commit,
      signal,
      reader: reading,
      tools,
      answerNow: VOTE_NOW,
      extend: async () => false,
    });
    return { ...said(result.end, reading), usage, by };
  } finally {
    await tools.close();
  }
}

type Unpaid<T> = T extends unknown ? Omit<T, 'usage' | 'by'> : never;

function said(end: TicketEnd, { vote, problem }: VoteReading): Unpaid<Said> {
  switch (end.kind) {
    case 'stopped':
    case 'length':
    case 'cut':
    case 'tools':
      if (vote) return { kind: 'vote', vote };
      if (end.kind === 'cut') return silent(`its answer broke off: ${end.why}`);
      return silent(
        end.kind === 'tools'
          ? 'it went on calling tools when it was to vote'
          : `its vote cannot be read: ${problem}`,
      );
    case 'over-budget':
      return silent(`its part of the budget is used up: ${end.why}`);
    case 'refused':
      return silent(`its model refuses: ${end.why}`);
    case 'bad-request':
      return silent(`its model’s server refuses the request: ${end.why}`);
    case 'aborted':
      return { kind: 'stopped' };
    case 'down':
      return { kind: 'down', why: end.why };
    case 'auth':
    case 'quota': {
      const { kind, why, ...about } = end;
      return { kind: 'halted', halt: { why: kind, detail: why, ...about } };
    }
    default:
      return assertNever(end);
  }
}

const silent = (why: string) => ({ kind: 'silent', why }) as const;

/**
 * The conversation of one answer, for planner and reconciler alike: rounds of read-only tools, then the answer, and a
 * word on what is wrong with it.
 */
import type { LogFields } from '@swarm/core/log-events';
import type { CommitId } from '@swarm/core/model/ids';
import { addUsage, NO_USAGE, tokensOf, type Usage } from '@swarm/core/model/usage';
import type {
  ChatMessage,
  ModelTicket,
  TicketLimits,
  TicketResult,
  ToolCall,
  ToolSpec,
} from '@swarm/core/ports/models';
import { lengthOf } from '@swarm/core/rules/conversation';
import { cutPrompt } from '@swarm/core/rules/cut-prompts';
import { overflowIn } from '@swarm/core/rules/overflow';
import type { Context } from '../context.ts';
import { fit, halve } from './fitting.ts';
import type { LengthLimit } from './length.ts';
import { reply } from './plan-replies.ts';
import { PLANNER_TOOLS, runPlannerTool } from './planner-tools.ts';

/** Rounds of tool calls before the answer is asked for. */
export const TOOL_ROUNDS_MAX = 30;
const ANSWER_NOW = 'Call no more tools. Answer now, with the plan as JSON, from what you know.';
/** How often one call is shortened, when the server says that it is longer than the window. */
const HALVES_MAX = 2;

/** Reads the answers of one conversation. */
export interface Reader {
  /** An answer begins. @returns what is given each piece of it. */
  begin(): (piece: string) => void;
  /** It ended with calls of tools. @returns what is told beside their results; empty: nothing. */
  beside(result: TicketResult): Promise<string>;
  /** It ended. @returns what is said to it, where it is not the last word. */
  end(result: TicketResult, isLast: boolean): Promise<string | undefined>;
}

/** What a conversation may call. */
export interface Tools {
  readonly specs: readonly ToolSpec[];
  /** Always an answer for the model, an error in words included. */
  run(call: ToolCall): Promise<string>;
}

export interface Asking {
  /** What the log calls it. */
  readonly who: string;
  /** What it is about, for the log and the endpoint. Absent: the whole run. */
  readonly about?: Pick<LogFields, 'task' | 'attempt'>;
  /** Absent: the planner’s, on `commit`. */
  readonly tools?: Tools;
  /** What is said when no more tools may be called. Absent: a plan is asked for. */
  readonly answerNow?: string;
  readonly ticket: ModelTicket;
  /** Grows by what is said and found. */
  readonly messages: ChatMessage[];
  readonly length: LengthLimit;
  readonly commit: () => CommitId;
  readonly signal: AbortSignal;
  readonly reader: Reader;
  /** Adds to the ticket. False: there is no more. */
  readonly extend: () => Promise<boolean>;
}

type Looker = Pick<Context<'log' | 'reader'>, 'ports'>;

export interface Answered {
  readonly result: TicketResult;
  readonly usage: Usage;
}

/** Asks until there is an answer. */
export async function lookAndAnswer(looker: Looker, asking: Asking): Promise<Answered> {
  const { ticket, messages, length, reader, extend } = asking;
  let usage = NO_USAGE;
  let before: number | undefined;
  for (let round = 0, lastTokens = 0; ; round++) {
    // What tools gave is of no use without the answer that follows: one more call must be left for that.
    const isTight = !coversTwice(ticket.left(), lastTokens) && !(await extend());
    const isLast = round >= TOOL_ROUNDS_MAX || isTight;
    if (isLast) askForTheAnswer(messages, asking.answerNow ?? ANSWER_NOW);
    const result = await call(asking, isLast);
    usage = addUsage(usage, result.usage);
    const cut = cutPrompt(messages, before, result.usage.inputTokens / Math.max(1, result.usage.calls));
    if (cut) length.learn(cut);
    before = lengthOf(messages);
    lastTokens = tokensOf(result.usage);
    if (result.end.kind === 'over-budget' && (await extend())) continue;
    if (result.end.kind === 'tools' && !isLast) {
      const told = await reader.beside(result);
      await answerCalls(looker, asking, result, result.end.calls);
      if (told !== '') reply(messages, told);
      continue;
    }
    if (result.text !== '') messages.push(saidBy(result, []));
    const again = await reader.end(result, isLast);
    if (again === undefined) return { result, usage };
    reply(messages, again);
  }
}

/** A refusal of its length is no answer: it is shortened, and asked again. */
async function call({ ticket, messages, length, signal, reader, tools, about }: Asking, isLast: boolean) {
  fit(messages, length.chars);
  const choice = isLast && ({ toolChoice: 'none' } as const);
  const asked = { tools: tools?.specs ?? PLANNER_TOOLS, ...choice, ...about };
  for (let halves = 0; ; halves++) {
    const onText = reader.begin();
    const result = await ticket.stream({ messages, ...asked }, { signal, onText });
    const isTooLong = result.end.kind === 'bad-request' && overflowIn(result.end.why) !== undefined;
    if (!isTooLong || halves >= HALVES_MAX || !halve(messages)) return result;
  }
}

/** Runs every call of an answer and adds both to the conversation. */
async function answerCalls(
  { ports }: Looker,
  { who, messages, commit, signal, tools, about }: Asking,
  result: TicketResult,
  calls: readonly ToolCall[],
): Promise<void> {
  messages.push(saidBy(result, calls));
  for (const call of calls) {
    const content = signal.aborted
      ? 'error: it was stopped'
      : await (tools?.run(call) ?? runPlannerTool(ports.reader, commit(), call));
    ports.log.write('agent.activity', {
      ...about,
      msg: `${who} ${call.name} ${call.argumentsJson.slice(0, 200)}`,
      data: { tool: call.name },
    });
    messages.push({ role: 'tool', callId: call.id, content });
  }
}

/** Said where the last message ends: some servers take no other one after a tool's answer. */
function askForTheAnswer(messages: ChatMessage[], answerNow: string): void {
  const last = messages.pop()!;
  messages.push({ ...last, content: `${last.content}\n\n${answerNow}` });
}

/** The next call sends what the last one sent and got, and what comes after it does so again. */
const coversTwice = ({ tokens }: TicketLimits, lastTokens: number): boolean =>
  tokens === undefined || tokens >= 2 * lastTokens;

/** What the provider sent along with an answer goes back with it. */
const saidBy = ({ text, bag }: TicketResult, toolCalls: readonly ToolCall[]): ChatMessage => ({
  role: 'assistant',
  content: text,
  toolCalls,
  ...(bag && { bag }),
});

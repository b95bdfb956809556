/** How planner and reconciler look around before they answer: rounds of read-only tools, and then the answer. */
import type { CommitId } from '@swarm/core/model/ids';
import { addUsage, NO_USAGE, tokensOf, type Usage } from '@swarm/core/model/usage';
import type {
  ChatMessage,
  ModelTicket,
  TicketLimits,
  TicketResult,
  ToolCall,
} from '@swarm/core/ports/models';
import type { Context } from '../context.ts';
import { PLANNER_TOOLS, runPlannerTool } from './planner-tools.ts';

/** Rounds of tool calls before the answer is asked for. */
export const TOOL_ROUNDS_MAX = 30;
const ANSWER_NOW = 'Call no more tools. Answer now, with the plan as JSON, from what you know.';

type Looker = Pick<Context<'log' | 'reader'>, 'ports'>;

/** Asks until there is an answer. `messages` grows by what was said and found. */
export async function lookAndAnswer(
  { ports }: Looker,
  ask: {
    readonly who: 'planner' | 'reconciler';
    readonly ticket: ModelTicket;
    readonly messages: ChatMessage[];
    readonly commit: CommitId;
    readonly signal: AbortSignal;
  },
): Promise<{ readonly result: TicketResult; readonly usage: Usage }> {
  const { who, ticket, messages, commit, signal } = ask;
  let usage = NO_USAGE;
  for (let round = 0, lastTokens = 0; ; round++) {
    const isLast = round >= TOOL_ROUNDS_MAX || !coversTwice(ticket.left(), lastTokens);
    if (isLast) askForTheAnswer(messages);
    const choice = isLast && ({ toolChoice: 'none' } as const);
    const result = await ticket.stream({ messages, tools: PLANNER_TOOLS, ...choice }, { signal });
    usage = addUsage(usage, result.usage);
    lastTokens = tokensOf(result.usage);
    if (result.end.kind !== 'tools' || isLast) return { result, usage };
    await answerCalls({ ports }, { who, messages, commit, signal }, result, result.end.calls);
  }
}

/** Runs every call of an answer and adds both to the conversation. */
export async function answerCalls(
  { ports }: Looker,
  to: {
    readonly who: 'planner' | 'reconciler';
    readonly messages: ChatMessage[];
    readonly commit: CommitId;
    readonly signal: AbortSignal;
  },
  result: TicketResult,
  calls: readonly ToolCall[],
): Promise<void> {
  to.messages.push(saidBy(result, calls));
  for (const call of calls) {
    const content = to.signal.aborted
      ? 'error: it was stopped'
      : await runPlannerTool(ports.reader, to.commit, call);
    ports.log.write('agent.activity', {
      msg: `${to.who} ${call.name} ${call.argumentsJson.slice(0, 200)}`,
      data: { tool: call.name },
    });
    to.messages.push({ role: 'tool', callId: call.id, content });
  }
}

/** Said where the last message ends: some servers take no other one after a tool's answer. */
export function askForTheAnswer(messages: ChatMessage[]): void {
  const last = messages.pop()!;
  messages.push({ ...last, content: `${last.content}\n\n${ANSWER_NOW}` });
}

/** The next call sends what the last one sent and got, and what comes after it does so again. */
export const coversTwice = ({ tokens }: TicketLimits, lastTokens: number): boolean =>
  tokens === undefined || tokens >= 2 * lastTokens;

/** What the provider sent along with an answer goes back with it. */
export const saidBy = ({ text, bag }: TicketResult, toolCalls: readonly ToolCall[]): ChatMessage => ({
  role: 'assistant',
  content: text,
  toolCalls,
  ...(bag && { bag }),
});

/** The conversation as the loop keeps it, and what it tells a model whose answer gives nothing to run. */
import { HANDOFF_TEXT_MAX, type HandoffClaim } from '@swarm/core/model/handoff';
import { NO_USAGE, type Usage } from '@swarm/core/model/usage';
import type { ChatMessage, ModelResult, ToolCall } from '@swarm/core/ports/models';
import type { AgentPrompt, GoOn } from '@swarm/core/ports/running';
import type { AgentEvent, LoopEnd } from './agent-events.ts';
import { cutText } from './agent-events.ts';
import { Repeats } from './repeats.ts';

/** Why the loop stops, before what was spent is added to it. */
export interface Stop {
  readonly reason: LoopEnd;
  readonly detail: string;
  readonly claim?: HandoffClaim;
}

/** The loop's own; nobody else changes it. */
export interface Talk {
  messages: ChatMessage[];
  steps: number;
  toolCalls: number;
  usage: Usage;
  /** Tokens of the last call. */
  lastTokens: number;
  /** Answers in a row that gave nothing to run. */
  unusable: number;
  /** Marks of its limits that the model was told of. */
  marksTold: number;
  readonly repeats: Repeats;
}

type Emit = (event: AgentEvent) => void;

/** Answers in a row without anything that can be run, each met with what was wrong, before giving up. */
const REPAIRS_MAX = 2;

const GO_ON =
  'Go on with the task by calling a tool, or, when the work is done or cannot be done, call submit_handoff.';
const TEXT_ALONE = `Text alone does nothing here: nobody reads it while you work. ${GO_ON}`;
export const EMPTY = `Your answer held neither text nor a tool call. ${GO_ON}`;
export const CUT_SHORT = `Your answer was cut at its length limit before a tool call was complete, so nothing was run. Take a smaller step: write long files in parts with write and edit. ${GO_ON}`;
export const wasRefused = (why: string): string => `Your answer was refused (${why}). ${GO_ON}`;

export function startTalk({ system, user }: AgentPrompt): Talk {
  const rules: ChatMessage[] = system === '' ? [] : [{ role: 'system', content: system }];
  return fresh([...rules, { role: 'user', content: user }]);
}

const fresh = (messages: ChatMessage[]): Talk => ({
  messages,
  steps: 0,
  toolCalls: 0,
  usage: NO_USAGE,
  lastTokens: 0,
  unusable: 0,
  marksTold: 0,
  repeats: new Repeats(),
});

/** What goes on later: the messages, and the answers they took. What they used is the caller's to take off. */
export const writeTalk = ({ messages, steps }: Talk): string => JSON.stringify({ messages, steps });

/** The conversation with what is told as the answer to its last call, which was its handoff. */
export function readTalk({ talk, told }: GoOn): Talk {
  const { messages, steps } = JSON.parse(talk) as Pick<Talk, 'messages' | 'steps'>;
  const last = messages.at(-1);
  // A handoff that was written as text is answered by the user.
  if (last?.role !== 'tool' && last?.role !== 'user')
    throw new Error('the conversation does not end with a handoff');
  return { ...fresh([...messages.slice(0, -1), { ...last, content: told }]), steps };
}

/** The answer as the conversation keeps it; what its provider sent along goes back with it. */
export function said(talk: Talk, { text, bag }: ModelResult, toolCalls: readonly ToolCall[]): void {
  talk.messages.push({ role: 'assistant', content: text, toolCalls, ...(bag && { bag }) });
}

/** Text without a call: said twice that it does nothing, then taken as the agent's last word. */
export function nudge(talk: Talk, answer: ModelResult, emit: Emit): Stop | undefined {
  if (talk.unusable < REPAIRS_MAX) return repair(talk, answer, TEXT_ALONE, emit);
  const summary = cutText(answer.text.trim(), HANDOFF_TEXT_MAX);
  const claim: HandoffClaim = { status: 'partial', summary, concerns: [], suggestions: [] };
  return { reason: 'finished', detail: 'answered with text alone and never called submit_handoff', claim };
}

/** Tells the model what was wrong with its answer; a Stop when it was told often enough. */
export function repair(talk: Talk, answer: ModelResult, why: string, emit: Emit): Stop | undefined {
  const stop = badOutput(talk, why);
  if (stop) return stop;
  // An empty assistant message is refused by some endpoints.
  if (answer.text.trim() !== '') said(talk, answer, []);
  tell(talk, why);
  emit({ type: 'nudged', step: talk.steps, why });
  return undefined;
}

export function badOutput(talk: Talk, error: string): Stop | undefined {
  talk.unusable++;
  if (talk.unusable <= REPAIRS_MAX) return undefined;
  return {
    reason: 'bad-output',
    detail: `${talk.unusable} answers in a row could not be used; the last: ${error}`,
  };
}

/** The stream broke: the half answer is dropped and the same question asked again. */
export function askAgain(talk: Talk, why: string): Stop | undefined {
  talk.unusable++;
  if (talk.unusable <= REPAIRS_MAX) return undefined;
  return { reason: 'model-down', detail: `the answer broke off ${talk.unusable} times: ${why}` };
}

export function tell(talk: Talk, content: string): void {
  talk.messages.push({ role: 'user', content });
}

/** Said where the last message ends, be it a result: some servers take nothing of the user's after one. */
export function tellAtEnd(talk: Talk, content: string): void {
  const last = talk.messages.pop()!;
  talk.messages.push({ ...last, content: `${last.content}\n\n${content}` });
}

/** Endpoints refuse a conversation whose calls are no JSON, though a model wrote them. */
export function asSent(call: ToolCall): ToolCall {
  try {
    JSON.parse(call.argumentsJson);
    return call;
  } catch {
    return { ...call, argumentsJson: JSON.stringify({ not_json: cutText(call.argumentsJson, 1_000) }) };
  }
}

/** The conversation as the loop keeps it, and what it tells a model whose answer gives nothing to run. */
import { HANDOFF_TEXT_MAX, type HandoffClaim } from '@swarm/core/model/handoff';
import { NO_USAGE, type Usage } from '@swarm/core/model/usage';
import type { ChatMessage, ModelResult, ToolCall } from '@swarm/core/ports/models';
import type { AgentPrompt, GoOn } from '@swarm/core/ports/running';
import * as z from 'zod';
import type { AgentEvent, LoopEnd } from './agent-events.ts';
import { cutText } from './agent-events.ts';
import type { Result } from './context/turns.ts';
import { Window } from './context/window.ts';
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
  /** Characters of the conversation when the model was last asked. */
  lastLength: number | undefined;
  /** Answers in a row that gave nothing to run. */
  unusable: number;
  /** Marks of its limits that the model was told of. */
  marksTold: number;
  readonly repeats: Repeats;
  readonly window: Window;
  /** Refusals of this step's request, as too long for the window. */
  refusals: number;
  /** The agent's own plan, as it last wrote it. */
  plan?: string;
  /** Failing checks of turns that left the conversation. */
  carried: readonly Result[];
}

/** What another child of the attempt goes on with, beside the messages, which the model's server judges. */
const keptSchema = z.object({
  messages: z.array(z.custom<ChatMessage>((m) => typeof m === 'object' && m !== null)),
  steps: z.int().nonnegative(),
  window: z.object({ tokens: z.number().positive(), charsPerToken: z.number().positive() }),
  plan: z.string().optional(),
  carried: z.array(
    z.object({
      at: z.number(),
      name: z.string(),
      argumentsJson: z.string().optional(),
      text: z.string(),
    }),
  ),
});

type Emit = (event: AgentEvent) => void;

/** Answers in a row without anything that can be run, each met with what was wrong, before giving up. */
const REPAIRS_MAX = 2;

const GO_ON =
  'Go on with the task by calling a tool, or, when the work is done or cannot be done, call submit_handoff.';
const TEXT_ALONE = `Text alone does nothing here: nobody reads it while you work. ${GO_ON}`;
export const EMPTY = `Your answer held neither text nor a tool call. ${GO_ON}`;
export const CUT_SHORT = `Your answer was cut at its length limit before a tool call was complete, so nothing was run. Take a smaller step: write long files in parts with write and edit. ${GO_ON}`;
export const wasRefused = (why: string): string => `Your answer was refused (${why}). ${GO_ON}`;

/** @param windowTokens of the model, where it is known. */
export function startTalk({ system, user }: AgentPrompt, windowTokens?: number): Talk {
  const rules: ChatMessage[] = system === '' ? [] : [{ role: 'system', content: system }];
  const window = windowTokens === undefined ? {} : { tokens: windowTokens };
  return fresh([...rules, { role: 'user', content: user }], new Window(window));
}

const fresh = (messages: ChatMessage[], window: Window): Talk => ({
  messages,
  window,
  refusals: 0,
  carried: [],
  steps: 0,
  toolCalls: 0,
  usage: NO_USAGE,
  lastTokens: 0,
  lastLength: undefined,
  unusable: 0,
  marksTold: 0,
  repeats: new Repeats(),
});

/** What goes on later: the messages, and the answers they took. What they used is the caller's to take off. */
export function writeTalk({ messages, steps, window, plan, carried }: Talk): string {
  const kept: z.infer<typeof keptSchema> = {
    messages,
    steps,
    window: window.kept,
    carried: [...carried],
    ...(plan !== undefined && { plan }),
  };
  return JSON.stringify(kept);
}

/** The conversation with what is told as the answer to its last call, which was its handoff. */
export function readTalk({ talk, told }: GoOn): Talk {
  const { messages, window, steps, carried, plan } = keptSchema.parse(JSON.parse(talk));
  const last = messages.at(-1);
  // A handoff that was written as text is answered by the user.
  if (last?.role !== 'tool' && last?.role !== 'user')
    throw new Error('the conversation does not end with a handoff');
  const going = fresh([...messages.slice(0, -1), { ...last, content: told }], new Window(window));
  return { ...going, steps, carried, ...(plan !== undefined && { plan }) };
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

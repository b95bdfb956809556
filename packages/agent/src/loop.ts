/**
 * READ FIRST. The whole agent: ask the model, run the tools it calls, until one ending. It runs as a child
 * process inside the attempt's sandbox and reaches nothing but its workspace and the model.
 */
import type {
  AttemptId,
  ChatMessage,
  Clock,
  HandoffClaim,
  Model,
  ModelResult,
  TaskId,
  ToolCall,
  Usage,
} from '@swarm/core';
import { addUsage, assertNever, HANDOFF_TEXT_MAX, NO_USAGE } from '@swarm/core';
import type { AgentEvent, EndingReason } from './agent-events.ts';
import { cutText } from './agent-events.ts';
import { elide, lengthOf } from './conversation.ts';
import { startDeadline } from './deadline.ts';
import type { LoopLimits } from './limits.ts';
import { limitReached, roomRunsOut } from './limits.ts';
import type { Toolbox } from './tools/index.ts';

export interface AgentRun {
  readonly model: Model;
  readonly tools: Toolbox;
  /** The first user message. */
  readonly prompt: string;
  readonly limits: LoopLimits;
  readonly emit: (event: AgentEvent) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly task?: TaskId;
  readonly attempt?: AttemptId;
}

export interface AgentEnding {
  readonly reason: EndingReason;
  /** One sentence for people: what happened, with the exact error where there is one. */
  readonly detail: string;
  readonly claim?: HandoffClaim;
  readonly usage: Usage;
  readonly steps: number;
  readonly toolCalls: number;
}

/** Answers in a row without anything that can be run, each met with what was wrong, before giving up. */
const REPAIRS_MAX = 2;
/** Calls taken from one answer; the rest are dropped and the model is told. */
const CALLS_MAX = 32;

/** Why the loop stops, before what was spent is added to it. */
type Stop = Pick<AgentEnding, 'reason' | 'detail' | 'claim'>;

interface Talk {
  messages: ChatMessage[];
  steps: number;
  toolCalls: number;
  usage: Usage;
  /** Answers in a row that gave nothing to run. */
  unusable: number;
  hasWarned: boolean;
}

/** Runs to an ending, which is also the last event. Never rejects: a fault of our own ends as `failed`. */
export async function runAgent(run: AgentRun): Promise<AgentEnding> {
  const talk: Talk = {
    messages: [{ role: 'user', content: run.prompt }],
    steps: 0,
    toolCalls: 0,
    usage: NO_USAGE,
    unusable: 0,
    hasWarned: false,
  };
  run.emit({
    type: 'started',
    model: run.model.nameFor('worker'),
    tools: run.tools.specs.map((t) => t.name),
  });
  const stop = await untilStopped(run, talk);
  const ending = { ...stop, usage: talk.usage, steps: talk.steps, toolCalls: talk.toolCalls };
  run.emit({ type: 'ended', ...ending });
  return ending;
}

async function untilStopped(run: AgentRun, talk: Talk): Promise<Stop> {
  const deadline = startDeadline(run);
  try {
    for (;;) {
      const limit = limitReached(run.limits, talk);
      if (limit) return { reason: limit, detail: `reached after ${talk.steps} steps` };
      makeRoom(run, talk);
      const answer = await deadline.waitingFor('model', talk.steps + 1, () =>
        ask(run, talk, deadline.signal),
      );
      const stop = await takeAnswer(run, talk, answer, deadline);
      if (deadline.stop) return deadline.stop;
      if (stop) return stop;
    }
  } catch (fault) {
    return deadline.stop ?? { reason: 'failed', detail: `a fault of the agent's own: ${String(fault)}` };
  } finally {
    deadline.close();
  }
}

function makeRoom(run: AgentRun, talk: Talk): void {
  const step = talk.steps + 1;
  const warning = talk.hasWarned ? undefined : roomRunsOut(run.limits, talk);
  if (warning) {
    talk.hasWarned = true;
    talk.messages.push({ role: 'user', content: warning });
    run.emit({ type: 'nudged', step, why: warning });
  }
  const { messages, parts, chars } = elide(talk.messages, run.limits.contextChars);
  if (parts === 0) return;
  talk.messages = [...messages];
  run.emit({ type: 'elided', step, parts, chars });
}

async function ask(run: AgentRun, talk: Talk, signal: AbortSignal): Promise<ModelResult> {
  const step = ++talk.steps;
  run.emit({ type: 'asked', step, messages: talk.messages.length, chars: lengthOf(talk.messages) });
  const answer = await run.model.stream(
    {
      role: 'worker',
      messages: talk.messages,
      tools: run.tools.specs,
      ...(run.task && { task: run.task }),
      ...(run.attempt && { attempt: run.attempt }),
    },
    { signal },
  );
  talk.usage = addUsage(talk.usage, answer.usage);
  const calls = answer.end.kind === 'tools' ? answer.end.calls.length : 0;
  run.emit({ type: 'answered', step, how: answer.end.kind, text: answer.text, calls, usage: answer.usage });
  return answer;
}

/** Acts on one answer: a Stop ends the loop, undefined means that the model is asked again. */
async function takeAnswer(
  run: AgentRun,
  talk: Talk,
  answer: ModelResult,
  deadline: Deadline,
): Promise<Stop | undefined> {
  const { end, text } = answer;
  switch (end.kind) {
    case 'tools':
      return runCalls(run, talk, text, end.calls, deadline);
    case 'stopped':
      return text.trim() === '' ? repair(run, talk, text, EMPTY) : nudge(run, talk, text);
    case 'length':
      return repair(run, talk, text, CUT_SHORT);
    case 'refused':
      return repair(run, talk, text, `Your answer was refused (${end.why}). ${GO_ON}`);
    case 'cut':
      return askAgain(talk, end.why);
    case 'aborted':
      return { reason: 'aborted', detail: 'the call to the model was aborted' };
    case 'down':
    case 'auth':
      return { reason: 'model-down', detail: end.why };
    case 'quota':
      return { reason: 'quota', detail: end.why };
    case 'bad-request':
      return { reason: 'failed', detail: `the endpoint refuses the request: ${end.why}` };
    default:
      return assertNever(end);
  }
}

type Deadline = ReturnType<typeof startDeadline>;

const GO_ON =
  'Go on with the task by calling a tool, or, when the work is done or cannot be done, call submit_handoff.';
const EMPTY = `Your answer held neither text nor a tool call. ${GO_ON}`;
const CUT_SHORT = `Your answer was cut at its length limit before a tool call was complete, so nothing was run. Take a smaller step: write long files in parts with write and edit. ${GO_ON}`;
const TEXT_ALONE = `Text alone does nothing here: nobody reads it while you work. ${GO_ON}`;

async function runCalls(
  run: AgentRun,
  talk: Talk,
  text: string,
  all: readonly ToolCall[],
  deadline: Deadline,
): Promise<Stop | undefined> {
  const calls = all.slice(0, CALLS_MAX);
  talk.messages.push({ role: 'assistant', content: text, toolCalls: calls });
  let error: string | undefined = 'no call was made';
  let hasRun = false;
  for (const call of calls) {
    if (deadline.stop) return deadline.stop;
    const outcome = await runCall(run, talk, call, deadline);
    if (outcome.claim)
      return { reason: 'handed-in', detail: `status ${outcome.claim.status}`, claim: outcome.claim };
    if (outcome.wasRun) hasRun = true;
    else error = outcome.output;
  }
  if (all.length > CALLS_MAX) {
    tell(talk, `Only the first ${CALLS_MAX} of your ${all.length} calls were taken; the rest were not run.`);
  }
  if (hasRun) {
    talk.unusable = 0;
    return undefined;
  }
  // The exact error is in the tool results already; only the count is left to keep.
  return badOutput(talk, error);
}

async function runCall(run: AgentRun, talk: Talk, call: ToolCall, deadline: Deadline) {
  const step = talk.steps;
  const { name: tool } = call;
  run.emit({ type: 'tool.called', step, tool, args: call.argumentsJson });
  const from = run.clock.monotonic();
  const outcome = await deadline.waitingFor('tool', step, () => run.tools.run(call, deadline.signal));
  const durationMs = Math.max(0, Math.round(run.clock.monotonic() - from));
  if (outcome.wasRun) talk.toolCalls++;
  talk.messages.push({ role: 'tool', callId: call.id, content: outcome.output });
  run.emit({ type: 'tool.ended', step, tool, ok: outcome.ok, durationMs, output: outcome.output });
  return outcome;
}

/** Text without a call: said twice that it does nothing, then taken as the agent's last word. */
function nudge(run: AgentRun, talk: Talk, text: string): Stop | undefined {
  if (talk.unusable < REPAIRS_MAX) return repair(run, talk, text, TEXT_ALONE);
  const summary = cutText(text.trim(), HANDOFF_TEXT_MAX);
  const claim: HandoffClaim = { status: 'partial', summary, concerns: [], suggestions: [] };
  return { reason: 'finished', detail: 'answered with text alone and never called submit_handoff', claim };
}

function repair(run: AgentRun, talk: Talk, text: string, why: string): Stop | undefined {
  const stop = badOutput(talk, why);
  if (stop) return stop;
  // An empty assistant message is refused by some endpoints.
  if (text.trim() !== '') talk.messages.push({ role: 'assistant', content: text, toolCalls: [] });
  tell(talk, why);
  run.emit({ type: 'nudged', step: talk.steps, why });
  return undefined;
}

function badOutput(talk: Talk, error: string): Stop | undefined {
  talk.unusable++;
  if (talk.unusable <= REPAIRS_MAX) return undefined;
  return {
    reason: 'bad-output',
    detail: `${talk.unusable} answers in a row could not be used; the last: ${error}`,
  };
}

/** The stream broke: the half answer is dropped and the same question asked again. */
function askAgain(talk: Talk, why: string): Stop | undefined {
  talk.unusable++;
  if (talk.unusable <= REPAIRS_MAX) return undefined;
  return { reason: 'model-down', detail: `the answer broke off ${talk.unusable} times: ${why}` };
}

function tell(talk: Talk, content: string): void {
  talk.messages.push({ role: 'user', content });
}

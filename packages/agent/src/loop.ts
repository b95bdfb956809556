/**
 * READ FIRST. The whole agent: ask the model, run the tools it calls, until one ending. It runs as a child
 * process inside the attempt's sandbox and reaches nothing but its workspace and the model.
 */

import { assertNever } from '@swarm/core/errors';
import type { HandoffClaim } from '@swarm/core/model/handoff';
import type { AttemptId, TaskId } from '@swarm/core/model/ids';
import { addUsage, tokensOf, type Usage } from '@swarm/core/model/usage';
import type { Model, ModelResult, ToolCall } from '@swarm/core/ports/models';
import type { AgentPrompt } from '@swarm/core/ports/running';
import type { Clock } from '@swarm/core/ports/world';
import type { AgentEvent, LoopEnd } from './agent-events.ts';
import { elide, lengthOf } from './conversation.ts';
import { startDeadline } from './deadline.ts';
import { timeKept, withLastWords } from './last-words.ts';
import type { LoopLimits } from './limits.ts';
import { limitReached, roomRunsOut } from './limits.ts';
import { type DoneCall, SAME_AGAIN } from './repeats.ts';
import type { Stop, Talk } from './talk.ts';
import {
  askAgain,
  asSent,
  badOutput,
  CUT_SHORT,
  EMPTY,
  nudge,
  repair,
  said,
  startTalk,
  tell,
  tellAtEnd,
  wasRefused,
} from './talk.ts';
import { textCalls } from './text-calls.ts';
import { submitHandoff } from './tools/handoff.ts';
import { type CallOutcome, type Toolbox, toolMeant } from './tools/index.ts';

export interface AgentRun {
  readonly model: Model;
  readonly tools: Toolbox;
  readonly prompt: AgentPrompt;
  /** A conversation that goes on; absent: it begins with the prompt. */
  readonly talk?: Talk;
  /** Told the conversation when it has handed in, before the last event. */
  readonly onHandedIn?: (talk: Talk) => unknown;
  readonly limits: LoopLimits;
  readonly emit: (event: AgentEvent) => void;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly task?: TaskId;
  readonly attempt?: AttemptId;
}

export interface AgentEnding {
  readonly reason: LoopEnd;
  /** One sentence for people: what happened, with the exact error where there is one. */
  readonly detail: string;
  readonly claim?: HandoffClaim;
  readonly usage: Usage;
  readonly steps: number;
  readonly toolCalls: number;
}

/** Calls taken from one answer; the rest are dropped and the model is told. */
const CALLS_MAX = 32;
const SUBMIT = submitHandoff.name;

/** Runs to an ending, which is also the last event. Never rejects: a fault of our own ends as `failed`. */
export async function runAgent(run: AgentRun): Promise<AgentEnding> {
  const talk = run.talk ?? startTalk(run.prompt);
  run.emit({
    type: 'started',
    model: run.model.nameFor('worker'),
    tools: run.tools.specs.map((t) => t.name),
  });
  const stop = await withLastWords(run, talk, await untilStopped(run, talk));
  const ending = { ...stop, usage: talk.usage, steps: talk.steps, toolCalls: talk.toolCalls };
  if (ending.reason === 'handed-in') run.onHandedIn?.(talk);
  run.emit({ type: 'ended', ...ending });
  return ending;
}

async function untilStopped(run: AgentRun, talk: Talk): Promise<Stop> {
  const { wallMs } = run.limits;
  const deadline = startDeadline(run, wallMs - timeKept(wallMs));
  try {
    for (;;) {
      const limit = limitReached(run.limits, talk, talk.lastTokens);
      if (limit) return { reason: limit, detail: `reached after ${talk.steps} steps` };
      makeRoom(run, talk);
      const answer = await deadline.waitingFor('model', talk.steps + 1, () =>
        ask(run, talk, deadline.signal),
      );
      const stop = await takeAnswer(run, talk, answer, deadline);
      // A handoff that was made stays made; otherwise the deadline is why a call was aborted.
      const first = stop?.claim ? stop : (deadline.stop ?? stop);
      if (first) return first;
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
  talk.lastTokens = tokensOf(answer.usage);
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
      return runCalls(run, talk, answer, end.calls, deadline);
    case 'stopped': {
      const written = await runWritten(run, talk, answer, deadline);
      if (written !== 'none') return written;
      return text.trim() === '' ? repair(talk, answer, EMPTY, run.emit) : nudge(talk, answer, run.emit);
    }
    case 'length':
      return repair(talk, answer, CUT_SHORT, run.emit);
    case 'refused':
      return repair(talk, answer, wasRefused(end.why), run.emit);
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

async function runCalls(
  run: AgentRun,
  talk: Talk,
  answer: ModelResult,
  all: readonly ToolCall[],
  deadline: Deadline,
): Promise<Stop | undefined> {
  const calls = all.slice(0, CALLS_MAX);
  said(talk, answer, calls.map(asSent));
  const ran = await runEach(run, talk, calls, all.length > 1, deadline);
  // Every call has its answer, whatever happened meanwhile: no server takes the conversation otherwise.
  for (const [i, call] of calls.entries())
    talk.messages.push({ role: 'tool', callId: call.id, content: ran.done[i]?.output ?? NOT_RUN });
  return after(run, talk, ran, all.length);
}

interface Ran {
  readonly done: readonly DoneCall[];
  readonly hasRun: boolean;
  /** What was wrong with the last call that was not run. */
  readonly error: string;
  /** One of them handed in, or time was up and the rest was not run. */
  readonly stop?: Stop;
}
const NOT_RUN = 'not run: the attempt is over';

/** One after the other. */
async function runEach(
  run: AgentRun,
  talk: Talk,
  calls: readonly ToolCall[],
  isBeside: boolean,
  deadline: Deadline,
): Promise<Ran> {
  const done: DoneCall[] = [];
  let error = 'it called no tool';
  let hasRun = false;
  for (const call of calls) {
    if (deadline.stop) return { done, hasRun, error, stop: deadline.stop };
    // What the other calls say is not known to whoever hands in beside them.
    const isEarly = isBeside && toolMeant(call.name) === SUBMIT;
    const outcome = isEarly
      ? notRun(run, talk, call, SUBMIT_ALONE)
      : await runCall(run, talk, call, deadline);
    done.push({ name: call.name, argumentsJson: call.argumentsJson, output: outcome.output });
    if (outcome.claim) {
      const { claim } = outcome;
      return {
        done,
        hasRun,
        error,
        stop: { reason: 'handed-in', detail: `status ${claim.status}`, claim },
      };
    }
    if (outcome.wasRun) hasRun = true;
    else error = outcome.output;
  }
  return { done, hasRun, error };
}

/** What follows from the calls of one answer, once the model has their results. */
function after(run: AgentRun, talk: Talk, ran: Ran, asked: number): Stop | undefined {
  if (ran.stop) return ran.stop;
  const repeat = talk.repeats.note(ran.done);
  if (repeat === 'stuck')
    return { reason: 'stuck', detail: `it made the same calls with the same results again and again` };
  if (repeat === 'told') {
    tellAtEnd(talk, SAME_AGAIN);
    run.emit({ type: 'nudged', step: talk.steps, why: SAME_AGAIN });
  }
  if (asked > CALLS_MAX)
    tellAtEnd(talk, `Only the first ${CALLS_MAX} of your ${asked} calls were taken; the rest were not run.`);
  if (!ran.hasRun) {
    // The exact error is in the tool results already; only the count is left to keep.
    return badOutput(talk, ran.error);
  }
  talk.unusable = 0;
  return undefined;
}

/** Calls written as text: they run, and what they gave is told as the user's, for no server knows of them. */
async function runWritten(
  run: AgentRun,
  talk: Talk,
  answer: ModelResult,
  deadline: Deadline,
): Promise<Stop | undefined | 'none'> {
  const written = textCalls(answer.text, toolMeant).slice(0, CALLS_MAX);
  if (written.length === 0) return 'none';
  said(talk, answer, []);
  const calls = written.map((call, i) => ({ ...call, id: `text_${talk.steps}_${i}` }));
  const ran = await runEach(run, talk, calls, calls.length > 1, deadline);
  const results = ran.done.map(
    ({ name, output }) => `<tool_response name="${name}">\n${output}\n</tool_response>`,
  );
  tell(talk, results.join('\n'));
  return after(run, talk, ran, written.length);
}

const SUBMIT_ALONE =
  'submit_handoff: not taken, because other calls stood beside it in the same answer and you had not read what they say. Read it now, put right what it shows, and then call submit_handoff alone.';

/** A call that is answered and not run: no server takes a conversation in which a call has no answer. */
function notRun(run: AgentRun, talk: Talk, call: ToolCall, output: string): CallOutcome {
  const step = talk.steps;
  run.emit({ type: 'tool.called', step, tool: call.name, args: call.argumentsJson });
  run.emit({ type: 'tool.ended', step, tool: call.name, ok: false, durationMs: 0, output });
  return { ok: false, output, wasRun: true };
}

async function runCall(run: AgentRun, talk: Talk, call: ToolCall, deadline: Deadline): Promise<CallOutcome> {
  const step = talk.steps;
  const { name: tool } = call;
  run.emit({ type: 'tool.called', step, tool, args: call.argumentsJson });
  const from = run.clock.monotonic();
  const outcome = await deadline.waitingFor('tool', step, () => run.tools.run(call, deadline.signal));
  const durationMs = Math.max(0, Math.round(run.clock.monotonic() - from));
  if (outcome.wasRun) talk.toolCalls++;
  run.emit({ type: 'tool.ended', step, tool, ok: outcome.ok, durationMs, output: outcome.output });
  return outcome;
}

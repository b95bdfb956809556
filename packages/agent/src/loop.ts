/**
 * READ FIRST. The whole agent: ask the model, run the tools it calls, until one ending. It runs as a child
 * process inside the attempt's sandbox and reaches nothing but its workspace and the model.
 */

import { assertNever } from '@swarm/core/errors';
import { addUsage, tokensOf } from '@swarm/core/model/usage';
import type { ModelResult } from '@swarm/core/ports/models';
import { lengthOf } from '@swarm/core/rules/conversation';
import { cutPrompt } from '@swarm/core/rules/cut-prompts';
import { overflowIn } from '@swarm/core/rules/overflow';
import type { AgentEnding, AgentRun } from './agent-run.ts';
import { type Deadline, runCalls, runWritten } from './calls.ts';
import { makeRoom, shrink, sizeOf } from './context/compact.ts';
import { startDeadline } from './deadline.ts';
import { timeKept, withLastWords } from './last-words.ts';
import { limitReached, roomRunsOut } from './limits.ts';
import { noteText } from './notes.ts';
import type { Stop, Talk } from './talk.ts';
import { askAgain, CUT_SHORT, EMPTY, nudge, repair, startTalk, tellAtEnd, wasRefused } from './talk.ts';
import { asWritten, withTools } from './text-tools.ts';

/** Runs to an ending, which is also the last event. Never rejects: a fault of our own ends as `failed`. */
export async function runAgent(run: AgentRun): Promise<AgentEnding> {
  const prompt = run.textTools ? withTools(run.prompt, run.tools.specs) : run.prompt;
  const talk = run.talk ?? startTalk(prompt, run.limits.windowTokens);
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
  const from = run.clock.monotonic();
  const deadline = startDeadline(run, wallMs - timeKept(wallMs));
  try {
    for (;;) {
      const limit = limitReached(run.limits, talk, talk.lastTokens);
      if (limit) return { reason: limit, detail: `reached after ${talk.steps} steps` };
      tellRoom(run, talk, run.clock.monotonic() - from);
      hear(run, talk);
      await deadline.waitingFor('model', talk.steps + 1, () => makeRoom(run, talk, deadline.signal));
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

function tellRoom(run: AgentRun, talk: Talk, elapsedMs: number): void {
  const room = roomRunsOut(run.limits, talk, elapsedMs, talk.marksTold);
  if (!room) return;
  talk.marksTold = room.marks;
  tellAtEnd(talk, room.text);
  run.emit({ type: 'nudged', step: talk.steps + 1, why: room.text });
}

/** The operator's words, before the model is asked again. */
function hear({ notes, emit }: AgentRun, talk: Talk): void {
  const fresh = notes?.take() ?? [];
  if (fresh.length === 0) return;
  tellAtEnd(talk, noteText(fresh));
  emit({ type: 'heard', step: talk.steps + 1, notes: notes!.taken, text: fresh.join('\n\n') });
}

async function ask(run: AgentRun, talk: Talk, signal: AbortSignal): Promise<ModelResult> {
  const step = ++talk.steps;
  run.emit({ type: 'asked', step, messages: talk.messages.length, chars: lengthOf(talk.messages) });
  const answer = await run.model.stream(
    {
      role: 'worker',
      messages: talk.messages,
      tools: run.textTools ? [] : run.tools.specs,
      ...(run.task && { task: run.task }),
      ...(run.attempt && { attempt: run.attempt }),
    },
    { signal },
  );
  talk.usage = addUsage(talk.usage, answer.usage);
  talk.lastTokens = tokensOf(answer.usage);
  countWindow(run, talk, answer);
  const calls = answer.end.kind === 'tools' ? answer.end.calls.length : 0;
  run.emit({ type: 'answered', step, how: answer.end.kind, text: answer.text, calls, usage: answer.usage });
  return answer;
}

/** Learns what the model's window holds from what the server counted. A try that broke off is in it too. */
function countWindow(run: AgentRun, talk: Talk, { usage }: ModelResult): void {
  const counted = usage.inputTokens / Math.max(1, usage.calls);
  const cut = cutPrompt(talk.messages, talk.lastLength, counted);
  talk.lastLength = lengthOf(talk.messages);
  if (cut === undefined) talk.window.counted(sizeOf(run, talk), counted);
  else if (talk.window.took(cut.counted)) run.emit({ type: 'cut', step: talk.steps, ...cut });
}

/** Acts on one answer: a Stop ends the loop, undefined means that the model is asked again. */
async function takeAnswer(
  run: AgentRun,
  talk: Talk,
  answer: ModelResult,
  deadline: Deadline,
): Promise<Stop | undefined> {
  const { end } = answer;
  if (end.kind !== 'bad-request') talk.refusals = 0;
  switch (end.kind) {
    case 'tools':
      return run.textTools
        ? takeText(run, talk, asWritten(answer, end.calls), deadline)
        : runCalls(run, talk, answer, end.calls, deadline);
    case 'stopped':
      return takeText(run, talk, answer, deadline);
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
      return refusedRequest(run, talk, end.why);
    default:
      return assertNever(end);
  }
}

async function takeText(
  run: AgentRun,
  talk: Talk,
  answer: ModelResult,
  deadline: Deadline,
): Promise<Stop | undefined> {
  const written = await runWritten(run, talk, answer, deadline);
  if (written !== 'none') return written;
  return answer.text.trim() === '' ? repair(talk, answer, EMPTY, run.emit) : nudge(talk, answer, run.emit);
}

/** Requests of one step that may be refused as too long; each next one is half as long. */
const REFUSALS_MAX = 2;

/** What is too long for the window is asked again, shorter, and the step does not count. */
function refusedRequest(run: AgentRun, talk: Talk, why: string): Stop | undefined {
  const overflow = overflowIn(why);
  if (!overflow) return { reason: 'failed', detail: `the endpoint refuses the request: ${why}` };
  if (++talk.refusals > REFUSALS_MAX)
    return {
      reason: 'failed',
      detail: `rules, task and the last step are longer than the model's window: ${why}`,
    };
  talk.steps--;
  shrink(run, talk, overflow);
  return undefined;
}

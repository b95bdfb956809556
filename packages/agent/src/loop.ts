/**
 * READ FIRST. The whole agent: ask the model, run the tools it calls, until one ending. It runs as a child
 * process inside the attempt's sandbox and reaches nothing but its workspace and the model.
 */

import { assertNever } from '@swarm/core/errors';
import { addUsage, tokensOf } from '@swarm/core/model/usage';
import type { ModelResult } from '@swarm/core/ports/models';
import type { AgentEnding, AgentRun } from './agent-run.ts';
import { type Deadline, runCalls, runWritten } from './calls.ts';
import { elide, lengthOf } from './conversation.ts';
import { startDeadline } from './deadline.ts';
import { timeKept, withLastWords } from './last-words.ts';
import { limitReached, roomRunsOut } from './limits.ts';
import type { Stop, Talk } from './talk.ts';
import { askAgain, CUT_SHORT, EMPTY, nudge, repair, startTalk, tellAtEnd, wasRefused } from './talk.ts';

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
  const from = run.clock.monotonic();
  const deadline = startDeadline(run, wallMs - timeKept(wallMs));
  try {
    for (;;) {
      const limit = limitReached(run.limits, talk, talk.lastTokens);
      if (limit) return { reason: limit, detail: `reached after ${talk.steps} steps` };
      makeRoom(run, talk, run.clock.monotonic() - from);
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

function makeRoom(run: AgentRun, talk: Talk, elapsedMs: number): void {
  const step = talk.steps + 1;
  const room = roomRunsOut(run.limits, talk, elapsedMs, talk.marksTold);
  if (room) {
    talk.marksTold = room.marks;
    tellAtEnd(talk, room.text);
    run.emit({ type: 'nudged', step, why: room.text });
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

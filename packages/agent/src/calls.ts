/** The calls of one answer: run, answered each, and looked at for what follows. */
import { HANDOFF_TEXT_MAX } from '@swarm/core/model/handoff';
import type { ModelResult, ToolCall } from '@swarm/core/ports/models';
import { WRITTEN_RESULT } from '@swarm/core/rules/conversation';
import { cutText } from './agent-events.ts';
import type { AgentRun } from './agent-run.ts';
import { outputRoom } from './context/compact.ts';
import type { startDeadline } from './deadline.ts';
import { type DoneCall, SAME_AGAIN } from './repeats.ts';
import { asSent, badOutput, type Stop, said, type Talk, tell, tellAtEnd } from './talk.ts';
import { textCalls } from './text-calls.ts';
import { submitHandoff } from './tools/handoff.ts';
import { type CallOutcome, isReading, toolMeant } from './tools/index.ts';

/** Calls taken from one answer; the rest are dropped and the model is told. */
const CALLS_MAX = 32;
const SUBMIT = submitHandoff.name;

export type Deadline = ReturnType<typeof startDeadline>;

/** Runs the calls of one answer: a Stop ends the loop, undefined means that the model is asked again. */
export async function runCalls(
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
  /** Every one of them ran and did what it was to do. */
  readonly isFine: boolean;
  /** All of them waited for what still runs. */
  readonly isWaiting: boolean;
  /** What was wrong with the last call that was not run. */
  readonly error: string;
  /** One of them handed in, or time was up and the rest was not run. */
  readonly stop?: Stop;
}
const NOT_RUN = 'not run: the attempt is over';

/** One after the other, but for those that only read and stand side by side. */
async function runEach(
  run: AgentRun,
  talk: Talk,
  calls: readonly ToolCall[],
  isBeside: boolean,
  deadline: Deadline,
): Promise<Ran> {
  const room = outputRoom(talk, calls.length);
  const outcomes: CallOutcome[] = [];
  for (const group of groupsOf(calls)) {
    if (deadline.stop) break;
    const ran = group.map((call) =>
      // What the other calls say is not known to whoever hands in beside them.
      isBeside && toolMeant(call.name) === SUBMIT
        ? notRun(run, talk, call, SUBMIT_ALONE)
        : runCall(run, talk, call, deadline, room),
    );
    outcomes.push(...(await Promise.all(ran)));
    if (outcomes.at(-1)?.claim) break;
  }
  const planned = outcomes.findLast(({ plan }) => plan !== undefined);
  if (planned?.plan !== undefined) talk.plan = planned.plan;
  return ranOf(calls, outcomes, deadline);
}

/** Calls that may run at the same time, in their order. */
function groupsOf(calls: readonly ToolCall[]): readonly (readonly ToolCall[])[] {
  const groups: ToolCall[][] = [];
  let isOpen = false;
  for (const call of calls) {
    const isRead = isReading(call.name);
    if (isRead && isOpen) groups.at(-1)!.push(call);
    else groups.push([call]);
    isOpen = isRead;
  }
  return groups;
}

/** @param outcomes of the first calls; the rest were not run. */
function ranOf(calls: readonly ToolCall[], outcomes: readonly CallOutcome[], deadline: Deadline): Ran {
  const claim = outcomes.at(-1)?.claim;
  const stop: Stop | undefined = claim
    ? { reason: 'handed-in', detail: `status ${claim.status}`, claim }
    : deadline.stop;
  return {
    done: outcomes.map(({ output }, i) => {
      const { name, argumentsJson } = calls[i]!;
      return { name, argumentsJson, output };
    }),
    hasRun: outcomes.some(({ wasRun }) => wasRun),
    isFine: outcomes.every(({ ok }) => ok),
    isWaiting: outcomes.every(({ isWaiting }) => isWaiting === true),
    error: outcomes.findLast(({ wasRun }) => !wasRun)?.output ?? 'it called no tool',
    ...(stop && { stop }),
  };
}

/** What follows from the calls of one answer, once the model has their results. */
function after(run: AgentRun, talk: Talk, ran: Ran, asked: number): Stop | undefined {
  if (ran.stop) return ran.stop;
  const repeat = ran.isWaiting ? 'fresh' : talk.repeats.note(ran.done);
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
export async function runWritten(
  run: AgentRun,
  talk: Talk,
  answer: ModelResult,
  deadline: Deadline,
): Promise<Stop | undefined | 'none'> {
  const text = withoutMadeUp(answer.text);
  const written = textCalls(text, (said) => toolMeant(said) ?? exactly(run, said)).slice(0, CALLS_MAX);
  if (written.length === 0) return 'none';
  said(talk, { ...answer, text }, []);
  const calls = written.map((call, i) => ({ ...call, id: `text_${talk.steps}_${i}` }));
  const ran = await runEach(run, talk, calls, calls.length > 1, deadline);
  const results = ran.done.map(
    ({ name, output }) => `${WRITTEN_RESULT}${name}">\n${output}\n</tool_response>`,
  );
  tell(talk, results.join('\n'));
  const stop = after(run, talk, ran, written.length);
  return stop?.reason === 'stuck' && ran.isFine ? atItsEnd(answer) : stop;
}

/** A tool that is somebody else's. */
const exactly = ({ tools }: AgentRun, said: string): string | undefined =>
  tools.specs.find(({ name }) => name === said)?.name;

/** Some go on by writing what the tool might say: nothing of that happened. */
const withoutMadeUp = (text: string): string => text.split(/<tool_response\b/)[0]!;

/** A model that writes a call which works over and over does not know how to hand in: its work is judged as it is. */
const atItsEnd = ({ text }: ModelResult): Stop => ({
  reason: 'finished',
  detail: 'it wrote the same call, which works, again and again, and never called submit_handoff',
  claim: {
    status: 'partial',
    concerns: [],
    suggestions: [],
    summary: cutText(text.trim(), HANDOFF_TEXT_MAX),
  },
});

const SUBMIT_ALONE =
  'submit_handoff: not taken, because other calls stood beside it in the same answer and you had not read what they say. Read it now, put right what it shows, and then call submit_handoff alone.';

/** A call that is answered and not run: no server takes a conversation in which a call has no answer. */
function notRun(run: AgentRun, talk: Talk, call: ToolCall, output: string): CallOutcome {
  const step = talk.steps;
  run.emit({ type: 'tool.called', step, tool: call.name, args: call.argumentsJson });
  run.emit({ type: 'tool.ended', step, tool: call.name, ok: false, durationMs: 0, output });
  return { ok: false, output, wasRun: true };
}

async function runCall(
  run: AgentRun,
  talk: Talk,
  call: ToolCall,
  deadline: Deadline,
  room: number,
): Promise<CallOutcome> {
  const step = talk.steps;
  const { name: tool } = call;
  run.emit({ type: 'tool.called', step, tool, args: call.argumentsJson });
  const from = run.clock.monotonic();
  const outcome = await deadline.waitingFor('tool', step, () => run.tools.run(call, deadline.signal, room));
  const durationMs = Math.max(0, Math.round(run.clock.monotonic() - from));
  if (outcome.wasRun) talk.toolCalls++;
  run.emit({ type: 'tool.ended', step, tool, ok: outcome.ok, durationMs, output: outcome.output });
  return outcome;
}

/** The calls of one answer: run one after the other, answered each, and looked at for what follows. */
import { HANDOFF_TEXT_MAX } from '@swarm/core/model/handoff';
import type { ModelResult, ToolCall } from '@swarm/core/ports/models';
import { cutText } from './agent-events.ts';
import type { AgentRun } from './agent-run.ts';
import type { startDeadline } from './deadline.ts';
import { type DoneCall, SAME_AGAIN } from './repeats.ts';
import { asSent, badOutput, type Stop, said, type Talk, tell, tellAtEnd } from './talk.ts';
import { textCalls } from './text-calls.ts';
import { submitHandoff } from './tools/handoff.ts';
import { type CallOutcome, toolMeant } from './tools/index.ts';

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
  let isFine = true;
  for (const call of calls) {
    if (deadline.stop) return { done, hasRun, isFine, error, stop: deadline.stop };
    // What the other calls say is not known to whoever hands in beside them.
    const isEarly = isBeside && toolMeant(call.name) === SUBMIT;
    const outcome = isEarly
      ? notRun(run, talk, call, SUBMIT_ALONE)
      : await runCall(run, talk, call, deadline);
    done.push({ name: call.name, argumentsJson: call.argumentsJson, output: outcome.output });
    if (!outcome.ok) isFine = false;
    if (outcome.claim) {
      const { claim } = outcome;
      return {
        done,
        hasRun,
        isFine,
        error,
        stop: { reason: 'handed-in', detail: `status ${claim.status}`, claim },
      };
    }
    if (outcome.wasRun) hasRun = true;
    else error = outcome.output;
  }
  return { done, hasRun, isFine, error };
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
export async function runWritten(
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
  const stop = after(run, talk, ran, written.length);
  return stop?.reason === 'stuck' && ran.isFine ? atItsEnd(answer) : stop;
}

/** A model that writes a call which works over and over does not know how to hand in: its work is judged as it is. */
const atItsEnd = ({ text }: ModelResult): Stop => ({
  reason: 'finished',
  detail: 'it wrote the same call, which works, again and again, and never called submit_handoff',
  claim: {
    ...{ status: 'partial', concerns: [], suggestions: [] },
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

/**
 * Keeps a conversation inside the model's window: old outputs go first, then one call of the model sums up all but the
 * last turns. A request that was refused as too long is made shorter without a call.
 */
import type { ChatMessage } from '@swarm/core/ports/models';
import { lengthOf } from '@swarm/core/rules/conversation';
import type { Overflow } from '@swarm/core/rules/overflow';
import type { AgentRun } from '../agent-run.ts';
import { askAside } from '../aside.ts';
import type { Talk } from '../talk.ts';
import { failingChecks } from './failing.ts';
import { capOutputs, elide, withoutArguments } from './shorten.ts';
import { firstKept, turnStarts } from './turns.ts';
import { HEADINGS, joined, ownSummary, partsOf, writtenDown } from './written-down.ts';

/** Shares of the window. From here on old outputs are left out, down to the low mark, when that saves enough… */
const ELIDE_AT = 0.6;
const LOW_MARK = 0.45;
const WORTH_SHARE = 0.05;
/** …and from here on what came before the last turns is summed up. The rest of the window is the answer's. */
const SUM_UP_AT = 0.8;
/** What the last turns may take together, and what stands for the others. */
const KEPT_SHARE = 0.35;
const WRITTEN_SHARE = 0.15;
/** What a refused request is cut down to. */
const REFUSED_TO = 0.5;
/** One output, and all of one answer together. */
const OUTPUT_SHARE = 0.05;
const OUTPUTS_SHARE = 0.2;
const OUTPUT_MIN_CHARS = 800;
/** Tokens of the summary. */
const SUMMARY_TOKENS = 2_000;
/** Fewer turns are not worth a call. */
const SUMMED_MIN = 2;

/** Characters one output may have, where so many stand beside one another. */
export function outputRoom({ window }: Talk, beside: number): number {
  const room = Math.min(window.chars(OUTPUT_SHARE), window.chars(OUTPUTS_SHARE) / Math.max(1, beside));
  return Math.max(OUTPUT_MIN_CHARS, Math.floor(room));
}

/** Before the model is asked. */
export async function makeRoom(run: AgentRun, talk: Talk, signal: AbortSignal): Promise<void> {
  const { window } = talk;
  const step = talk.steps + 1;
  if (sizeOf(run, talk) > window.chars(ELIDE_AT)) {
    const goal = window.chars(LOW_MARK) - toolChars(run);
    const { messages, parts, chars } = elide(talk.messages, goal, window.chars(KEPT_SHARE));
    if (chars >= window.chars(WORTH_SHARE) || lengthOf(messages) <= goal) {
      talk.messages = [...messages];
      if (parts > 0) run.emit({ type: 'elided', step, parts, chars });
    }
  }
  if (sizeOf(run, talk) > window.chars(SUM_UP_AT)) await sumUp(run, talk, signal);
}

/** After a refusal: the window is learnt from it, and the conversation shortened to half of it. */
export function shrink(run: AgentRun, talk: Talk, overflow: Overflow): void {
  const before = talk.messages;
  talk.window.refused(sizeOf(run, talk), overflow);
  const goal = Math.min(talk.window.chars(REFUSED_TO), sizeOf(run, talk) * REFUSED_TO) - toolChars(run);
  fit(talk, goal);
  tellCompacted(run, talk, before, 'refused');
}

/** For a last question: it costs as much as a step, and needs no more of the conversation than its end. */
export function halve(run: AgentRun, talk: Talk): void {
  const goal = talk.window.chars(REFUSED_TO) - toolChars(run);
  if (lengthOf(talk.messages) > goal) fit(talk, goal);
}

export const sizeOf = (run: AgentRun, talk: Talk): number => lengthOf(talk.messages) + toolChars(run);

/** What goes with every request beside the messages. */
const toolChars = ({ tools, textTools }: AgentRun): number =>
  textTools ? 0 : JSON.stringify(tools.specs).length;

async function sumUp(run: AgentRun, talk: Talk, signal: AbortSignal): Promise<void> {
  const { window } = talk;
  const before = talk.messages;
  const room = window.chars(KEPT_SHARE);
  const summed = turnStarts(before).filter((start) => start < firstKept(before, room)).length;
  const text = summed >= SUMMED_MIN ? await askForSummary(run, talk, signal) : undefined;
  if (text !== undefined) leaveOut(talk, firstKept(before, room), () => text);
  // Not worth a call, no answer, or an answer that is longer than it should be.
  if (sizeOf(run, talk) > window.chars(ELIDE_AT)) fit(talk, window.chars(LOW_MARK) - toolChars(run));
  tellCompacted(run, talk, before, text === undefined ? 'itself' : 'model');
}

const ASK = `Your room for this conversation runs out, so what came before the last turns will be left out. Write down what whoever goes on without it must know, and nothing else, under these headings: ${HEADINGS.map((h) => `## ${h}`).join(', ')}. Under "Files changed" give each path with what was done there. Under "Failing checks" give the command and its error, word for word. Under "Decisions" give what was found out and what did not work. No tool can be called in this answer.`;

async function askForSummary(run: AgentRun, talk: Talk, signal: AbortSignal): Promise<string | undefined> {
  const text = await askAside(run, talk, {
    messages: elide(talk.messages, talk.window.chars(SUM_UP_AT), 0).messages,
    question: ASK,
    maxOutputTokens: Math.min(SUMMARY_TOKENS, Math.floor(talk.window.kept.tokens * WRITTEN_SHARE)),
    signal,
  });
  return text === '' ? undefined : text;
}

/** Without a model, by whatever it takes: outputs, arguments, whole turns, and the last turns' own length at the end. */
function fit(talk: Talk, goalChars: number): void {
  const { window } = talk;
  const shortened = capOutputs(talk.messages, window.chars(OUTPUT_SHARE));
  talk.messages = [...elide(shortened, goalChars, window.chars(KEPT_SHARE)).messages];
  if (lengthOf(talk.messages) <= goalChars) return;
  leaveOut(talk, firstKept(talk.messages, goalChars / 2), ownSummary);
  for (let max = window.chars(OUTPUT_SHARE); lengthOf(talk.messages) > goalChars; max /= 2) {
    if (max < OUTPUT_MIN_CHARS / 4) break;
    talk.messages = [...capOutputs(withoutArguments(talk.messages), Math.floor(max))];
  }
}

/** The turns before `end` go, and what is written down of them stands after the task. */
function leaveOut(
  talk: Talk,
  end: number,
  summarise: (before: string, gone: readonly ChatMessage[]) => string,
): void {
  const { head, before, turns } = partsOf(talk.messages);
  const first = talk.messages.length - turns.length;
  if (end <= first) return;
  const gone = talk.messages.slice(first, end);
  // Those of turns that stay are read there.
  const failing = failingChecks(talk.messages, talk.carried).filter(({ at }) => at < end);
  const told = writtenDown(
    { text: summarise(before, gone), failing, ...(talk.plan !== undefined && { plan: talk.plan }) },
    talk.window.chars(WRITTEN_SHARE),
  );
  talk.carried = failing.map((check) => ({ ...check, at: -1 }));
  talk.messages = [...joined(head, told, talk.messages.slice(end))];
}

function tellCompacted(
  run: AgentRun,
  talk: Talk,
  before: readonly ChatMessage[],
  by: 'model' | 'itself' | 'refused',
): void {
  const sizes = { before: lengthOf(before), after: lengthOf(talk.messages) };
  run.emit({ type: 'compacted', step: talk.steps + 1, by, ...sizes, windowTokens: talk.window.kept.tokens });
}

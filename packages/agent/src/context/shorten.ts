/**
 * Makes a conversation shorter without a model. What is left out says so in its place; every call keeps its result,
 * because servers refuse a conversation in which they do not pair.
 */
import type { ChatMessage } from '@swarm/core/ports/models';
import { failingChecks } from './failing.ts';
import { firstKept, isOutput, lengthOf, messageLength } from './turns.ts';

/** Shorter parts are not worth a line saying that they are gone. */
const WORTH_CHARS = 500;

export interface Elided {
  readonly messages: readonly ChatMessage[];
  /** How many outputs and arguments were left out, and how many characters that saved. */
  readonly parts: number;
  readonly chars: number;
}

/**
 * Leaves out tool outputs, and then long tool arguments, oldest first, until `goalChars` is reached. Rules and task,
 * failing checks and the last turns stay as they are.
 * @param keptChars what the last turns may take together.
 */
export function elide(messages: readonly ChatMessage[], goalChars: number, keptChars: number): Elided {
  const before = lengthOf(messages);
  const shorter = [...messages];
  const end = firstKept(messages, keptChars);
  const failing = new Set(failingChecks(messages).map(({ at }) => at));
  let length = before;
  let parts = 0;
  for (const shorten of [withoutOutput, withoutArguments]) {
    for (let i = 0; i < end && length > goalChars; i++) {
      const replaced = failing.has(i) ? undefined : shorten(shorter[i]!);
      if (!replaced) continue;
      length += messageLength(replaced) - messageLength(shorter[i]!);
      shorter[i] = replaced;
      parts++;
    }
  }
  return { messages: shorter, parts, chars: before - length };
}

/** Every output at most `maxChars` long, the last ones too. */
export const capOutputs = (messages: readonly ChatMessage[], maxChars: number): readonly ChatMessage[] =>
  messages.map((m) =>
    isOutput(m) && m.content.length > maxChars ? { ...m, content: cutMiddle(m.content, maxChars) } : m,
  );

/** Long arguments of every call left out, the last ones too: what they did is done. */
export const withoutLongArguments = (messages: readonly ChatMessage[]): readonly ChatMessage[] =>
  messages.map((m) => withoutArguments(m) ?? m);

/** The beginning and the end of a text, and how much is missing between them. */
export function cutMiddle(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const said = `\n[… ${text.length - maxChars} characters and more left out: ask for less at once …]\n`;
  const room = Math.max(0, maxChars - said.length);
  const head = Math.ceil(room / 2);
  return `${text.slice(0, head)}${said}${room > head ? text.slice(head - room) : ''}`.toWellFormed();
}

function withoutOutput(m: ChatMessage): ChatMessage | undefined {
  if (!isOutput(m) || m.content.length < WORTH_CHARS) return undefined;
  const content = `[${m.content.length} characters of output left out to save room; call the tool again if you need them]`;
  return { ...m, content };
}

function withoutArguments(m: ChatMessage): ChatMessage | undefined {
  if (m.role !== 'assistant' || !m.toolCalls.some((c) => c.argumentsJson.length >= WORTH_CHARS))
    return undefined;
  const toolCalls = m.toolCalls.map((c) =>
    c.argumentsJson.length < WORTH_CHARS
      ? c
      : { ...c, argumentsJson: JSON.stringify({ left_out: `${c.argumentsJson.length} characters` }) },
  );
  return { ...m, toolCalls };
}

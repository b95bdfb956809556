/**
 * How long a conversation with a model is, and how it is made shorter without one: what tools gave goes first, then what
 * they were given, oldest first. What is left out says so in its place; every call keeps its result, because servers
 * refuse a conversation in which they do not pair.
 */
import type { ChatMessage } from '../ports/models.ts';

export const lengthOf = (messages: readonly ChatMessage[]): number =>
  messages.reduce((sum, m) => sum + messageLength(m), 0);

export function messageLength(m: ChatMessage): number {
  if (m.role !== 'assistant') return m.content.length;
  const carried = m.bag ? JSON.stringify([m.bag.fields, m.bag.calls]).length : 0;
  return m.toolCalls.reduce(
    (sum, c) => sum + c.name.length + c.argumentsJson.length,
    m.content.length + carried,
  );
}

/** Begins what answers a call that was written as text. */
export const WRITTEN_RESULT = '<tool_response name="';

/** What a tool gave, be it a result or told as the user's. */
export const isOutput = (m: ChatMessage): boolean =>
  m.role === 'tool' || (m.role === 'user' && m.content.startsWith(WRITTEN_RESULT));

/** Of a model's window: the rest is the answer's. At four characters a token. */
const ROOM_SHARE = 0.7;
const CHARS_PER_TOKEN = 4;

/** Characters that a conversation may have whose tokens nobody counts before. */
export const roomIn = (windowTokens: number): number =>
  Math.floor(ROOM_SHARE * windowTokens * CHARS_PER_TOKEN);

export interface Shortened {
  readonly messages: readonly ChatMessage[];
  /** How many outputs and arguments were left out, and how many characters that saved. */
  readonly parts: number;
  readonly chars: number;
}

/**
 * Leaves out until `goalChars` is reached, or nothing more can go.
 * @param end where what stays as it is begins. @param stays those before it that stay too, by their place.
 */
export function shortened(
  messages: readonly ChatMessage[],
  goalChars: number,
  end: number,
  stays: ReadonlySet<number> = new Set(),
): Shortened {
  const before = lengthOf(messages);
  const shorter = [...messages];
  let length = before;
  let parts = 0;
  for (const shorten of [withoutOutput, withoutLongArguments]) {
    for (let i = 0; i < end && length > goalChars; i++) {
      const replaced = stays.has(i) ? undefined : shorten(shorter[i]!);
      if (!replaced) continue;
      length += messageLength(replaced) - messageLength(shorter[i]!);
      shorter[i] = replaced;
      parts++;
    }
  }
  return { messages: shorter, parts, chars: before - length };
}

/** Shorter parts are not worth a line saying that they are gone. */
const WORTH_CHARS = 500;

function withoutOutput(m: ChatMessage): ChatMessage | undefined {
  if (!isOutput(m) || m.content.length < WORTH_CHARS) return undefined;
  const content = `[${m.content.length} characters of output left out to save room; call the tool again if you need them]`;
  return { ...m, content };
}

/** Undefined where there is none: what a call did is done, and the rest of it is short. */
export function withoutLongArguments(m: ChatMessage): ChatMessage | undefined {
  if (m.role !== 'assistant' || !m.toolCalls.some((c) => c.argumentsJson.length >= WORTH_CHARS))
    return undefined;
  const toolCalls = m.toolCalls.map((c) =>
    c.argumentsJson.length < WORTH_CHARS
      ? c
      : { ...c, argumentsJson: JSON.stringify({ left_out: `${c.argumentsJson.length} characters` }) },
  );
  return { ...m, toolCalls };
}

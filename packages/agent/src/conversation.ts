/** Keeps a conversation inside the model's window. */
import type { ChatMessage } from '@swarm/core/ports/models';

/** The newest answers, with their tool outputs, that are never shortened. */
const TURNS_KEPT = 6;
/** Once over the limit, shorten down to this share of it: shortening at every step would spoil prompt caches. */
const LOW_MARK = 0.75;
/** Shorter parts are not worth a line saying that they are gone. */
const WORTH_CHARS = 500;

export function lengthOf(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, m) => sum + messageLength(m), 0);
}

export interface Elided {
  readonly messages: readonly ChatMessage[];
  /** How many outputs and arguments were left out, and how many characters that saved. */
  readonly parts: number;
  readonly chars: number;
}

/**
 * Leaves out tool outputs, and then long tool arguments, oldest first, until the conversation is small enough.
 * The system and first user message and the last turns stay as they are, and so does every call's id: an
 * endpoint refuses a conversation whose calls and results do not pair.
 */
export function elide(messages: readonly ChatMessage[], limitChars: number): Elided {
  const before = lengthOf(messages);
  if (before <= limitChars) return { messages, parts: 0, chars: 0 };
  const shorter = [...messages];
  const end = firstKept(messages);
  const goal = limitChars * LOW_MARK;
  let length = before;
  let parts = 0;
  for (const shorten of [withoutOutput, withoutArguments]) {
    for (let i = 0; i < end && length > goal; i++) {
      const replaced = shorten(shorter[i]!);
      if (!replaced) continue;
      length += messageLength(replaced) - messageLength(shorter[i]!);
      shorter[i] = replaced;
      parts++;
    }
  }
  return { messages: shorter, parts, chars: before - length };
}

function messageLength(m: ChatMessage): number {
  if (m.role !== 'assistant') return m.content.length;
  const carried = m.bag ? JSON.stringify([m.bag.fields, m.bag.calls]).length : 0;
  return m.toolCalls.reduce(
    (sum, c) => sum + c.name.length + c.argumentsJson.length,
    m.content.length + carried,
  );
}

/** Index of the oldest message of the last TURNS_KEPT turns. */
function firstKept(messages: readonly ChatMessage[]): number {
  const answers = messages.flatMap((m, i) => (m.role === 'assistant' ? [i] : []));
  return answers.at(-TURNS_KEPT) ?? 0;
}

function withoutOutput(m: ChatMessage): ChatMessage | undefined {
  if (m.role !== 'tool' || m.content.length < WORTH_CHARS) return undefined;
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

/** Keeps a conversation of looking around inside the model's window: what tools gave first gives way first. */
import type { ChatMessage } from '@swarm/core/ports/models';

/** Once over the limit it is shortened to this share: doing it at every step would spoil what providers keep. */
const LOW_MARK = 0.75;
/** The newest messages, which the next answer is about. */
const KEPT = 8;
/** Shorter outputs are not worth a line that says they are gone. */
const WORTH_CHARS = 500;

export const lengthOf = (messages: readonly ChatMessage[]): number =>
  messages.reduce((sum, m) => sum + m.content.length + callsLength(m), 0);

const callsLength = (m: ChatMessage): number =>
  m.role === 'assistant' ? m.toolCalls.reduce((n, call) => n + call.argumentsJson.length, 0) : 0;

/** Shortens in place, when it is longer than `max` characters. Every call keeps its answer. */
export function fit(messages: ChatMessage[], max: number): void {
  if (lengthOf(messages) > max) shortenTo(messages, max * LOW_MARK, KEPT);
}

/** The server refused it as too long: half of it must do. @returns whether anything could be left out. */
export function halve(messages: ChatMessage[]): boolean {
  const before = lengthOf(messages);
  shortenTo(messages, before / 2, 1);
  return lengthOf(messages) < before;
}

function shortenTo(messages: ChatMessage[], goal: number, kept: number): void {
  let length = lengthOf(messages);
  for (let i = 0; i < messages.length - kept && length > goal; i++) {
    const message = messages[i]!;
    if (message.role !== 'tool' || message.content.length < WORTH_CHARS) continue;
    const content = `[${message.content.length} characters left out to save room; call the tool again if you need them]`;
    length -= message.content.length - content.length;
    messages[i] = { ...message, content };
  }
}

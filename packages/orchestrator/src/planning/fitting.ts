/** Keeps a conversation of looking around inside the model's window: what tools gave first gives way first. */
import type { ChatMessage } from '@swarm/core/ports/models';
import { lengthOf, shortened } from '@swarm/core/rules/conversation';

/** Once over the limit it is shortened to this share: doing it at every step would spoil what providers keep. */
const LOW_MARK = 0.75;
/** The newest messages, which the next answer is about; where even those are too long, the last one alone. */
const KEPT = [8, 1];

/** Shortens in place, when it is longer than `max` characters. */
export function fit(messages: ChatMessage[], max: number): void {
  for (const kept of KEPT) if (lengthOf(messages) > max) shortenTo(messages, max * LOW_MARK, kept);
}

/** The server refused it as too long: half of it must do. @returns whether anything could be left out. */
export const halve = (messages: ChatMessage[]): boolean => shortenTo(messages, lengthOf(messages) / 2, 1);

function shortenTo(messages: ChatMessage[], goal: number, kept: number): boolean {
  const { messages: shorter, parts } = shortened(messages, goal, messages.length - kept);
  messages.splice(0, messages.length, ...shorter);
  return parts > 0;
}

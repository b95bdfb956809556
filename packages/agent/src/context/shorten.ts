/** Makes a conversation shorter without a model, as far as the agent's own turns and checks let it. */
import type { ChatMessage } from '@swarm/core/ports/models';
import { isOutput, type Shortened, shortened, withoutLongArguments } from '@swarm/core/rules/conversation';
import { failingChecks } from './failing.ts';
import { firstKept } from './turns.ts';

/**
 * Leaves out tool outputs, and then long tool arguments, oldest first, until `goalChars` is reached. Rules and task,
 * failing checks and the last turns stay as they are.
 * @param keptChars what the last turns may take together.
 */
export function elide(messages: readonly ChatMessage[], goalChars: number, keptChars: number): Shortened {
  const failing = new Set(failingChecks(messages).map(({ at }) => at));
  return shortened(messages, goalChars, firstKept(messages, keptChars), failing);
}

/** Every output at most `maxChars` long, the last ones too. */
export const capOutputs = (messages: readonly ChatMessage[], maxChars: number): readonly ChatMessage[] =>
  messages.map((m) =>
    isOutput(m) && m.content.length > maxChars ? { ...m, content: cutMiddle(m.content, maxChars) } : m,
  );

/** Long arguments of every call left out, the last ones too: what they did is done. */
export const withoutArguments = (messages: readonly ChatMessage[]): readonly ChatMessage[] =>
  messages.map((m) => withoutLongArguments(m) ?? m);

/** The beginning and the end of a text, and how much is missing between them. */
export function cutMiddle(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const said = `\n[… ${text.length - maxChars} characters and more left out: ask for less at once …]\n`;
  const room = Math.max(0, maxChars - said.length);
  const head = Math.ceil(room / 2);
  return `${text.slice(0, head)}${said}${room > head ? text.slice(head - room) : ''}`.toWellFormed();
}

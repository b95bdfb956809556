/** What requests of ours have in common, whatever they are written in. */
import type { ChatMessage } from '@swarm/core/ports/models';

/** Tells a gateway of ours which endpoint a message came from: a bag goes back to that one alone. */
export const VIA_FIELD = 'swarm_via';
export const VIA_HEADER = 'x-swarm-endpoint';

/** Templates of many models refuse two messages of one role that follow one another. */
export function mergeNeighbours(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const merged: ChatMessage[] = [];
  for (const message of messages) {
    const last = merged.at(-1);
    const joined = last && join(last, message);
    if (joined) merged[merged.length - 1] = joined;
    else merged.push(message);
  }
  return merged;
}

/**
 * Arguments as a strict reader takes them: half a letter becomes U+FFFD, be it a character or an escape of one. Servers
 * parse them once more, for their templates or for another protocol.
 */
export const wellFormedJson = (json: string): string =>
  json.toWellFormed().replace(ESCAPES, (all, half: string | undefined) => (half ? '\\ufffd' : all));

/** A pair of halves, half a letter alone, or any other escape, so that an escaped backslash is passed over. */
const ESCAPES =
  /\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u([dD][89a-fA-F][0-9a-fA-F]{2})|\\./g;

function join(a: ChatMessage, b: ChatMessage): ChatMessage | undefined {
  const content = [a.content, b.content].filter((text) => text !== '').join('\n\n');
  if (a.role === 'assistant' && b.role === 'assistant' && a.toolCalls.length === 0)
    return { ...a, ...b, content };
  if (a.role === b.role && (a.role === 'user' || a.role === 'system')) return { ...a, content };
  return undefined;
}

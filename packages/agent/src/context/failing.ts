/** Which results are checks that fail: they stay word for word while everything around them is left out. */
import type { ChatMessage } from '@swarm/core/ports/models';
import { type Result, resultsOf } from './turns.ts';

/** So many, the newest first. */
const CHECKS_MAX = 3;

const SAID_NO = /^submit_handoff: not accepted yet/;
const FAILED = /^(?:exit code [1-9]\d*|killed (?:after|by|:))/;

/**
 * Of each command its last result, when it failed; and what the last handoff came back with. In their order.
 * @param carried those of turns that are left out already.
 */
export function failingChecks(
  messages: readonly ChatMessage[],
  carried: readonly Result[] = [],
): readonly Result[] {
  const last = new Map<string, Result>();
  for (const result of [...carried, ...resultsOf(messages)]) {
    const key = result.name === 'bash' ? (result.argumentsJson ?? `${result.at}`) : result.name;
    if (result.name === 'bash' || result.name === 'submit_handoff') last.set(key, result);
  }
  return [...last.values()]
    .filter(({ name, text }) => (name === 'bash' ? FAILED : SAID_NO).test(text))
    .sort((a, b) => a.at - b.at)
    .slice(-CHECKS_MAX);
}

/** A conversation as turns: an answer, and the results of its calls. Whoever cuts it cuts between two of them. */
import type { ChatMessage, ToolCall } from '@swarm/core/ports/models';
import { isOutput, lengthOf, WRITTEN_RESULT } from '@swarm/core/rules/conversation';

/** Where each turn begins. What stands before the first is the rules, the task, and what was written down. */
export const turnStarts = (messages: readonly ChatMessage[]): readonly number[] =>
  messages.flatMap((m, i) => (m.role === 'assistant' ? [i] : []));

/** The newest turns, which stay as they are. */
export const TURNS_KEPT = 4;

/**
 * Where the turns that stay begin: the last four as far as they have room, and always the last one.
 * @param roomChars what they may take together.
 */
export function firstKept(messages: readonly ChatMessage[], roomChars: number): number {
  const starts = turnStarts(messages).slice(-TURNS_KEPT);
  const fitting = starts.find((start) => lengthOf(messages.slice(start)) <= roomChars);
  return fitting ?? starts.at(-1) ?? messages.length;
}

/** A result with the call it answers. A call that was written as text has its tool's name alone. */
export interface Result {
  readonly at: number;
  readonly name: string;
  readonly argumentsJson?: string | undefined;
  readonly text: string;
}

/** Every result, paired with the call before it: some servers use the same ids again in each answer. */
export function resultsOf(messages: readonly ChatMessage[]): readonly Result[] {
  let calls: readonly ToolCall[] = [];
  return messages.flatMap((m, at): readonly Result[] => {
    if (m.role === 'assistant') calls = m.toolCalls;
    if (m.role === 'tool') {
      const call = calls.find(({ id }) => id === m.callId);
      return call ? [{ at, name: call.name, argumentsJson: call.argumentsJson, text: m.content }] : [];
    }
    return isOutput(m) ? [{ at, ...writtenResult(m.content) }] : [];
  });
}

function writtenResult(content: string): { readonly name: string; readonly text: string } {
  const [head = '', ...rest] = content.split('\n');
  return { name: head.slice(WRITTEN_RESULT.length, head.lastIndexOf('"')), text: rest.join('\n') };
}

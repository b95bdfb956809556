/**
 * Finds a server that leaves out what is too long for its window, and says nothing: it counts far fewer tokens than the
 * prompt has.
 */
import type { ChatMessage } from '../ports/models.ts';
import { lengthOf } from './conversation.ts';

export interface CutPrompt {
  /** Tokens, as the server counted them: so many it took. */
  readonly counted: number;
  /** Tokens that the prompt has at least. */
  readonly least: number;
}

/** Templates leave a little out, and some vocabularies have words of two. */
const CLEARLY = 1.5;
/** No server has a smaller window: what counts less does not count. */
const WINDOW_MIN = 2_000;
/** No text has more words than a quarter of its characters: below that nothing need be counted. */
const CHARS_PER_WORD = 4;

/**
 * @param before how long the conversation was at its last request; undefined at the first. A server that counts only what
 * it did not keep counts no more tokens than there are new characters, and nothing is said of it.
 */
export function cutPrompt(
  messages: readonly ChatMessage[],
  before: number | undefined,
  counted: number,
): CutPrompt | undefined {
  const length = lengthOf(messages);
  if (before === undefined || length < before || counted <= length - before) return undefined;
  if (counted < WINDOW_MIN || counted * CLEARLY * CHARS_PER_WORD >= length) return undefined;
  const least = messages.reduce((sum, m) => sum + wordsIn(m), 0);
  return counted * CLEARLY < least ? { counted: Math.floor(counted), least } : undefined;
}

/** No token spans two of them: runs of letters, and runs of digits. */
const WORD = /\p{L}+|\p{N}+/gu;

const wordsIn = (m: ChatMessage): number =>
  [m.content, ...(m.role === 'assistant' ? m.toolCalls.map((c) => c.argumentsJson) : [])].reduce(
    (sum, text) => sum + (text.match(WORD)?.length ?? 0),
    0,
  );

/** In one line, with what can be done. */
export const cutPromptText = (model: string, { counted, least }: CutPrompt): string =>
  `the server of ${model} read about ${counted} tokens of a prompt of at least ${least}, and said nothing: give it a larger window, or write [models.profiles.${JSON.stringify(model)}] window = ${counted}`;

/** Reads a refusal: whether it says that a request is longer than the model's window, and how long that is. */

export interface Overflow {
  /** Tokens of prompt and answer together, where the server says so. */
  readonly window?: number;
  /** Tokens of the prompt, as the server counted them. */
  readonly prompt?: number;
  /** Tokens that the request set aside for the answer. */
  readonly answer?: number;
}

/** What servers call it. A limit on tokens a minute is meant by none of them. */
const SAYS_SO: readonly RegExp[] = [
  /context (length|window|size)|maximum context|exceeds? (the|your|available|model'?s?)? ?(model )?context/i,
  /context_length_exceeded|exceed_context_size/i,
  /prompt is too long|input is too long|prompt exceeds max length|exceeded model token limit/i,
  /exceed context limit|input token count|range of input length should be/i,
  /maximum prompt length|too large for model with|reduce the length of (the|your|either)/i,
  /tokens to keep from the initial prompt|`?inputs`? must have less than/i,
];
const IS_RATE = /tokens per (minute|day|hour)|\bTPM\b|\bTPD\b|rate limit/i;

/** Each figure by the words around it, in the order in which they count. */
const WINDOW: readonly RegExp[] = [
  /maximum (?:context|prompt) length (?:is|of) (\d+)/i,
  /available context size \((\d+)/i,
  /context (?:length|window|size) (?:is|of) (?:only )?(\d+)/i,
  /"?n_ctx"?[=:]? ?(\d+)/i,
  />\s*(\d+)(?: maximum)?/,
  /maximum number of tokens allowed \(?(\d+)/i,
  /model with (\d+) maximum context/i,
  /input length should be \[\d+, (\d+)\]/i,
  /token limit: (\d+)/i,
  /less than (\d+) tokens/i,
];
const PROMPT: readonly RegExp[] = [
  /(\d+)(?: tokens)? in the messages/i,
  /(\d+) of text input/i,
  /messages resulted in (\d+)/i,
  /prompt is too long: (\d+)/i,
  /request \((\d+) tokens\) exceeds/i,
  /input token count (?:of |\()?(\d+)/i,
  /prompt contains (\d+)/i,
  /first (\d+) tokens when/i,
  /request contains (\d+)/i,
  /(\d+) \+ \d+ > \d+/,
  /requested (?:about )?(\d+) tokens/i,
  /given: (\d+)/i,
];
const ANSWER: readonly RegExp[] = [
  /(\d+)(?: tokens)? in the (?:completion|output)/i,
  /(\d+) (?:tokens )?for the (?:completion|output)/i,
  /\d+ \+ (\d+) > \d+/,
];

/** @returns undefined when the refusal is about something else. */
export function overflowIn(refusal: string): Overflow | undefined {
  if (IS_RATE.test(refusal) || !SAYS_SO.some((form) => form.test(refusal))) return undefined;
  const plain = refusal.replaceAll(/(\d)[,_](?=\d{3}\b)/g, '$1');
  const window = figure(plain, WINDOW);
  const prompt = figure(plain, PROMPT);
  const answer = figure(plain, ANSWER);
  return { ...(window && { window }), ...(prompt && { prompt }), ...(answer && { answer }) };
}

function figure(text: string, forms: readonly RegExp[]): number | undefined {
  for (const form of forms) {
    const found = Number(form.exec(text)?.[1]);
    if (Number.isSafeInteger(found) && found > 0) return found;
  }
  return undefined;
}

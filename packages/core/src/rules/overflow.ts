/** How servers say that a request is longer than the model's window. A limit on tokens a minute is meant by none. */
const SAYS_SO: readonly RegExp[] = [
  /context (length|window|size)|maximum context|exceeds? (the|your|available|model'?s?)? ?(model )?context/i,
  /context_length_exceeded|exceed_context_size/i,
  /prompt is too long|input is too long|prompt exceeds max length|exceeded model token limit/i,
  /exceed context limit|input token count|range of input length should be/i,
  /maximum prompt length|too large for model with|reduce the length of (the|your|either)/i,
  /tokens to keep from the initial prompt|`?inputs`? must have less than/i,
];
const IS_RATE = /tokens per (minute|day|hour)|\bTPM\b|\bTPD\b|rate limit/i;

export const isOverflow = (refusal: string): boolean =>
  !IS_RATE.test(refusal) && SAYS_SO.some((form) => form.test(refusal));

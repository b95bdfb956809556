/** The protocol a model server speaks. `chat` is OpenAI's chat completions, which most servers have. */
export const DIALECT_NAMES = ['chat', 'responses', 'messages', 'gemini'] as const;
export type DialectName = (typeof DIALECT_NAMES)[number];

/** Those that swarm's own roles and the built-in agent speak; the others are for agents through the gateway. */
export const OWN_DIALECTS: readonly DialectName[] = ['chat', 'responses', 'messages'];

/** Fields of a request that bound a call, name its model or are its prompt, in any dialect: no setting adds them. */
export const BOUNDING_FIELDS: ReadonlySet<string> = new Set(
  [
    'model messages system input instructions contents systemInstruction tools functions stream n',
    'max_tokens max_completion_tokens max_output_tokens maxOutputTokens candidateCount previous_response_id',
  ].flatMap((names) => names.split(' ')),
);

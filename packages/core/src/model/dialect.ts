/** The protocol a model server speaks. `chat` is OpenAI's chat completions, which most servers have. */
export const DIALECT_NAMES = ['chat', 'responses', 'messages', 'gemini'] as const;
export type DialectName = (typeof DIALECT_NAMES)[number];

/** Those that swarm's own roles and the built-in agent speak; the others are for agents through the gateway. */
export const OWN_DIALECTS: readonly DialectName[] = ['chat', 'responses', 'messages'];

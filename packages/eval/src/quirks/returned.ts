/** What a provider sent along with an answer, and wants back, or does not want back, with the next request. */
import { assistants, callers, mapCalls, opening, refusal } from '../server/bending.ts';
import type { Ask, Habit, WireMessage } from '../server/habit.ts';
import type { Quirk } from './quirk.ts';

/** Refuses where an assistant message with calls lacks what came with it. */
const wants = (isThere: (message: WireMessage) => boolean, message: (at: number) => string) => (ask: Ask) => {
  const missing = callers(ask).find((m) => !isThere(m));
  return missing ? refusal(400, message(ask.body.messages.indexOf(missing))) : undefined;
};

const THOUGHTS = [{ reasoning_content: 'I should ' }, { reasoning_content: 'go on.' }];
const isThought = (m: WireMessage): boolean => m.reasoning_content === 'I should go on.';
const thinks = (refuse: NonNullable<Habit['refuse']>) => (): Habit => ({
  chunks: opening(...THOUGHTS),
  refuse,
});

const DETAIL = {
  type: 'reasoning.encrypted',
  data: 'gAAAA',
  id: 'rs_1',
  format: 'openai-responses-v1',
  index: 0,
};
const SIGNED = { google: { thought_signature: 'CvUBAVSoXO==' } };

/** Without a call that shows itself in the conversation, these would prove nothing. */
const CONTROL =
  '{"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"list","arguments":"{}"}}]}';

export const RETURNED_QUIRKS: readonly Quirk[] = [
  {
    name: 'reasoning_content must come back',
    seen: 'DeepSeek',
    control: CONTROL,
    habit: thinks(
      wants(
        isThought,
        (at) =>
          `Missing \`reasoning_content\` field in the assistant message at message index ${at}. For more information, please refer to https://api-docs.deepseek.com/guides/thinking_mode#tool-calls`,
      ),
    ),
  },
  {
    name: 'reasoning_content must come back, in other words',
    seen: 'Moonshot’s Kimi',
    control: CONTROL,
    habit: thinks(
      wants(
        isThought,
        (at) =>
          `thinking is enabled but reasoning_content is missing in assistant tool call message at index ${at}`,
      ),
    ),
  },
  {
    name: 'reasoning_content must stay away',
    seen: 'DeepSeek’s R1; Groq',
    habit: thinks((ask) =>
      assistants(ask).some((m) => 'reasoning_content' in m)
        ? refusal(
            400,
            "'messages.2' : for 'role:assistant' the following must be satisfied[('messages.2' : property 'reasoning_content' is unsupported)]",
          )
        : undefined,
    ),
  },
  {
    name: 'reasoning_details must come back',
    seen: 'OpenRouter, MiniMax',
    control: CONTROL,
    habit: () => ({
      chunks: opening({ reasoning: 'I go on.', reasoning_details: [DETAIL] }),
      refuse: wants(
        (m) => JSON.stringify(m.reasoning_details) === JSON.stringify([DETAIL]),
        () =>
          'Provider returned error: reasoning_details of the previous assistant message must be preserved',
      ),
    }),
  },
  {
    name: 'thought_signature must come back',
    seen: 'Google’s Gemini 3',
    control: CONTROL,
    habit: () => ({
      chunks: (chunks) =>
        mapCalls(chunks, (piece) => ('id' in piece ? { ...piece, extra_content: SIGNED } : piece)),
      refuse: wants(
        (m) =>
          (m.tool_calls ?? []).every(
            (call) =>
              JSON.stringify((call as { extra_content?: unknown }).extra_content) === JSON.stringify(SIGNED),
          ),
        (at) =>
          `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:list\` , position ${at}.`,
      ),
    }),
  },
];

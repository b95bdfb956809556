/** Servers with rules of their own about messages: their order, their roles, what they hold, how calls are named. */
import { assistants, callers, mapCalls, once, refusal } from '../server/bending.ts';
import type { Ask, Refusal, WireMessage } from '../server/habit.ts';
import { pathOf } from './bicycle.ts';
import type { Quirk } from './quirk.ts';

const roles = ({ body }: Ask): readonly string[] => body.messages.map(({ role }) => role);
const follows = (ask: Ask, first: string, second: string): boolean =>
  roles(ask).some((role, i, all) => role === first && all[i + 1] === second);

const mistral = (message: string, type: string, code: string): Refusal => ({
  status: 400,
  body: { object: 'error', message, type, param: null, code },
});

const isNine = (id: unknown): boolean => typeof id === 'string' && /^[a-zA-Z0-9]{9}$/.test(id);
const idsOf = ({ body }: Ask): readonly string[] =>
  body.messages.flatMap((m) => [
    ...(m.tool_calls ?? []).map((call) => String(call.id)),
    ...(m.tool_call_id === undefined ? [] : [m.tool_call_id]),
  ]);

const notNine = (ask: Ask): Refusal | undefined => {
  const wrong = idsOf(ask).find((id) => !isNine(id));
  return wrong === undefined
    ? undefined
    : mistral(
        `Tool call id was ${wrong} but must be a-z, A-Z, 0-9, with a length of 9.`,
        ...(['invalid_function_call', '3280'] as const),
      );
};

const isEmpty = (m: WireMessage): boolean => m.content === '' || m.content === undefined;

export const MESSAGE_QUIRKS: readonly Quirk[] = [
  {
    name: 'content must be a text beside calls',
    seen: 'LM Studio',
    habit: () => ({
      refuse: (ask) =>
        ask.body.messages.some((m) => m.content === null)
          ? {
              status: 400,
              body: {
                error: "Invalid 'content': 'content' field must be a string or an array of objects.",
              },
            }
          : undefined,
    }),
  },
  {
    name: 'content must be a text, in a validator’s words',
    seen: 'grok2api, mistral-common',
    habit: () => ({
      refuse: ({ body }) => {
        const at = body.messages.findIndex((m) => m.content === null);
        if (at < 0) return undefined;
        const loc = ['body', 'messages', at, 'content', 'str'];
        const detail = [{ type: 'string_type', loc, msg: 'Input should be a valid string', input: null }];
        return { status: 422, body: { detail } };
      },
    }),
  },
  {
    name: 'no message may be empty',
    seen: 'Bedrock behind a proxy',
    control: '{"role":"assistant","content":"","tool_calls":[]}',
    habit: () => ({
      refuse: ({ body }) =>
        body.messages.some(isEmpty)
          ? refusal(400, 'ValidationException: messages: text content blocks must be non-empty')
          : undefined,
    }),
  },
  {
    name: 'no system message',
    seen: 'Gemma’s template in vLLM and llama.cpp',
    habit: () => ({
      refuse: (ask) =>
        roles(ask).includes('system')
          ? refusal(400, 'System role not supported', { type: 'BadRequestError', code: 400 })
          : undefined,
    }),
  },
  {
    name: 'the system message has another role',
    seen: 'OpenAI’s o1-mini',
    habit: () => ({
      refuse: (ask) =>
        roles(ask).includes('system')
          ? refusal(400, "Unsupported value: 'messages[0].role' does not support 'system' with this model.", {
              param: 'messages[0].role',
              code: 'unsupported_value',
            })
          : undefined,
    }),
  },
  {
    name: 'the developer’s role is unknown',
    seen: 'DeepSeek, vLLM',
    control: '{"role":"developer","content":"rules"}',
    habit: () => ({
      refuse: (ask) =>
        roles(ask).includes('developer')
          ? refusal(
              422,
              'Failed to deserialize the JSON body into the target type: messages[0].role: unknown variant `developer`, expected one of `system`, `user`, `assistant`, `tool`',
            )
          : undefined,
    }),
  },
  {
    name: 'no user message after a result',
    seen: 'Mistral',
    habit: () => {
      const isFirst = once();
      return {
        // An empty answer is met with a word of the user's, right after the result before it.
        says: (reply, ask) => (ask.kind === 'worker' && ask.turn === 1 && isFirst() ? {} : reply),
        refuse: (ask) =>
          follows(ask, 'tool', 'user')
            ? mistral("Unexpected role 'user' after role 'tool'", 'invalid_request_message_order', '3230')
            : undefined,
      };
    },
  },
  {
    name: 'user and assistant must alternate',
    seen: 'templates of Mistral and Gemma in vLLM',
    control: '{"role":"user","content":"a"},{"role":"user","content":"b"}',
    habit: () => ({
      refuse: (ask) =>
        follows(ask, 'user', 'user') || follows(ask, 'assistant', 'assistant')
          ? refusal(
              400,
              'After the optional system message, conversation roles must alternate user/assistant/user/assistant/...',
              { type: 'BadRequestError', code: 400 },
            )
          : undefined,
    }),
  },
  {
    name: 'one call in an answer, whatever the model says',
    seen: 'Llama’s template in vLLM',
    habit: () => ({
      says: (reply, ask) => {
        const [call] = reply.calls ?? [];
        if (ask.kind !== 'worker' || call?.name !== 'write') return reply;
        return { calls: [call, { name: 'read', arguments: { path: pathOf('wheel') } }] };
      },
      refuse: (ask) =>
        assistants(ask).some((m) => (m.tool_calls?.length ?? 0) > 1)
          ? refusal(400, 'This model only supports single tool-calls at once!', {
              type: 'BadRequestError',
              code: 400,
            })
          : undefined,
    }),
  },
  {
    name: 'tools must stand beside a history of calls',
    seen: 'Bedrock behind LiteLLM',
    control: '{"role":"assistant","content":"","tool_calls":[{"id":"a"}]}',
    habit: () => ({
      refuse: (ask) =>
        callers(ask).length > 0 && !ask.body.tools?.length
          ? refusal(
              400,
              "litellm.UnsupportedParamsError: Bedrock doesn't support tool calling without `tools=` param specified. Pass `tools=` param OR set `litellm.modify_params = True` to add dummy tool to the request.",
            )
          : undefined,
    }),
  },
  {
    name: 'ids of calls have nine characters',
    seen: 'Mistral, whose own ids are so',
    control: '{"role":"tool","tool_call_id":"call_1","content":"x"}',
    habit: () => ({
      chunks: (chunks, _, { before }) =>
        mapCalls(chunks, (piece) =>
          'id' in piece ? { ...piece, id: `D68${String(before).padStart(6, '0')}` } : piece,
        ),
      refuse: notNine,
    }),
  },
  {
    name: 'ids of calls have nine characters, its own not',
    seen: 'mlx-lm (ml-explore/mlx-lm#1375), vLLM (vllm-project/vllm#9019)',
    habit: () => ({
      chunks: (chunks, _, { before }) =>
        mapCalls(chunks, (piece) =>
          'id' in piece ? { ...piece, id: `chatcmpl-tool-${before}9b14` } : piece,
        ),
      refuse: notNine,
    }),
  },
  {
    name: 'half a letter in a text breaks the request',
    seen: 'every server that reads JSON strictly',
    control: String.raw`{"role":"user","content":"\ud83d"}`,
    habit: () => ({
      says: (reply, { kind }) =>
        kind !== 'worker'
          ? reply
          : { ...reply, text: 'Bell \ud83d', calls: (reply.calls ?? []).map(withHalfALetter) },
      refuse: ({ raw }) =>
        /\\ud[89ab][0-9a-f]{2}(?!\\ud[c-f])/i.test(raw)
          ? refusal(400, 'We could not parse the JSON body of your request. (lone surrogate)')
          : undefined,
    }),
  },
];

function withHalfALetter(call: { readonly name: string; readonly arguments: object }) {
  const { content } = call.arguments as { content?: string };
  return content === undefined
    ? { ...call, arguments: { ...call.arguments } }
    : { ...call, arguments: { ...call.arguments, content: `${content}\ud83d\n` } };
}

/** Messages of Anthropic's. */
import { type Body, objectsIn } from '../dialects/kinds.ts';
import type { ScriptedAnswer } from '../scripted-model.ts';
import { argumentsObject, namedEvent, notTaken, partsOf, type ScriptedBody, type Spoken } from './spoken.ts';

export const messages: Spoken = {
  read({ model, stream, messages: said, system, tools, max_tokens: bound }) {
    const turns = objectsIn(said);
    if (typeof model !== 'string') return notTaken('model: Field required');
    if (!Number.isSafeInteger(bound)) return notTaken('max_tokens: Field required');
    if (turns[0]?.role !== 'user') return notTaken('messages: first message must use the "user" role');
    const open = unanswered(turns);
    if (open !== undefined)
      return notTaken(`messages: \`tool_use\` ids were found without \`tool_result\` blocks: ${open}`);
    const asked = turns.findIndex(({ role }) => role === 'assistant');
    return {
      kind: 'asked',
      isStream: stream === true,
      turn: turns.filter(({ role }) => role === 'assistant').length,
      firstUserMessage: turns
        .slice(0, asked === -1 ? undefined : asked)
        .map(textOf)
        .join('\n'),
      chars: JSON.stringify({ said, system, tools }).length,
    };
  },
  whole(answer, body) {
    const calls = (answer.tools ?? []).map((tool, index) => ({
      ...callBlock(index, tool.name, body),
      input: argumentsObject(tool) ?? {},
    }));
    const text = answer.text === undefined ? [] : [{ type: 'text', text: answer.text }];
    return { ...message([...text, ...calls], body.usage.output, body), stop_reason: stopOf(answer) };
  },
  *pieces(answer, body) {
    yield namedEvent('message_start', { message: message([], 1, body) });
    let index = -1;
    let open: 'text' | 'call' | undefined;
    const stop = (): string[] => (open ? [namedEvent('content_block_stop', { index })] : []);
    for (const part of partsOf(answer)) {
      const kind = part.kind === 'text' ? 'text' : 'call';
      if (part.kind === 'call' || open !== kind) {
        yield* stop();
        index += 1;
        open = kind;
        const content_block =
          part.kind === 'call' ? callBlock(part.index, part.name, body) : { type: 'text', text: '' };
        yield namedEvent('content_block_start', { index, content_block });
      }
      if (part.kind === 'call') continue;
      const delta =
        part.kind === 'text'
          ? { type: 'text_delta', text: part.piece }
          : { type: 'input_json_delta', partial_json: part.piece };
      yield namedEvent('content_block_delta', { index, delta });
    }
    if (answer.cut !== undefined) return;
    yield* stop();
    const delta = { stop_reason: stopOf(answer), stop_sequence: null };
    yield namedEvent('message_delta', { delta, usage: { output_tokens: body.usage.output } });
    yield namedEvent('message_stop');
  },
  problem: (status, text) => ({
    type: 'error',
    error: { type: TYPES[status] ?? 'api_error', message: text },
    request_id: 'req_scripted',
  }),
};

const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

function textOf({ content }: Body): string {
  if (typeof content === 'string') return content;
  return objectsIn(content)
    .map(({ text }) => (typeof text === 'string' ? text : ''))
    .join('\n');
}

/** The first call that the very next message does not answer. */
function unanswered(turns: readonly Body[]): string | undefined {
  for (const [at, { content }] of turns.entries()) {
    const results = objectsIn(turns[at + 1]?.content).map(({ tool_use_id: id }) => id);
    const open = objectsIn(content).find(({ type, id }) => type === 'tool_use' && !results.includes(id));
    if (open) return String(open.id);
  }
  return undefined;
}

const stopOf = (answer: ScriptedAnswer): string => (answer.tools === undefined ? 'end_turn' : 'tool_use');

const callBlock = (index: number, name: string, { turn }: ScriptedBody) => ({
  type: 'tool_use',
  id: `toolu_${turn}_${index + 1}`,
  name,
  input: {},
});

const message = (content: readonly object[], output: number, { model, usage }: ScriptedBody) => ({
  id: 'msg_scripted',
  type: 'message',
  role: 'assistant',
  model,
  content,
  stop_reason: null,
  stop_sequence: null,
  usage: {
    input_tokens: usage.input,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: output,
  },
});

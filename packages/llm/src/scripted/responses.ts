/** Responses of OpenAI's, without anything that the server would keep. */
import { type Body, objectsIn } from '../dialects/kinds.ts';
import type { ScriptedAnswer } from '../scripted-model.ts';
import { argumentsText, namedEvent, notTaken, partsOf, type ScriptedBody, type Spoken } from './spoken.ts';

export const responses: Spoken = {
  read({ model, stream, input, instructions, tools, previous_response_id: previous }) {
    if (typeof model !== 'string') return notTaken("Missing required parameter: 'model'.");
    if (typeof previous === 'string') return notTaken(`Previous response with id '${previous}' not found.`);
    const items = typeof input === 'string' ? [{ role: 'user', content: input }] : objectsIn(input);
    if (items.length === 0) return notTaken("Missing required parameter: 'input'.");
    const answered = items.flatMap(({ type, call_id: id }) => (type === 'function_call_output' ? [id] : []));
    const open = items.find(({ type, call_id: id }) => type === 'function_call' && !answered.includes(id));
    if (open) return notTaken(`No tool output found for function call ${String(open.call_id)}.`);
    const asked = items.findIndex(isAnswer);
    return {
      kind: 'asked',
      isStream: stream === true,
      turn: items.filter((item, at) => isAnswer(item) && !(at > 0 && isAnswer(items[at - 1]!))).length,
      firstUserMessage: items
        .slice(0, asked === -1 ? undefined : asked)
        .filter(({ role }) => role === 'user')
        .map(textOf)
        .join('\n'),
      chars: JSON.stringify({ input, instructions, tools }).length,
    };
  },
  whole: (answer, body) => response('completed', itemsOf(answer, body), body),
  *pieces(answer, body) {
    let sequence_number = 0;
    const event = (type: string, fields: object): string =>
      namedEvent(type, { sequence_number: sequence_number++, ...fields });
    const items = itemsOf(answer, body);
    yield event('response.created', { response: response('in_progress', [], body) });
    yield event('response.in_progress', { response: response('in_progress', [], body) });
    let output_index = -1;
    let open: Item | undefined;
    const done = (): string[] => (open ? doneEvents(open, output_index, event) : []);
    for (const part of partsOf(answer)) {
      if (part.kind === 'call' || open === undefined) {
        yield* done();
        output_index += 1;
        open = items[output_index]!;
        yield event('response.output_item.added', { output_index, item: begun(open) });
        if (open.type === 'message')
          yield event('response.content_part.added', { ...at(open, output_index), part: { ...TEXT } });
      }
      if (part.kind === 'text')
        yield event('response.output_text.delta', { ...at(open, output_index), delta: part.piece });
      if (part.kind === 'arguments')
        yield event('response.function_call_arguments.delta', {
          item_id: open.id,
          output_index,
          delta: part.piece,
        });
    }
    if (answer.cut !== undefined) return;
    yield* done();
    yield event('response.completed', { response: response('completed', items, body) });
  },
  problem: (status, message) => ({
    error: {
      message,
      type: status === 429 ? 'rate_limit_error' : 'invalid_request_error',
      param: null,
      code: `scripted_${status}`,
    },
  }),
};

const TEXT = { type: 'output_text', text: '', annotations: [], logprobs: [] } as const;

type Item =
  | { readonly type: 'message'; readonly id: string; readonly content: readonly { readonly text: string }[] }
  | { readonly type: 'function_call'; readonly id: string; readonly arguments: string };

const isAnswer = ({ type, role }: Body): boolean =>
  role === 'assistant' || type === 'function_call' || type === 'reasoning';

function textOf({ content }: Body): string {
  if (typeof content === 'string') return content;
  return objectsIn(content)
    .map(({ text }) => (typeof text === 'string' ? text : ''))
    .join('\n');
}

function itemsOf(answer: ScriptedAnswer, { turn }: ScriptedBody): readonly Item[] {
  const text = answer.text === undefined || answer.text === '' ? [] : [answer.text];
  return [
    ...text.map((said) => ({
      type: 'message' as const,
      id: `msg_${turn}`,
      role: 'assistant',
      status: 'completed',
      content: [{ ...TEXT, text: said }],
    })),
    ...(answer.tools ?? []).map((tool, index) => ({
      type: 'function_call' as const,
      id: `fc_${turn}_${index + 1}`,
      call_id: `call_${turn}_${index + 1}`,
      name: tool.name,
      arguments: argumentsText(tool),
      status: 'completed',
    })),
  ];
}

const begun = (item: Item): object =>
  item.type === 'message'
    ? { ...item, status: 'in_progress', content: [] }
    : { ...item, status: 'in_progress', arguments: '' };

const at = ({ id }: Item, output_index: number) => ({ item_id: id, output_index, content_index: 0 });

function doneEvents(
  item: Item,
  output_index: number,
  event: (type: string, fields: object) => string,
): string[] {
  const whole = event('response.output_item.done', { output_index, item });
  if (item.type === 'function_call') {
    const { id: item_id, arguments: args } = item;
    return [
      event('response.function_call_arguments.done', { item_id, output_index, arguments: args }),
      whole,
    ];
  }
  const [part] = item.content;
  const place = at(item, output_index);
  return [
    event('response.output_text.done', { ...place, text: part!.text, logprobs: [] }),
    event('response.content_part.done', { ...place, part }),
    whole,
  ];
}

const response = (status: string, output: readonly object[], { model, usage }: ScriptedBody) => ({
  id: 'resp_scripted',
  object: 'response',
  created_at: 0,
  status,
  error: null,
  incomplete_details: null,
  model,
  output,
  usage:
    status !== 'completed'
      ? null
      : {
          input_tokens: usage.input,
          input_tokens_details: { cached_tokens: 0 },
          output_tokens: usage.output,
          output_tokens_details: { reasoning_tokens: 0 },
          total_tokens: usage.input + usage.output,
        },
});

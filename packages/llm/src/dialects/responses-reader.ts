/** Answers in responses, read into chunks of a chat completion. */
import type { Loose } from '../reading/quirks.ts';
import type { Reader } from './dialect.ts';
import { type Body, isObject, objectsIn } from './kinds.ts';

export function createResponsesReader(): Reader {
  /** Thoughts whole; of text and calls only where they stand. */
  const items: Body[] = [];
  let isTextSaid = false;

  /** An item that is whole. What was streamed of it is not said twice: whoever puts pieces together sees to it. */
  function done(index: unknown, item: Loose): readonly Loose[] {
    switch (item.type) {
      case 'reasoning':
        items.push(item);
        return [];
      case 'function_call':
        items.push({ type: 'function_call', call_id: item.call_id });
        return [callDelta(index, item, item.arguments)];
      case 'message': {
        items.push({ type: 'message' });
        return isTextSaid ? [] : objectsIn(item.content).map(partDelta);
      }
      default:
        return [];
    }
  }

  const bag = (): Loose => (items.some(({ type }) => type === 'reasoning') ? { items } : {});

  function end(response: Loose): readonly Loose[] {
    const { error, incomplete_details: cut } = response;
    if (response.status === 'failed' || isObject(error))
      return [{ error: isObject(error) ? error : { message: 'the response failed' } }];
    // Of a stream only what was never told by itself: servers differ in what they repeat here.
    const rest =
      items.length === 0 ? objectsIn(response.output).flatMap((item, index) => done(index, item)) : [];
    const reason = isObject(cut) ? cut.reason : undefined;
    const finish = response.status === 'incomplete' ? (FINISH[String(reason)] ?? 'length') : 'stop';
    const usage = usageOf(response.usage);
    return [
      ...rest,
      {
        model: response.model,
        choices: [{ delta: bag(), finish_reason: finish }],
        ...(usage && { usage }),
      },
    ];
  }

  return {
    read(wire) {
      const item = isObject(wire.item) ? wire.item : {};
      switch (wire.type) {
        case 'response.output_text.delta':
          isTextSaid = true;
          return [choice({ content: wire.delta })];
        case 'response.refusal.delta':
          isTextSaid = true;
          return [choice({ refusal: wire.delta })];
        case 'response.reasoning_text.delta':
        case 'response.reasoning_summary_text.delta':
          return [{ unread: wire.delta }];
        case 'response.output_item.added':
          isTextSaid &&= item.type !== 'message';
          return item.type === 'function_call' ? [callDelta(wire.output_index, item, '')] : [];
        case 'response.function_call_arguments.delta':
          return [
            choice({ tool_calls: [{ index: wire.output_index, function: { arguments: wire.delta } }] }),
          ];
        case 'response.output_item.done':
          return done(wire.output_index, item);
        case 'response.completed':
        case 'response.incomplete':
        case 'response.failed':
          return isObject(wire.response) ? end(wire.response) : [];
        default:
          if (wire.object === 'response') return end(wire);
          // Errors have no prefix; any other event tells nothing that is asked for here.
          return String(wire.type).startsWith('response.') ? [] : [wire];
      }
    },
  };
}

const FINISH: Readonly<Record<string, string>> = {
  max_output_tokens: 'length',
  content_filter: 'content_filter',
};

const choice = (delta: Loose): Loose => ({ choices: [{ delta }] });
const partDelta = (part: Loose): Loose =>
  choice(part.type === 'refusal' ? { refusal: part.refusal } : { content: part.text });
const callDelta = (index: unknown, { call_id: id, name }: Loose, args: unknown): Loose =>
  choice({ tool_calls: [{ index, id, function: { name, arguments: args } }] });

function usageOf(usage: unknown): Loose | undefined {
  if (!isObject(usage)) return undefined;
  return {
    prompt_tokens: usage.input_tokens,
    completion_tokens: usage.output_tokens,
    prompt_tokens_details: usage.input_tokens_details,
    total_tokens: usage.total_tokens,
  };
}

/** A request of ours, as responses. */
import type { ChatMessage, ModelRequest, ProviderBag } from '@swarm/core/ports/models';
import { withoutBounds } from '../asking/schemas.ts';
import { mergeNeighbours, VIA_FIELD, wellFormedJson } from '../asking/wire.ts';
import { type Body, objectsIn } from './kinds.ts';

type To = Pick<ProviderBag, 'endpoint' | 'model'>;

/** Nothing is kept at the provider, so thoughts are asked for in a form that can be sent back. */
export function responsesAsk(request: ModelRequest, to: To): Body {
  const messages = mergeNeighbours(request.messages);
  const system = messages.filter((m) => m.role === 'system').map((m) => m.content.toWellFormed());
  return {
    ...(system.length > 0 && { instructions: system.join('\n\n') }),
    input: messages.flatMap((m) => itemsOf(m, to)),
    include: ['reasoning.encrypted_content'],
    ...(request.tools.length > 0 && {
      tools: request.tools.map(({ name, description, parameters }) => ({
        type: 'function',
        name,
        description,
        parameters: withoutBounds(parameters),
        // Strict schemas know no optional argument.
        strict: false,
      })),
    }),
    ...(request.tools.length > 0 && request.toolChoice !== undefined && { tool_choice: request.toolChoice }),
  };
}

function itemsOf(message: ChatMessage, to: To): readonly Body[] {
  const text = message.content.toWellFormed();
  if (message.role === 'tool')
    return [{ type: 'function_call_output', call_id: message.callId, output: text }];
  // The rules are said apart.
  if (message.role !== 'assistant') return message.role === 'user' ? [{ role: 'user', content: text }] : [];
  const { bag } = message;
  const own = bag?.endpoint === to.endpoint && bag.model === to.model ? bag : undefined;
  return answerOf(message, objectsIn(own?.fields.items), own?.via);
}

/** Items in the model's own order: thoughts as they came, byte for byte, text and calls where they stood. */
function answerOf(
  message: Extract<ChatMessage, { role: 'assistant' }>,
  came: readonly Body[],
  via: string | undefined,
): readonly Body[] {
  const text = message.content.toWellFormed();
  const calls = new Map(message.toolCalls.map((call) => [call.id, call]));
  const said: Body[] = text === '' ? [] : [{ role: 'assistant', content: text }];
  const items = came.flatMap((item): readonly Body[] => {
    if (item.type === 'message') return said.splice(0);
    if (item.type !== 'function_call') return [{ ...item, ...(via !== undefined && { [VIA_FIELD]: via }) }];
    const call = calls.get(String(item.call_id));
    calls.delete(String(item.call_id));
    return call ? [callOf(call)] : [];
  });
  return [...items, ...said, ...[...calls.values()].map(callOf)];
}

const callOf = (call: {
  readonly id: string;
  readonly name: string;
  readonly argumentsJson: string;
}): Body => ({
  type: 'function_call',
  call_id: call.id,
  name: call.name,
  arguments: wellFormedJson(call.argumentsJson),
});

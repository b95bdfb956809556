/** A request of ours as it goes out. */
import type { ChatMessage, ModelRequest, ProviderBag, ToolSpec } from '@swarm/core/ports/models';

/** A chat completion as JSON. */
export type Body = Readonly<Record<string, unknown>>;

/** Tells a gateway of ours which endpoint a message came from: a bag goes back to that one alone. */
export const VIA_FIELD = 'swarm_via';
export const VIA_HEADER = 'x-swarm-endpoint';

/** @param to the endpoint and the model asked: what another one sent along with an answer is left out. */
export function completionBody(request: ModelRequest, to: Pick<ProviderBag, 'endpoint' | 'model'>): Body {
  return {
    model: to.model,
    messages: mergeNeighbours(request.messages).map((message) => wireMessage(message, to)),
    stream: true,
    stream_options: { include_usage: true },
    // An empty list is refused by some servers.
    ...(request.tools.length > 0 && { tools: request.tools.map(wireTool) }),
    ...(request.toolChoice !== undefined && { tool_choice: request.toolChoice }),
    // The old name: servers that know only the new one refuse it, and those that know only the old one would ignore
    // the new one without a word.
    ...(request.maxOutputTokens !== undefined && { max_tokens: request.maxOutputTokens }),
  };
}

/** Templates of many models refuse two messages of one role that follow one another. */
export function mergeNeighbours(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const merged: ChatMessage[] = [];
  for (const message of messages) {
    const last = merged.at(-1);
    const joined = last && join(last, message);
    if (joined) merged[merged.length - 1] = joined;
    else merged.push(message);
  }
  return merged;
}

function join(a: ChatMessage, b: ChatMessage): ChatMessage | undefined {
  const content = [a.content, b.content].filter((text) => text !== '').join('\n\n');
  if (a.role === 'assistant' && b.role === 'assistant' && a.toolCalls.length === 0)
    return { ...a, ...b, content };
  if (a.role === b.role && (a.role === 'user' || a.role === 'system')) return { ...a, content };
  return undefined;
}

/** Half a letter in a text is refused by strict readers of JSON, so it goes out as U+FFFD. */
function wireMessage(message: ChatMessage, to: Pick<ProviderBag, 'endpoint' | 'model'>): Body {
  const content = message.content.toWellFormed();
  if (message.role === 'tool') return { role: 'tool', tool_call_id: message.callId, content };
  if (message.role !== 'assistant') return { role: message.role, content };
  const { toolCalls, bag } = message;
  const own = bag?.endpoint === to.endpoint && bag.model === to.model ? bag : undefined;
  const base = { ...own?.fields, ...(own?.via !== undefined && { [VIA_FIELD]: own.via }), role: 'assistant' };
  if (toolCalls.length === 0) return { ...base, content };
  return {
    ...base,
    content: content === '' ? null : content,
    tool_calls: toolCalls.map((call) => ({
      ...own?.calls[call.id],
      id: call.id,
      type: 'function',
      function: { name: call.name, arguments: call.argumentsJson.toWellFormed() },
    })),
  };
}

const wireTool = (tool: ToolSpec): Body => ({
  type: 'function',
  function: { name: tool.name, description: tool.description, parameters: { ...tool.parameters } },
});

/** A request of ours, as messages. */
import type { ChatMessage, ModelRequest, ProviderBag, ToolSpec } from '@swarm/core/ports/models';
import { withoutBounds } from '../asking/schemas.ts';
import { mergeNeighbours, VIA_FIELD, wellFormedJson } from '../asking/wire.ts';
import { type Body, objectsIn, parseObject } from './kinds.ts';

type To = Pick<ProviderBag, 'endpoint' | 'model'>;

/** Every prompt of ours begins as the one before did, so the end of it is marked to be kept. */
export function messagesAsk(request: ModelRequest, to: To): Body {
  const messages = mergeNeighbours(request.messages);
  const system = messages.filter((m) => m.role === 'system').map((m) => m.content.toWellFormed());
  const turns = joinTurns(messages.flatMap((m) => (m.role === 'system' ? [] : [turnOf(m, to)])));
  return {
    messages: turns.map((turn, i) =>
      i === turns.length - 1 ? { ...turn, content: marked(turn.content) } : turn,
    ),
    ...(system.length > 0 && { system: marked([{ type: 'text', text: system.join('\n\n') }]) }),
    ...(request.tools.length > 0 && { tools: request.tools.map(toolOf) }),
    ...(request.tools.length > 0 &&
      request.toolChoice !== undefined && { tool_choice: { type: request.toolChoice } }),
  };
}

/** The protocol takes no text without a letter. */
const EMPTY = '(empty)';

interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: readonly Body[];
  readonly [VIA_FIELD]?: string;
}

const marked = (blocks: readonly Body[]): readonly Body[] =>
  blocks.map((block, i) =>
    i === blocks.length - 1 && block.type !== 'thinking' && block.type !== 'redacted_thinking'
      ? { ...block, cache_control: { type: 'ephemeral' } }
      : block,
  );

function turnOf(message: ChatMessage, to: To): Turn {
  const text = message.content.toWellFormed();
  if (message.role === 'tool') {
    const result = {
      type: 'tool_result',
      tool_use_id: message.callId,
      ...(text !== '' && { content: text }),
    };
    return { role: 'user', content: [result] };
  }
  if (message.role !== 'assistant')
    return { role: 'user', content: [{ type: 'text', text: text.trim() === '' ? EMPTY : text }] };
  const { bag } = message;
  const own = bag?.endpoint === to.endpoint && bag.model === to.model ? bag : undefined;
  const content = blocksOf(message, objectsIn(own?.fields.blocks));
  return { role: 'assistant', content, ...(own?.via !== undefined && { [VIA_FIELD]: own.via }) };
}

/** Results of tools and what is said after them are one turn of the user's: roles must alternate. */
function joinTurns(turns: readonly Turn[]): readonly Turn[] {
  const joined: Turn[] = [];
  for (const turn of turns) {
    const last = joined.at(-1);
    if (last?.role === 'user' && turn.role === 'user')
      joined[joined.length - 1] = { ...last, content: [...last.content, ...turn.content] };
    else joined.push(turn);
  }
  return joined;
}

/**
 * What the model said, in its own order: thoughts as they came, byte for byte, and text and calls where they stood
 * between them. @param came the blocks of the answer; text and calls are only marked in it.
 */
function blocksOf(
  message: Extract<ChatMessage, { role: 'assistant' }>,
  came: readonly Body[],
): readonly Body[] {
  const text = message.content.toWellFormed();
  const calls = new Map(message.toolCalls.map((call) => [call.id, call]));
  const blocks: Body[] = [];
  let isTextSaid = text.trim() === '';
  const say = (): void => {
    if (!isTextSaid) blocks.push({ type: 'text', text });
    isTextSaid = true;
  };
  for (const block of came) {
    if (block.type === 'text') say();
    else if (block.type !== 'tool_use') blocks.push(block);
    else {
      const call = calls.get(String(block.id));
      calls.delete(String(block.id));
      if (call) blocks.push(callOf(call));
    }
  }
  if (!isTextSaid) {
    // Text after calls would part them from their results.
    const at = blocks.findIndex(({ type }) => type === 'tool_use');
    blocks.splice(at < 0 ? blocks.length : at, 0, { type: 'text', text });
  }
  const all = [...blocks, ...[...calls.values()].map(callOf)];
  return all.length > 0 ? all : [{ type: 'text', text: EMPTY }];
}

const callOf = (call: {
  readonly id: string;
  readonly name: string;
  readonly argumentsJson: string;
}): Body => ({
  type: 'tool_use',
  id: call.id,
  name: call.name,
  input: inputOf(call.argumentsJson),
});

/** The protocol takes objects alone: what is none goes back under a name that shows it. */
const inputOf = (json: string): Body =>
  parseObject(wellFormedJson(json)) ?? { unreadable: json.toWellFormed() };

const toolOf = ({ name, description, parameters }: ToolSpec): Body => ({
  name,
  description,
  input_schema: { type: 'object', ...withoutBounds(parameters) },
});

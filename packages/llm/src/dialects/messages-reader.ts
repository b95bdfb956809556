/** Answers in messages, read into chunks of a chat completion. */
import type { Loose } from '../reading/quirks.ts';
import type { Reader } from './dialect.ts';
import { type Body, isObject, objectsIn, without } from './kinds.ts';

const FINISH: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'content_filter',
};

/** A stream tells what the prompt took at its start, and what the answer took only at its end. */
export function createMessagesReader(): Reader {
  let usage: Loose = {};
  let isOpen = false;
  /** Thoughts whole; of text and calls only where they stand. */
  const blocks: Body[] = [];
  let thought: Record<string, unknown> | undefined;

  function begin(index: unknown, block: Loose): readonly Loose[] {
    thought = undefined;
    switch (block.type) {
      case 'thinking':
      case 'redacted_thinking':
        thought = { ...block };
        return [];
      case 'tool_use':
        blocks.push({ type: 'tool_use', id: block.id });
        return [callDelta(index, block)];
      case 'text':
        blocks.push({ type: 'text' });
        return [textDelta(block.text)];
      default:
        return [];
    }
  }

  function grow(index: unknown, delta: Loose): readonly Loose[] {
    switch (delta.type) {
      case 'text_delta':
        return [textDelta(delta.text)];
      case 'input_json_delta':
        return [choice({ delta: { tool_calls: [{ index, function: { arguments: delta.partial_json } }] } })];
      case 'thinking_delta':
        if (thought) thought.thinking = `${thought.thinking ?? ''}${delta.thinking ?? ''}`;
        return [{ unread: delta.thinking }];
      case 'signature_delta':
        if (thought) thought.signature = delta.signature;
        return [];
      default:
        return [];
    }
  }

  /** Only where there are thoughts: anything else is known without it. */
  const bag = (): Loose => (blocks.some((b) => b.type !== 'text' && b.type !== 'tool_use') ? { blocks } : {});

  function whole(message: Loose): readonly Loose[] {
    const chunks = objectsIn(message.content).flatMap((block, index) => {
      const said = begin(index, block);
      if (thought) blocks.push(thought);
      const input = block.type === 'tool_use' && JSON.stringify(block.input ?? {});
      return input ? [callDelta(index, block, input)] : said;
    });
    return [{ model: message.model, choices: [] }, ...chunks, end(message.stop_reason, message.usage)];
  }

  function end(reason: unknown, last: unknown): Loose {
    usage = { ...usage, ...present(last) };
    return {
      choices: [{ delta: bag(), finish_reason: FINISH[String(reason)] ?? reason ?? 'stop' }],
      usage: usageOf(usage),
    };
  }

  return {
    read(wire) {
      switch (wire.type) {
        case 'message':
          return whole(wire);
        case 'message_start': {
          isOpen = true;
          const message = isObject(wire.message) ? wire.message : {};
          // The answer has hardly begun: what it took by now is no count of it.
          usage = without(present(message.usage), 'output_tokens');
          return [{ model: message.model, choices: [] }];
        }
        case 'content_block_start':
          return isObject(wire.content_block) ? begin(wire.index, wire.content_block) : [];
        case 'content_block_delta':
          return isObject(wire.delta) ? grow(wire.index, wire.delta) : [];
        case 'content_block_stop':
          if (thought) blocks.push(thought);
          thought = undefined;
          return [];
        case 'message_delta': {
          const reason = isObject(wire.delta) ? wire.delta.stop_reason : undefined;
          return reason === undefined || reason === null ? [] : [end(reason, wire.usage)];
        }
        case 'message_stop':
        case 'ping':
          return [];
        default:
          // An error, or what is no message at all.
          return isOpen && !('error' in wire) ? [] : [wire];
      }
    },
  };
}

const choice = (said: Loose): Loose => ({ choices: [said] });
const textDelta = (content: unknown): Loose => choice({ delta: { content } });
const callDelta = (index: unknown, { id, name }: Loose, args = ''): Loose =>
  choice({ delta: { tool_calls: [{ index, id, function: { name, arguments: args } }] } });

const present = (usage: unknown): Loose =>
  isObject(usage)
    ? Object.fromEntries(Object.entries(usage).filter(([, v]) => v !== null && v !== undefined))
    : {};

/** What was read from the cache and what was written to it come on top of `input_tokens`. */
function usageOf(usage: Loose): Loose {
  const read = count(usage.cache_read_input_tokens);
  const written = count(usage.cache_creation_input_tokens);
  const kept = isObject(usage.cache_creation) ? usage.cache_creation : {};
  const forAnHour = Math.min(count(kept.ephemeral_1h_input_tokens), written);
  return {
    prompt_tokens: count(usage.input_tokens) + read + written,
    completion_tokens: usage.output_tokens,
    prompt_tokens_details: { cached_tokens: read },
    // In input tokens: what writing costs beside reading them.
    cache_write_extra: forAnHour * HOUR_EXTRA + (written - forAnHour) * MINUTES_EXTRA,
  };
}

/** Writing costs 1.25 of the price of input, or 2 where it is kept for an hour (Anthropic's price list). */
export const MINUTES_EXTRA = 0.25;
export const HOUR_EXTRA = 1;

const count = (n: unknown): number => (Number.isInteger(n) && Number(n) > 0 ? Number(n) : 0);

/** A scripted answer in OpenAI's wire format: whole, or as the pieces of a stream. */
import type { ScriptedAnswer } from './scripted-model.ts';
import { CHARS_PER_TOKEN } from './usage.ts';

const DEFAULT_CHUNK_CHARS = 64;

/** What of the request shows in the answer. `chars`: its length, for the estimate of tokens. */
export interface ScriptedBody {
  readonly model: string;
  readonly stream?: boolean | null | undefined;
  readonly chars: number;
}

export function completionOf(answer: ScriptedAnswer, body: ScriptedBody): unknown {
  const tools = toolsOf(answer);
  const message = {
    role: 'assistant',
    content: answer.text ?? null,
    ...(tools.length > 0 && { tool_calls: tools }),
  };
  return {
    ...envelope(body, 'chat.completion'),
    choices: [{ index: 0, message, finish_reason: finishOf(answer) }],
    usage: usageOf(answer, body),
  };
}

/** Each piece is the `data` of one event, `[DONE]` last; an answer that is cut ends where it is cut. */
export function* piecesOf(answer: ScriptedAnswer, body: ScriptedBody): Generator<string> {
  const base = envelope(body, 'chat.completion.chunk');
  const chunk = (delta: unknown, finish_reason: string | null = null): string =>
    JSON.stringify({ ...base, choices: [{ index: 0, delta, finish_reason }] });
  let left = answer.cut ?? Number.POSITIVE_INFINITY;
  yield chunk({ role: 'assistant', content: '' });
  for (const content of slices(answer.text ?? '', answer.chunkChars ?? DEFAULT_CHUNK_CHARS)) {
    if (left <= 0) return;
    yield chunk({ content: content.slice(0, left) });
    left -= content.length;
  }
  for (const [index, { id, type, function: called }] of toolsOf(answer).entries()) {
    if (left <= 0) return;
    yield chunk({ tool_calls: [{ index, id, type, function: { name: called.name, arguments: '' } }] });
    for (const piece of slices(called.arguments, answer.chunkChars ?? DEFAULT_CHUNK_CHARS)) {
      if (left <= 0) return;
      yield chunk({ tool_calls: [{ index, function: { arguments: piece.slice(0, left) } }] });
      left -= piece.length;
    }
  }
  if (answer.cut !== undefined) return;
  yield chunk({}, finishOf(answer));
  yield JSON.stringify({ ...base, choices: [], usage: usageOf(answer, body) });
  yield '[DONE]';
}

const envelope = (body: ScriptedBody, object: string) => ({
  id: 'chatcmpl-scripted',
  object,
  created: 0,
  model: body.model,
});

const toolsOf = (answer: ScriptedAnswer) =>
  (answer.tools ?? []).map((tool, i) => ({
    id: `call_${i + 1}`,
    type: 'function' as const,
    function: {
      name: tool.name,
      arguments: typeof tool.arguments === 'string' ? tool.arguments : JSON.stringify(tool.arguments),
    },
  }));

const finishOf = (answer: ScriptedAnswer): string => (answer.tools === undefined ? 'stop' : 'tool_calls');

function usageOf(answer: ScriptedAnswer, body: ScriptedBody) {
  const said =
    (answer.text ?? '') +
    toolsOf(answer)
      .map((t) => t.function.arguments)
      .join('');
  const input = answer.usage?.input ?? Math.ceil(body.chars / CHARS_PER_TOKEN);
  const output = answer.usage?.output ?? Math.ceil(said.length / CHARS_PER_TOKEN);
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}

function* slices(text: string, size: number): Generator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

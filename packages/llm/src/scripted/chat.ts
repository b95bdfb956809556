/** Chat completions of OpenAI's. */
import { objectsIn } from '../dialects/kinds.ts';
import type { ScriptedAnswer } from '../scripted-model.ts';
import { argumentsText, dataEvent, notTaken, partsOf, type ScriptedBody, type Spoken } from './spoken.ts';

export const chat: Spoken = {
  read({ model, stream, messages }) {
    const said = objectsIn(messages);
    if (typeof model !== 'string' || !Array.isArray(messages) || said.length < messages.length)
      return notTaken('this is not a chat completion request');
    const open = unanswered(said);
    if (open !== undefined)
      return notTaken(
        `an assistant message with 'tool_calls' must be followed by tool messages; missing: ${open}`,
      );
    const first = said.find(({ role }) => role === 'user')?.content;
    return {
      kind: 'asked',
      isStream: stream === true,
      turn: said.filter(({ role }) => role === 'assistant').length,
      firstUserMessage: typeof first === 'string' ? first : (JSON.stringify(first) ?? ''),
      chars: JSON.stringify({ model, stream, messages: said.map(({ role, content }) => ({ role, content })) })
        .length,
    };
  },
  whole(answer, body) {
    const tools = toolsOf(answer);
    const message = {
      role: 'assistant',
      content: answer.text ?? null,
      ...(tools.length > 0 && { tool_calls: tools }),
    };
    return {
      ...envelope(body, 'chat.completion'),
      choices: [{ index: 0, message, finish_reason: finishOf(answer) }],
      usage: usage(body),
    };
  },
  *pieces(answer, body) {
    const base = envelope(body, 'chat.completion.chunk');
    const chunk = (delta: unknown, finish_reason: string | null = null): string =>
      dataEvent({ ...base, choices: [{ index: 0, delta, finish_reason }] });
    yield chunk({ role: 'assistant', content: '' });
    const tools = toolsOf(answer);
    for (const part of partsOf(answer)) {
      if (part.kind === 'text') yield chunk({ content: part.piece });
      else if (part.kind === 'arguments')
        yield chunk({ tool_calls: [{ index: part.index, function: { arguments: part.piece } }] });
      else {
        const { id, type } = tools[part.index]!;
        yield chunk({
          tool_calls: [{ index: part.index, id, type, function: { name: part.name, arguments: '' } }],
        });
      }
    }
    if (answer.cut !== undefined) return;
    yield chunk({}, finishOf(answer));
    yield dataEvent({ ...base, choices: [], usage: usage(body) });
    yield 'data: [DONE]\n\n';
  },
  problem: (status, message) => ({ error: { message, type: 'scripted', code: `scripted_${status}` } }),
};

/** The first call that the messages after it do not answer. */
function unanswered(said: readonly Readonly<Record<string, unknown>>[]): string | undefined {
  for (const [at, { tool_calls: calls }] of said.entries()) {
    const after = said.slice(at + 1);
    const end = after.findIndex(({ role }) => role !== 'tool');
    const answers = after.slice(0, end === -1 ? undefined : end).map(({ tool_call_id: id }) => id);
    const open = objectsIn(calls).find(({ id }) => !answers.includes(id));
    if (open) return String(open.id);
  }
  return undefined;
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
    function: { name: tool.name, arguments: argumentsText(tool) },
  }));

const finishOf = (answer: ScriptedAnswer): string => (answer.tools === undefined ? 'stop' : 'tool_calls');

const usage = ({ usage: { input, output } }: ScriptedBody) => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
});

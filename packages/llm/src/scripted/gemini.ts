/** Google's generateContent. Its calls carry objects: arguments that are none end the answer, as they do there. */
import { type Body, isObject, objectsIn } from '../dialects/kinds.ts';
import type { ScriptedAnswer } from '../scripted-model.ts';
import { argumentsObject, notTaken, partsOf, type ScriptedBody, type Spoken } from './spoken.ts';

export const gemini: Spoken = {
  read({ contents, systemInstruction, tools }) {
    const turns = objectsIn(contents);
    if (turns.length === 0) return notTaken('* GenerateContentRequest.contents: contents is not specified');
    const wrong = unanswered(turns);
    if (wrong)
      return notTaken(
        'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
      );
    const asked = turns.findIndex(({ role }) => role === 'model');
    return {
      kind: 'asked',
      isStream: false,
      turn: turns.filter(({ role }) => role === 'model').length,
      firstUserMessage: turns
        .slice(0, asked === -1 ? undefined : asked)
        .flatMap(({ parts }) => objectsIn(parts).map(({ text }) => (typeof text === 'string' ? text : '')))
        .join('\n'),
      chars: JSON.stringify({ contents, systemInstruction, tools }).length,
    };
  },
  whole(answer, body) {
    const text = answer.text === undefined ? [] : [{ text: answer.text }];
    return candidate([...text, ...callsOf(answer)], endOf(answer), body);
  },
  *pieces(answer, body) {
    let calls = 0;
    for (const part of partsOf(answer)) {
      if (part.kind === 'text') yield event(candidate([{ text: part.piece }], undefined, body, 1));
      calls = part.kind === 'text' ? 0 : part.index;
    }
    // A call is told whole, and nothing of one that is cut.
    const whole = answer.cut === undefined ? callsOf(answer) : callsOf(answer).slice(0, calls);
    for (const call of whole) yield event(candidate([call], undefined, body, 1));
    if (answer.cut === undefined) yield event(candidate([{ text: '' }], endOf(answer), body));
  },
  problem: (status, message) => ({
    error: {
      code: status,
      message,
      status: status === 429 ? 'RESOURCE_EXHAUSTED' : status < 500 ? 'INVALID_ARGUMENT' : 'INTERNAL',
    },
  }),
};

const event = (data: object): string => `data: ${JSON.stringify(data)}\r\n\r\n`;

const partsIn = (turn: Body | undefined, name: string): readonly Body[] =>
  objectsIn(turn?.parts).filter((part) => isObject(part[name]));

/** A turn with calls whose next turn has not as many responses. */
const unanswered = (turns: readonly Body[]): boolean =>
  turns.some((turn, at) => {
    const calls = partsIn(turn, 'functionCall').length;
    return calls > 0 && partsIn(turns[at + 1], 'functionResponse').length !== calls;
  });

const isReadable = (answer: ScriptedAnswer): boolean =>
  (answer.tools ?? []).every((tool) => argumentsObject(tool) !== undefined);

const callsOf = (answer: ScriptedAnswer): readonly object[] =>
  isReadable(answer)
    ? (answer.tools ?? []).map((tool) => ({ functionCall: { name: tool.name, args: argumentsObject(tool) } }))
    : [];

const endOf = (answer: ScriptedAnswer): string => (isReadable(answer) ? 'STOP' : 'MALFORMED_FUNCTION_CALL');

const candidate = (
  parts: readonly object[],
  finishReason: string | undefined,
  { model, usage: { input, output } }: ScriptedBody,
  said = output,
) => ({
  candidates: [{ index: 0, content: { role: 'model', parts }, ...(finishReason && { finishReason }) }],
  usageMetadata: { promptTokenCount: input, candidatesTokenCount: said, totalTokenCount: input + said },
  modelVersion: model,
  responseId: 'scripted',
});

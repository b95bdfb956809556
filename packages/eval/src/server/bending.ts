/** Small changes of an answer's chunks, as habits are made of. */
import type { Ask, Chunk, Habit, Refusal, WireMessage } from './habit.ts';
import { delta } from './wire.ts';

type Loose = Readonly<Record<string, unknown>>;
interface Choice extends Loose {
  readonly delta: Loose;
  readonly finish_reason: string | null;
}

const choicesOf = (chunk: Chunk): readonly Choice[] => (chunk.choices ?? []) as readonly Choice[];

/** Each choice changed; chunks without one stay. */
export const mapChoices = (chunks: readonly Chunk[], change: (choice: Choice) => Loose): readonly Chunk[] =>
  chunks.map((chunk) => {
    const choices = choicesOf(chunk);
    return choices.length === 0 ? chunk : { ...chunk, choices: choices.map(change) };
  });

export const mapDelta = (chunks: readonly Chunk[], change: (fields: Loose) => Loose): readonly Chunk[] =>
  mapChoices(chunks, (choice) => ({ ...choice, delta: change(choice.delta) }));

/** Each piece of a call changed. */
export const mapCalls = (chunks: readonly Chunk[], change: (piece: Loose) => Loose): readonly Chunk[] =>
  mapDelta(chunks, (fields) =>
    Array.isArray(fields.tool_calls) ? { ...fields, tool_calls: fields.tool_calls.map(change) } : fields,
  );

export const hasUsage = (chunk: Chunk): boolean => 'usage' in chunk && choicesOf(chunk).length === 0;
export const withoutUsage = (chunks: readonly Chunk[]): readonly Chunk[] =>
  chunks.filter((c) => !hasUsage(c));

/** What is said before the answer itself. */
export const opening = (...fields: readonly object[]): NonNullable<Habit['chunks']> => {
  const first = fields.map((one) => delta(one));
  return (chunks) => [...chunks.slice(0, 1), ...first, ...chunks.slice(1)];
};

/** The calls of an answer, each whole in one piece, as servers send them that have them ready. */
export const wholeCalls = (
  chunks: readonly Chunk[],
  ask: Ask,
  calls: readonly { readonly name: string; readonly arguments: object }[],
  shape: (call: { readonly name: string; readonly arguments: object }, index: number) => object,
): readonly Chunk[] => {
  if (calls.length === 0 || ask.kind === 'probe') return chunks;
  const isPiece = (chunk: Chunk): boolean => choicesOf(chunk).some((choice) => 'tool_calls' in choice.delta);
  const first = chunks.findIndex(isPiece);
  const pieces = calls.map((call, index) => delta({ tool_calls: [shape(call, index)] }));
  return [...chunks.slice(0, first), ...pieces, ...chunks.slice(first).filter((chunk) => !isPiece(chunk))];
};

// ───────────── refusals ─────────────

/** In OpenAI's envelope. */
export const refusal = (status: number, message: string, more: object = {}): Refusal => ({
  status,
  body: { error: { message, type: 'invalid_request_error', param: null, code: null, ...more } },
});

export const assistants = ({ body }: Ask): readonly WireMessage[] =>
  body.messages.filter(({ role }) => role === 'assistant');
export const callers = (ask: Ask): readonly WireMessage[] =>
  assistants(ask).filter((m) => m.tool_calls?.length);

/** True the first time, whatever is asked. */
export function once(): () => boolean {
  let isFirst = true;
  return () => {
    const was = isFirst;
    isFirst = false;
    return was;
  };
}

import type { ToolCall } from '@swarm/core/ports/models';
import { z } from 'zod';
import { errorFields } from './failures.ts';
import type { CallTokens } from './prices.ts';
import { readTokens } from './usage.ts';

/** Only what is used, and everything may be missing: servers differ. A whole answer has `message`, not `delta`. */
const PieceSchema = z.object({
  content: z.string().nullish(),
  refusal: z.string().nullish(),
  tool_calls: z
    .array(
      z.object({
        index: z.number().nullish(),
        id: z.string().nullish(),
        function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
      }),
    )
    .nullish(),
});

const ChunkSchema = z.object({
  model: z.string().nullish(),
  usage: z.unknown().optional(),
  error: z.unknown().optional(),
  choices: z
    .array(
      z.object({
        delta: PieceSchema.nullish(),
        message: PieceSchema.nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
});

type Piece = z.infer<typeof PieceSchema>;
type CallPiece = NonNullable<Piece['tool_calls']>[number];

/** The answer so far. Whole only when `finish` is set: before that, a tool call may be half its arguments. */
export interface Answer {
  readonly text: string;
  readonly calls: readonly ToolCall[];
  readonly refusal: string;
  readonly finish: string | undefined;
  readonly tokens: CallTokens | undefined;
  readonly model: string | undefined;
}

export interface Assembler {
  /** @throws ServerSaid when the server reports a failure inside a stream; Error when it is not a chunk. */
  add(chunk: unknown): void;
  answer(): Answer;
  /** Characters received, tool arguments among them. */
  chars(): number;
}

/** A failure told inside a 200 answer. */
export class ServerSaid extends Error {
  readonly code: string | undefined;
  constructor(message: string, code: string | undefined) {
    super(message);
    this.name = 'ServerSaid';
    this.code = code;
  }
}

interface OpenCall {
  readonly index: number | undefined;
  id: string;
  name: string;
  argumentsJson: string;
}

/** Puts the pieces of one answer together, as they come or all at once. */
export function createAssembler(onText: (piece: string) => void): Assembler {
  const calls: OpenCall[] = [];
  let text = '';
  let refusal = '';
  let finish: string | undefined;
  let tokens: CallTokens | undefined;
  let model: string | undefined;

  function addPiece(piece: Piece): void {
    if (piece.content) {
      text += piece.content;
      onText(piece.content);
    }
    refusal += piece.refusal ?? '';
    for (const call of piece.tool_calls ?? []) addCall(calls, call);
  }

  return {
    add(chunk) {
      const parsed = ChunkSchema.safeParse(chunk);
      if (!parsed.success) throw new Error('the server sent something that is not a chat completion');
      const { choices, error, usage } = parsed.data;
      if (typeof error === 'object' && error !== null) throw serverSaid(error);
      model = parsed.data.model || model;
      tokens = readTokens(usage) ?? tokens;
      const choice = choices?.[0];
      const piece = choice?.delta ?? choice?.message;
      if (piece) addPiece(piece);
      finish = choice?.finish_reason ?? finish;
    },
    answer: () => ({ text, calls: calls.map(closeCall), refusal, finish, tokens, model }),
    chars: () => text.length + calls.reduce((sum, c) => sum + c.name.length + c.argumentsJson.length, 0),
  };
}

function serverSaid(error: object): ServerSaid {
  const { message, code } = errorFields(error);
  return new ServerSaid(message, code);
}

/** Pieces belong together by index; a new id under a known index is a new call, for servers that number them all 0. */
function addCall(calls: OpenCall[], piece: CallPiece): void {
  const index = piece.index ?? undefined;
  const id = piece.id ?? '';
  const known = calls.findLast((c) => c.index === index);
  const isNew = known === undefined || (id !== '' && known.id !== '' && known.id !== id);
  const call = isNew ? { index, id, name: '', argumentsJson: '' } : known;
  if (isNew) calls.push(call);
  call.id ||= id;
  call.name += piece.function?.name ?? '';
  call.argumentsJson += piece.function?.arguments ?? '';
}

const closeCall = (call: OpenCall, place: number): ToolCall => ({
  id: call.id || `call_${place}`,
  name: call.name,
  argumentsJson: call.argumentsJson || '{}',
});

/** Puts the pieces of one answer together, as they come or all at once. */
import type { ToolCall } from '@swarm/core/ports/models';
import { type Said, saidIn } from '../failures.ts';
import type { CallTokens } from '../prices.ts';
import { readTokens } from '../usage.ts';
import { mergeFields } from './bag.ts';
import { addPiece, callPieceOf, closeCalls, isWhole, type OpenCall } from './calls.ts';
import { firstChoice, isLoose, type Loose, mendChunk, mendDelta } from './quirks.ts';
import { createThoughtFilter } from './thinking.ts';

/** The answer so far. Whole only when `finish` is set: before that, a tool call may be half its arguments. */
export interface Answer {
  readonly text: string;
  readonly calls: readonly ToolCall[];
  readonly refusal: string;
  readonly finish: string | undefined;
  readonly tokens: CallTokens | undefined;
  readonly model: string | undefined;
  /** Of the message, beside text and calls: fields that we do not know. */
  readonly fields: Loose;
  /** The same of each call that has any, by its id. */
  readonly callFields: Readonly<Record<string, Loose>>;
}

export interface Assembler {
  /** @throws ServerSaid when the server reports a failure inside a stream; Error when it is not a chunk. */
  add(chunk: unknown): void;
  /**
   * Nothing more comes: the server said so (`done`), its one body was read, which is whole by being one (`body`),
   * or the stream broke off. Held text is text from here on.
   */
  end(how: 'done' | 'body' | 'broken'): void;
  answer(): Answer;
  /** Characters received, tool arguments and thinking among them. */
  chars(): number;
}

/** A failure told inside a 200 answer. */
export class ServerSaid extends Error {
  readonly said: Said;
  constructor(said: Said) {
    super(said.message);
    this.name = 'ServerSaid';
    this.said = said;
  }
}

/** Fields of a message that are read; the rest is the provider's own. */
const KNOWN = new Set(['role', 'content', 'refusal', 'tool_calls', 'function_call']);

/** @param isTool knows the names of the tools on offer. */
export function createAssembler(
  onText: (piece: string) => void,
  isTool: (name: string) => boolean = () => false,
): Assembler {
  const calls: OpenCall[] = [];
  let text = '';
  let refusal = '';
  let finish: string | undefined;
  let tokens: CallTokens | undefined;
  let model: string | undefined;
  let fields: Loose = {};
  let heard = 0;
  let beside = 0;
  const thoughts = createThoughtFilter((piece) => {
    text += piece;
    onText(piece);
  });

  function addDelta(wire: Loose): void {
    const delta = mendDelta(wire);
    if (typeof delta.content === 'string') {
      heard += delta.content.length;
      thoughts.push(delta.content);
    }
    if (typeof delta.refusal === 'string') refusal += delta.refusal;
    for (const wireCall of Array.isArray(delta.tool_calls) ? delta.tool_calls : []) {
      const piece = callPieceOf(wireCall);
      if (piece !== undefined) addPiece(calls, piece, isTool);
    }
    fields = mergeFields(
      fields,
      Object.fromEntries(Object.entries(delta).filter(([key]) => !KNOWN.has(key))),
    );
  }

  return {
    add(wire) {
      if (wire === null) return;
      const first: unknown = Array.isArray(wire) ? wire[0] : wire;
      const chunk = isLoose(first) ? mendChunk(first) : undefined;
      if (chunk === undefined || !Array.isArray(chunk.choices ?? []))
        throw new Error('the server sent something that is not a chat completion');
      if (isLoose(chunk.error)) throw new ServerSaid(saidIn(chunk.error));
      if (typeof chunk.model === 'string') model = chunk.model || model;
      tokens = readTokens(chunk.usage) ?? tokens;
      if (typeof chunk.unread === 'string') beside += chunk.unread.length;
      const choice = firstChoice(chunk);
      // A stream that ends with the whole message said it all before.
      const delta = choice?.delta ?? (heard === 0 && calls.length === 0 ? choice?.message : undefined);
      if (isLoose(delta)) addDelta(delta);
      const reason = typeof choice?.finish_reason === 'string' ? choice.finish_reason : '';
      if (reason === 'error') throw new ServerSaid({ message: 'the answer ended with an error' });
      finish = reason || finish;
    },
    end(how) {
      thoughts.end();
      const isSomething = heard > 0 || calls.length > 0 || refusal !== '';
      if (how === 'body' || (how === 'done' && isSomething && calls.every(isWhole))) finish ??= 'stop';
    },
    answer() {
      const closed = closeCalls(calls);
      const extras = closed.map(({ id }, i) => [id, calls[i]!.extra] as const);
      const callFields = Object.fromEntries(extras.filter(([, extra]) => Object.keys(extra).length > 0));
      return { text, calls: closed, refusal, finish, tokens, model, fields, callFields };
    },
    chars: () =>
      heard +
      beside +
      calls.reduce((sum, c) => sum + c.name.length + c.args.length, 0) +
      (Object.keys(fields).length > 0 ? JSON.stringify(fields).length : 0),
  };
}

/** What one protocol is to a scripted server: how a question is read, and how an answer of the file is said. */
import type { Body } from '../dialects/kinds.ts';
import type { ScriptedAnswer } from '../scripted-model.ts';
import { CHARS_PER_TOKEN } from '../usage.ts';

/** What of a question shows in its answer. */
export interface ScriptedBody {
  readonly model: string;
  /** Place of this answer in its conversation: ids of calls are unique there. */
  readonly turn: number;
  readonly usage: ScriptedUsage;
}

/** Tokens, as the server counts them. */
export interface ScriptedUsage {
  readonly input: number;
  readonly output: number;
}

export interface Asked {
  readonly kind: 'asked';
  readonly isStream: boolean;
  /** Answers of the model that the question carries. */
  readonly turn: number;
  readonly firstUserMessage: string;
  /** Length of everything that a model reads. */
  readonly chars: number;
}

/** What the real server would not take. */
export interface NotTaken {
  readonly kind: 'not-taken';
  readonly why: string;
}

export interface Spoken {
  read(body: Body): Asked | NotTaken;
  whole(answer: ScriptedAnswer, body: ScriptedBody): unknown;
  /** Events as they go over the wire; an answer that is cut ends where it is cut. */
  pieces(answer: ScriptedAnswer, body: ScriptedBody): Iterable<string>;
  problem(status: number, message: string): unknown;
}

export const notTaken = (why: string): NotTaken => ({ kind: 'not-taken', why });

const DEFAULT_CHUNK_CHARS = 64;

/** One step of an answer, in the order it is told. */
export type Part =
  | { readonly kind: 'text'; readonly piece: string }
  | { readonly kind: 'call'; readonly index: number; readonly name: string }
  | { readonly kind: 'arguments'; readonly index: number; readonly piece: string };

/** Ends early where the answer is cut; then it has no end of its own. */
export function* partsOf(answer: ScriptedAnswer): Generator<Part> {
  const size = answer.chunkChars ?? DEFAULT_CHUNK_CHARS;
  let left = answer.cut ?? Number.POSITIVE_INFINITY;
  for (const piece of slices(answer.text ?? '', size)) {
    if (left <= 0) return;
    yield { kind: 'text', piece: piece.slice(0, left) };
    left -= piece.length;
  }
  for (const [index, tool] of (answer.tools ?? []).entries()) {
    if (left <= 0) return;
    yield { kind: 'call', index, name: tool.name };
    for (const piece of slices(argumentsText(tool), size)) {
      if (left <= 0) return;
      yield { kind: 'arguments', index, piece: piece.slice(0, left) };
      left -= piece.length;
    }
  }
}

type Tool = NonNullable<ScriptedAnswer['tools']>[number];

export const argumentsText = ({ arguments: given }: Tool): string =>
  typeof given === 'string' ? given : JSON.stringify(given);

/** Undefined for what is no JSON object: protocols that send objects have no way to send it. */
export function argumentsObject(tool: Tool): unknown {
  try {
    const value: unknown = JSON.parse(argumentsText(tool));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** @param chars of the question. */
export function usageOf(answer: ScriptedAnswer, chars: number): ScriptedUsage {
  const said = (answer.text ?? '') + (answer.tools ?? []).map(argumentsText).join('');
  return (
    answer.usage ?? {
      input: Math.ceil(chars / CHARS_PER_TOKEN),
      output: Math.ceil(said.length / CHARS_PER_TOKEN),
    }
  );
}

export const dataEvent = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`;
export const namedEvent = (type: string, fields: object = {}): string =>
  `event: ${type}
${dataEvent({ type, ...fields })}`;

function* slices(text: string, size: number): Generator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

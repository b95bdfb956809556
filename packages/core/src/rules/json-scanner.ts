/**
 * A plan out of a model's stream, piece by piece: each task the moment its closing brace arrives, while whatever
 * encloses it is still open. Reads `{"tasks": […]}`, a bare array, one object a line, fences and prose around.
 *
 * One character is looked at once, so time grows with the text alone, and what is kept is one object. Usual slips
 * are read as meant: a comma before a closing bracket, a line end inside a string of a plan, single quotes, Python's
 * words, and, inside a plan, comments and names without quotes (see loose-json.ts, which reads what is kept).
 *
 * What is a task: any object in an array called `tasks`; elsewhere, an object that stands alone or in an array
 * and has a `title`, or an `id` and a `description`. Any other object in the prose is left alone.
 */

import { parseLoosely } from './loose-json.ts';
import { type PlanPiece, readField } from './plan-pieces.ts';
import { ENVELOPE_FIELDS, type Frame, isTask, roleOf, TASK_KEYS } from './plan-roles.ts';

/** Largest object or scratchpad read, in characters. */
export const PIECE_MAX = 256 * 1024;
/** Deepest nesting read. */
export const DEPTH_MAX = 64;
/** Characters of a name that are kept: more than any we know has. */
const KEY_MAX = 32;
/** How much of an unreadable piece is kept to show. */
const BROKEN_TEXT_MAX = 200;

/** `whole`: a plan was read to its end. `cut`: what closed counts, more was coming. `unreadable`: no plan at all. */
export type PlanOutcome = 'whole' | 'cut' | 'unreadable';

/** What is being kept: an object that may be a task, or a field of the envelope. Ends at stack height `height`. */
interface Capture {
  readonly field: string | undefined;
  readonly height: number;
  text: string;
}

/** Passing over the rest of a broken object: only brackets and strings are minded. */
interface Skip {
  depth: number;
  inString: boolean;
  isEscaped: boolean;
  isLineStart: boolean;
  readonly text: string;
  readonly why: string;
}

interface Text {
  readonly isKey: boolean;
  readonly quote: string;
  isEscaped: boolean;
  text: string;
}

const SPACE = new Set([' ', '\n', '\r', '\t', '\ufeff']);

export class PlanScanner {
  #pieces: PlanPiece[] = [];
  #stack: Frame[] = [];
  #capture: Capture | undefined;
  #skip: Skip | undefined;
  /** The string being read, without its quotes; kept only for keys. */
  #string: Text | undefined;
  /** The name being read that has no quotes. */
  #bareKey: string | undefined;
  #inScalar = false;
  /** `slash`: one has come, and the next character says which comment it begins. `star`: a block may end now. */
  #comment: 'slash' | 'line' | 'block' | 'star' | undefined;
  #hasComma = false;
  /** What is open belongs to a plan. */
  #isPlan = false;
  #hasFound = false;
  #isDamaged = false;

  /** @returns what closed in this piece of the stream, in order. */
  push(chunk: string): PlanPiece[] {
    for (let i = 0; i < chunk.length; i++) {
      this.#step(chunk[i]!);
      if (this.#capture !== undefined && this.#capture.text.length > PIECE_MAX) this.#overflow(this.#capture);
    }
    return this.#take();
  }

  /** The stream is over. Call once; nothing may be pushed after it. */
  end(): { readonly pieces: readonly PlanPiece[]; readonly outcome: PlanOutcome } {
    const isCut = this.#isPlan || this.#skip !== undefined || this.#isDamaged;
    if (this.#skip !== undefined) this.#emitBroken(this.#skip.text, this.#skip.why);
    const outcome = !this.#hasFound ? 'unreadable' : isCut ? 'cut' : 'whole';
    return { pieces: this.#take(), outcome };
  }

  #take(): PlanPiece[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    return pieces;
  }

  // ───────────────────────── one character ─────────────────────────

  #step(c: string): void {
    if (this.#skip !== undefined) {
      this.#stepOver(this.#skip, c);
      return;
    }
    if (this.#string !== undefined) {
      this.#inString(this.#string, c);
      return;
    }
    if (this.#comment !== undefined) {
      this.#inComment(c);
      return;
    }
    if ((this.#inScalar || this.#bareKey !== undefined) && /[\w$+\-.]/.test(c)) {
      this.#keep(c);
      if (this.#bareKey !== undefined && this.#bareKey.length < KEY_MAX) this.#bareKey += c;
      return;
    }
    if (this.#inScalar) this.#endScalar();
    if (this.#bareKey !== undefined) this.#endKey(this.#bareKey);
    if (SPACE.has(c)) return;
    const frame = this.#stack.at(-1);
    if (frame !== undefined && this.#isOurs(frame) && (c === '/' || c === '#')) {
      this.#comment = c === '#' ? 'line' : 'slash';
      return;
    }
    if (frame !== undefined) this.#structure(frame, c);
    else if (c === '{' || c === '[') this.#open(c);
  }

  /** Elsewhere in a model's words a name or a slash in brackets is just that. */
  #isOurs(frame: Frame): boolean {
    return this.#isPlan || frame.role === 'task';
  }

  /** None of it is kept. */
  #inComment(c: string): void {
    if (this.#comment === 'line') this.#comment = c === '\n' ? undefined : 'line';
    else if (this.#comment === 'star' && c === '/') this.#comment = undefined;
    else if (this.#comment !== 'slash') this.#comment = c === '*' ? 'star' : 'block';
    else if (c === '/') this.#comment = 'line';
    else if (c === '*') this.#comment = 'block';
    else this.#fail('"/" begins no comment', c);
  }

  #structure(frame: Frame, c: string): void {
    const closer = frame.isObject ? '}' : ']';
    const mayClose = frame.expects === 'comma' || frame.expects === (frame.isObject ? 'key' : 'value');
    if (c === closer && mayClose) {
      this.#close(c);
      return;
    }
    if (this.#hasComma) this.#keep(',');
    this.#hasComma = false;
    if (frame.expects === 'comma' && c === ',') {
      this.#hasComma = true;
      frame.expects = frame.isObject ? 'key' : 'value';
    } else if (frame.expects === 'key' && isQuote(c)) this.#startString(c, true);
    else if (frame.expects === 'key' && this.#isOurs(frame) && /[A-Za-z_$]/.test(c)) {
      this.#bareKey = c;
      this.#keep(c);
    } else if (frame.expects === 'colon' && c === ':') {
      this.#keep(c);
      frame.expects = 'value';
    } else if (frame.expects === 'value') this.#value(frame, c);
    else this.#fail(`${show(c)} stands where ${NEEDS[frame.expects]} must be`, c);
  }

  #value(frame: Frame, c: string): void {
    if (c === '{' || c === '[') {
      this.#open(c);
      return;
    }
    const isScalar = /[-\dtfnuTFN]/.test(c);
    if (!isQuote(c) && !isScalar) {
      this.#fail(`${show(c)} begins no value`, c);
      return;
    }
    if (frame.role === 'tasks') this.#emitBroken(c, 'a task must be an object');
    this.#startField(frame);
    if (isQuote(c)) {
      this.#startString(c, false);
      return;
    }
    this.#inScalar = true;
    this.#keep(c);
  }

  #startString(quote: string, isKey: boolean): void {
    this.#keep(quote);
    this.#string = { isKey, quote, isEscaped: false, text: '' };
  }

  #inString(string: Text, c: string): void {
    if (c === string.quote && !string.isEscaped) {
      this.#keep(c);
      this.#string = undefined;
      if (string.isKey) this.#endKey(string.text);
      else this.#endValue();
      return;
    }
    if (c < ' ' && !this.#isPlan) {
      this.#fail('a string is not closed on its line', c);
      return;
    }
    string.isEscaped = c === '\\' && !string.isEscaped;
    if (string.isKey && string.text.length < KEY_MAX) string.text += c;
    this.#keep(c < ' ' ? JSON.stringify(c).slice(1, -1) : c);
  }

  #endScalar(): void {
    this.#inScalar = false;
    this.#endValue();
  }

  // ───────────────────────── containers ─────────────────────────

  #open(c: '{' | '['): void {
    const parent = this.#stack.at(-1);
    if (this.#stack.length >= DEPTH_MAX) {
      this.#fail(`it is nested deeper than ${DEPTH_MAX} levels`, c);
      return;
    }
    const isObject = c === '{';
    const role = roleOf(parent, isObject);
    if (role === 'tasks') this.#becomeEnvelope(parent!);
    else if (parent?.role === 'tasks' && !isObject) this.#emitBroken(c, 'a task must be an object');
    if (parent !== undefined) this.#startField(parent);
    const expects = isObject ? 'key' : 'value';
    const mayBeTask = role === 'unsure' || role === 'item';
    if (mayBeTask) this.#capture = { field: undefined, height: this.#stack.length, text: '' };
    if (role === 'item') this.#isPlan = true;
    this.#stack.push({ isObject, role, expects, key: '', seen: new Set() });
    this.#keep(c);
  }

  #close(c: string): void {
    this.#hasComma = false;
    this.#keep(c);
    const frame = this.#stack.pop()!;
    const capture = this.#capture;
    if (capture !== undefined && capture.field === undefined && capture.height === this.#stack.length) {
      this.#capture = undefined;
      if (isTask(frame)) this.#emitTask(capture.text);
    }
    this.#endValue();
  }

  #endKey(key: string): void {
    const frame = this.#stack.at(-1)!;
    this.#bareKey = undefined;
    frame.key = key;
    frame.expects = 'colon';
    if (frame.role === 'unsure' && ENVELOPE_FIELDS.has(key)) this.#becomeEnvelope(frame);
    if ((frame.role === 'unsure' || frame.role === 'task' || frame.role === 'item') && TASK_KEYS.has(key)) {
      frame.seen.add(key);
      if (frame.role === 'unsure') frame.role = 'task';
      if (isTask(frame)) this.#isPlan = true;
    }
  }

  /** It is the object around the plan, so it need not be kept itself. */
  #becomeEnvelope(frame: Frame): void {
    if (frame.role === 'envelope') return;
    frame.role = 'envelope';
    this.#capture = undefined;
    this.#isPlan = true;
    this.#hasFound = true;
  }

  #startField(frame: Frame): void {
    if (frame.role !== 'envelope' || !ENVELOPE_FIELDS.has(frame.key)) return;
    this.#capture = { field: frame.key, height: this.#stack.length, text: '' };
  }

  #endValue(): void {
    const capture = this.#capture;
    if (capture?.field !== undefined && capture.height === this.#stack.length) {
      this.#capture = undefined;
      this.#emitField(capture.field, capture.text);
    }
    const frame = this.#stack.at(-1);
    if (frame === undefined) this.#isPlan = false;
    else frame.expects = 'comma';
  }

  #keep(c: string): void {
    if (this.#capture !== undefined) this.#capture.text += c;
  }

  #overflow(capture: Capture): void {
    const frame = this.#stack[capture.height];
    if (capture.field === undefined && frame !== undefined && isTask(frame)) {
      this.#fail(`it is longer than ${PIECE_MAX} characters`, '');
      return;
    }
    this.#capture = undefined;
    if (capture.field !== undefined) this.#emitBroken(capture.text, `${capture.field} is too long`);
    else if (frame !== undefined) frame.role = 'inert';
  }

  // ───────────────────────── when it is no JSON ─────────────────────────

  /** The innermost task that is open is broken, and its rest passed over; without one, all that is open was prose. */
  #fail(why: string, c: string): void {
    const at = this.#stack.findLastIndex((frame) => isTask(frame));
    const [inString, open] = [this.#string !== undefined, this.#stack.length];
    const text = this.#capture?.text.slice(0, BROKEN_TEXT_MAX) ?? '';
    this.#capture = undefined;
    this.#string = undefined;
    this.#bareKey = undefined;
    this.#comment = undefined;
    this.#inScalar = false;
    this.#hasComma = false;
    if (at < 0) {
      this.#abandon(c);
      return;
    }
    this.#stack.length = at;
    this.#skip = { depth: open - at, inString, isEscaped: false, isLineStart: false, text, why };
    if (c !== '') this.#stepOver(this.#skip, c);
  }

  #abandon(c: string): void {
    if (this.#isPlan) this.#isDamaged = true;
    this.#isPlan = false;
    this.#stack = [];
    if (c === '{' || c === '[') this.#open(c);
  }

  #stepOver(skip: Skip, c: string): void {
    // Objects that stand alone, one a line: the next line begins afresh, however this one was broken.
    if (c === '{' && skip.isLineStart && this.#stack.length === 0) {
      this.#endSkip(skip);
      this.#open(c);
      return;
    }
    skip.isLineStart = c === '\n';
    if (skip.inString) {
      // A line end closes a string here: where a quote was missing, it gets the count right again.
      if ((c === '"' && !skip.isEscaped) || c === '\n') skip.inString = false;
      skip.isEscaped = c === '\\' && !skip.isEscaped;
    } else if (c === '"') skip.inString = true;
    else if (c === '{' || c === '[') skip.depth++;
    else if ((c === '}' || c === ']') && --skip.depth === 0) this.#endSkip(skip);
  }

  #endSkip(skip: Skip): void {
    this.#skip = undefined;
    this.#emitBroken(skip.text, skip.why);
    this.#endValue();
  }

  // ───────────────────────── pieces ─────────────────────────

  #emitTask(text: string): void {
    const parsed = parseLoosely(text);
    if (parsed.ok) this.#emit({ kind: 'task', value: parsed.value, text });
    else this.#emitBroken(text, 'it is not JSON');
  }

  #emitField(field: string, text: string): void {
    const piece = readField(field, text);
    if (piece?.kind === 'broken') this.#emitBroken(text, piece.why);
    else if (piece) this.#emit(piece);
  }

  #emitBroken(text: string, why: string): void {
    this.#emit({ kind: 'broken', text: text.slice(0, BROKEN_TEXT_MAX), why });
  }

  #emit(piece: PlanPiece): void {
    if (piece.kind !== 'broken') this.#hasFound = true;
    this.#pieces.push(piece);
  }
}

const NEEDS = { key: 'a name', colon: 'a colon', value: 'a value', comma: 'a comma or the end' } as const;
const isQuote = (c: string): boolean => c === '"' || c === "'";
const show = (c: string): string => JSON.stringify(c);

/**
 * Keeps a model's thinking out of its text, where a server leaves it in: `<think>…</think>` before the answer, or
 * `…</think>` alone, since many templates open the block themselves.
 */

/** Text that opens with one of these is an answer from its first character; anything else may be thinking. */
const ANSWER_OPENS = /^[{[`]/;
const OPEN = /^<(think|thinking)>/i;
/** A block that the template opened and the model left at once. */
const CLOSE_FIRST = /^<\/think(?:ing)?>/i;
/** How long an opening or closing tag may be. */
const TAG_MAX = '</thinking>'.length;
/** A closing tag with what must follow it fits in here. */
const HELD_TAIL = 128;
/** A closing tag ends its line, or the answer follows it at once; inside a sentence it is a word. */
const CLOSE = /<\/think(?:ing)?>(?=\s*(?:[\r\n{[`]|$))|(?<=[\r\n][ \t]*)<\/think(?:ing)?>/i;
/** The same where the block was opened: whatever follows. */
const CLOSE_OPENED = /<\/think(?:ing)?>/i;
/** A block that opens later stands at the start of a line. */
const OPEN_LATER = /(?<=[\r\n][ \t]*)<think(?:ing)?>/i;

export interface ThoughtFilter {
  push(piece: string): void;
  /** The text is over: what was held back is text after all. */
  end(): void;
}

type Mode =
  /** Nothing but white space came. */
  | 'start'
  | 'thinking'
  /** It opened with prose: text, unless a closing tag shows that it was thinking. */
  | 'held'
  | 'text';

/** @param emit is given the text without the thinking, never half of a letter that takes two code units. */
export function createThoughtFilter(emit: (piece: string) => void): ThoughtFilter {
  let mode: Mode = 'start';
  let hasThought = false;
  let pending = '';
  /** Held text in which no closing tag can begin any more: a long one is looked at once. */
  let held: string[] = [];

  function show(upTo: number): void {
    const end = /[\ud800-\udbff]/.test(pending[upTo - 1] ?? '') ? upTo - 1 : upTo;
    if (end > 0) emit(pending.slice(0, end));
    pending = pending.slice(Math.max(end, 0));
  }

  /** @returns false when more text is needed to go on. */
  function step(isEnd: boolean): boolean {
    switch (mode) {
      case 'start':
        return begin(isEnd);
      case 'thinking':
        return think();
      case 'held':
        return hold(isEnd);
      case 'text':
        return read(isEnd);
    }
  }

  function begin(isEnd: boolean): boolean {
    const text = pending.trimStart();
    if (text === '') return false;
    if (hasThought) pending = text;
    const close = CLOSE_FIRST.exec(text);
    if (close && !hasThought) return leave(text.slice(close[0].length));
    const open = OPEN.exec(text);
    if (open) {
      pending = text.slice(open[0].length);
      mode = 'thinking';
      return true;
    }
    if (!isEnd && isHalfTag(text)) return false;
    mode = hasThought || ANSWER_OPENS.test(text) ? 'text' : 'held';
    return true;
  }

  function leave(rest: string): boolean {
    pending = rest;
    held = [];
    hasThought = true;
    mode = 'start';
    return true;
  }

  function think(): boolean {
    const close = CLOSE_OPENED.exec(pending);
    if (close) return leave(pending.slice(close.index + close[0].length));
    pending = pending.slice(-TAG_MAX);
    return false;
  }

  function hold(isEnd: boolean): boolean {
    const close = CLOSE.exec(pending);
    const rest = close && pending.slice(close.index + close[0].length);
    // What follows the tag decides whether it is one.
    if (rest !== null && (isEnd || rest.trim() !== '')) return leave(rest);
    const end = pending.length - HELD_TAIL;
    if (rest === null && end > 0) {
      held.push(pending.slice(0, end));
      pending = pending.slice(end);
    }
    return false;
  }

  function read(isEnd: boolean): boolean {
    const open = OPEN_LATER.exec(pending);
    if (open) {
      show(open.index);
      pending = pending.slice(open[0].length);
      mode = 'thinking';
      return true;
    }
    const line = Math.max(pending.lastIndexOf('\n'), pending.lastIndexOf('\r'));
    const isHalf = !isEnd && line >= 0 && isHalfTag(pending.slice(line + 1).trimStart());
    show(isHalf ? line : pending.length);
    return false;
  }

  return {
    push(piece) {
      pending += piece;
      while (step(false));
    },
    end() {
      while (step(true));
      const rest = mode === 'held' || mode === 'text' ? held.join('') + pending : '';
      if (rest !== '') emit(rest.toWellFormed());
      held = [];
      pending = '';
    },
  };
}

const isHalfTag = (text: string): boolean =>
  text.length < TAG_MAX && '<thinking>'.startsWith(text.toLowerCase());

/**
 * Keeps a model's thinking out of its text, where a server leaves it in: `<think>…</think>` before the answer, or
 * `…</think>` alone, since many templates open the block themselves.
 */

/** Text that opens with one of these is an answer from its first character; anything else may be thinking. */
const ANSWER_OPENS = /^[{[`]/;
const OPEN = /^<(think|thinking)>/i;
/** How long an opening or closing tag may be. */
const TAG_MAX = '</thinking>'.length;
/** A closing tag ends its line, or the answer follows it at once; inside a sentence it is a word. */
const CLOSE = /<\/think(?:ing)?>(?=\s*(?:[\r\n{[`]|$))|(?<=(?:^|[\r\n])[ \t]*)<\/think(?:ing)?>/gi;
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
  /** Held text before this place has no closing tag. */
  let searched = 0;

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

  function think(): boolean {
    const close = CLOSE_OPENED.exec(pending);
    if (!close) {
      pending = pending.slice(-TAG_MAX);
      return false;
    }
    pending = pending.slice(close.index + close[0].length);
    hasThought = true;
    mode = 'start';
    return true;
  }

  function hold(isEnd: boolean): boolean {
    CLOSE.lastIndex = searched;
    const close = CLOSE.exec(pending);
    if (!close) {
      searched = Math.max(searched, pending.lastIndexOf('<', pending.length - 1 - TAG_MAX * 8));
      return false;
    }
    // What follows the tag decides whether it is one.
    if (!isEnd && pending.slice(close.index + close[0].length).trim() === '') return false;
    pending = pending.slice(close.index + close[0].length);
    hasThought = true;
    mode = 'start';
    return true;
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
      if ((mode === 'held' || mode === 'text') && pending !== '') emit(pending.toWellFormed());
      pending = '';
    },
  };
}

const isHalfTag = (text: string): boolean => text.length < TAG_MAX && '<thinking>'.startsWith(text.toLowerCase());

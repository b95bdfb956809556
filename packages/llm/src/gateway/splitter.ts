/** Objects out of a text that is one, or a list of them, while it comes. */

export interface Splitter {
  /** @returns the objects that closed in this piece, as text. */
  push(text: string): string[];
}

/** Each character is looked at once. What stands between the objects is passed over. */
export function createSplitter(): Splitter {
  let open: string[] = [];
  let depth = 0;
  let inString = false;
  let isEscaped = false;

  /** @returns whether an object closes here. */
  function step(c: string): boolean {
    if (inString) {
      if (c === '"' && !isEscaped) inString = false;
      isEscaped = c === '\\' && !isEscaped;
    } else if (c === '{') depth++;
    else if (depth > 0 && c === '"') inString = true;
    else if (depth > 0 && c === '}') return --depth === 0;
    return false;
  }

  return {
    push(text) {
      const closed: string[] = [];
      let from = depth > 0 ? 0 : -1;
      for (let i = 0; i < text.length; i++) {
        if (from < 0 && text[i] === '{') from = i;
        if (!step(text[i]!)) continue;
        closed.push(open.join('') + text.slice(from, i + 1));
        open = [];
        from = -1;
      }
      if (depth > 0) open.push(text.slice(from));
      return closed;
    },
  };
}

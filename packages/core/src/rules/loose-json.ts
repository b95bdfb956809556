/**
 * JSON as people and models write it: comments, a comma before a closing bracket, Python's None, True and False,
 * single quotes, names without quotes, line ends inside strings, a fence around it. Only what can be read in one way
 * is read; the rest is refused with what strict JSON says of it.
 */

export type Parsed =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly why: string };

/** Deeper nesting is not read loosely. */
const DEPTH_MAX = 200;

/** Never throws; time grows with the text. */
export function parseLoosely(text: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    const loose = new Loose(unfenced(text)).whole();
    return loose ?? { ok: false, why: (error as Error).message };
  }
}

/** What stands between the first fence and the last, where the text is not JSON by itself. */
function unfenced(text: string): string {
  const open = /^[^{["]*?```[\w-]*[ \t]*\r?\n/.exec(text);
  const close = text.lastIndexOf('```');
  return open && close >= open[0].length ? text.slice(open[0].length, close) : text;
}

const WORDS: Readonly<Record<string, unknown>> = {
  null: null,
  None: null,
  undefined: null,
  true: true,
  True: true,
  false: false,
  False: false,
};
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Thrown and caught here alone. */
class Unreadable extends Error {}

class Loose {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): Parsed | undefined {
    try {
      const value = this.#value(0);
      this.#space();
      return this.#at === this.#text.length ? { ok: true, value } : undefined;
    } catch (error) {
      if (error instanceof Unreadable) return undefined;
      throw error;
    }
  }

  #value(depth: number): unknown {
    if (depth > DEPTH_MAX) throw new Unreadable();
    this.#space();
    const c = this.#text[this.#at];
    if (c === '{') return this.#object(depth);
    if (c === '[') return this.#array(depth);
    if (c === '"' || c === "'") return this.#string(c);
    const word = this.#word();
    if (Object.hasOwn(WORDS, word)) return WORDS[word];
    if (NUMBER.test(word)) return Number(word);
    throw new Unreadable();
  }

  #object(depth: number): unknown {
    const entries = new Map<string, unknown>();
    this.#elements('}', () => {
      const c = this.#text[this.#at];
      const key = c === '"' || c === "'" ? this.#string(c) : this.#word();
      this.#space();
      // A name given twice is a question which one is meant.
      if (key === '' || entries.has(key) || this.#text[this.#at++] !== ':') throw new Unreadable();
      entries.set(key, this.#value(depth + 1));
    });
    return Object.fromEntries(entries);
  }

  #array(depth: number): unknown[] {
    const items: unknown[] = [];
    this.#elements(']', () => items.push(this.#value(depth + 1)));
    return items;
  }

  /** From the opener to the closer, commas between; one may stand behind the last. */
  #elements(closer: ']' | '}', read: () => void): void {
    this.#at++;
    for (this.#space(); this.#text[this.#at] !== closer; this.#space()) {
      read();
      this.#space();
      if (this.#text[this.#at] === ',') this.#at++;
      else if (this.#text[this.#at] !== closer) throw new Unreadable();
    }
    this.#at++;
  }

  #string(quote: string): string {
    let text = '';
    let from = ++this.#at;
    for (;;) {
      const c = this.#text[this.#at];
      if (c === undefined) throw new Unreadable();
      if (c === quote) break;
      if (c !== '\\') {
        this.#at++;
        continue;
      }
      text += this.#text.slice(from, this.#at) + this.#escape();
      from = this.#at;
    }
    return text + this.#text.slice(from, this.#at++);
  }

  #escape(): string {
    const c = this.#text[this.#at + 1] ?? '';
    if (Object.hasOwn(ESCAPES, c)) {
      this.#at += 2;
      return ESCAPES[c]!;
    }
    const code =
      c === 'u' ? /^[0-9a-fA-F]{4}/.exec(this.#text.slice(this.#at + 2, this.#at + 6))?.[0] : undefined;
    if (code === undefined) throw new Unreadable();
    this.#at += 6;
    return String.fromCharCode(Number.parseInt(code, 16));
  }

  #word(): string {
    const from = this.#at;
    while (/[\w$.+-]/.test(this.#text[this.#at] ?? ' ')) this.#at++;
    return this.#text.slice(from, this.#at);
  }

  #space(): void {
    for (;;) {
      while (/[\s\ufeff]/.test(this.#text[this.#at] ?? 'x')) this.#at++;
      const two = this.#text.slice(this.#at, this.#at + 2);
      if (two === '//' || two.startsWith('#')) this.#skipTo('\n');
      else if (two === '/*') this.#skipTo('*/');
      else return;
    }
  }

  #skipTo(end: string): void {
    const at = this.#text.indexOf(end, this.#at);
    this.#at = at < 0 ? this.#text.length : at + end.length;
  }
}

/** JSON with the text it was written in, so that what nobody changed is put back as it stood. */

export type Json =
  | { readonly kind: 'object'; readonly entries: ReadonlyMap<string, Json>; readonly text?: string }
  | { readonly kind: 'array'; readonly items: readonly Json[]; readonly text?: string }
  | { readonly kind: 'scalar'; readonly text: string };

export type JsonObject = Json & { readonly kind: 'object' };

export interface JsonFile {
  readonly root: JsonObject;
  /** White space around the root. */
  readonly before: string;
  readonly after: string;
  /** One step of indentation. */
  readonly indent: string;
  readonly lineEnd: '\n' | '\r\n';
}

/** Values nested deeper are not looked at. */
const DEPTH_MAX = 64;

/**
 * @returns undefined unless the text is strict JSON, an object, without a key given twice in one object (of which
 * readers keep only one).
 */
export function parseJsonFile(text: string): JsonFile | undefined {
  if (!isJson(text)) return undefined;
  const reader = new Reader(text);
  const root = reader.value(0);
  if (root?.kind !== 'object') return undefined;
  const start = text.indexOf('{');
  return {
    root,
    before: text.slice(0, start),
    after: text.slice(reader.at),
    indent: /^[ \t]+(?=")/m.exec(text)?.[0] ?? '  ',
    lineEnd: text.includes('\r\n') ? '\r\n' : '\n',
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Reads what is known to be JSON, so it looks for ends only. */
class Reader {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  value(depth: number): Json | undefined {
    if (depth > DEPTH_MAX) return undefined;
    this.#space();
    const start = this.at;
    switch (this.text[start]) {
      case '{':
        return this.#object(depth, start);
      case '[':
        return this.#array(depth, start);
      case '"':
        return { kind: 'scalar', text: this.#string() };
      default:
        return { kind: 'scalar', text: this.#plain() };
    }
  }

  #object(depth: number, start: number): Json | undefined {
    const entries = new Map<string, Json>();
    while (this.#more('}')) {
      const key = JSON.parse(this.#string()) as string;
      this.#space();
      this.at++; // the colon
      const value = this.value(depth + 1);
      if (!value || entries.has(key)) return undefined;
      entries.set(key, value);
    }
    return { kind: 'object', entries, text: this.text.slice(start, this.at) };
  }

  #array(depth: number, start: number): Json | undefined {
    const items: Json[] = [];
    while (this.#more(']')) {
      const item = this.value(depth + 1);
      if (!item) return undefined;
      items.push(item);
    }
    return { kind: 'array', items, text: this.text.slice(start, this.at) };
  }

  /** Steps over the opener or comma to the next element; over the end when there is none. */
  #more(end: string): boolean {
    this.#space();
    if (this.text[this.at] !== end) {
      this.at++;
      this.#space();
      if (this.text[this.at] !== end) return true;
    }
    this.at++;
    return false;
  }

  #string(): string {
    const start = this.at++;
    while (this.text[this.at] !== '"') this.at += this.text[this.at] === '\\' ? 2 : 1;
    return this.text.slice(start, ++this.at);
  }

  #plain(): string {
    const start = this.at;
    while (/[^\s,\]}]/.test(this.text[this.at] ?? ' ')) this.at++;
    return this.text.slice(start, this.at);
  }

  #space(): void {
    while (/\s/.test(this.text[this.at] ?? 'x')) this.at++;
  }
}

/** True for the same values in the same order; numbers and strings as they are written. */
export function sameJson(a: Json, b: Json): boolean {
  return (a.text !== undefined && a.text === b.text) || compact(a) === compact(b);
}

/** The same values without their text, to be laid out anew. */
export function withoutText(json: Json): Json {
  if (json.kind === 'scalar') return json;
  if (json.kind === 'array') return { kind: 'array', items: json.items.map(withoutText) };
  return {
    kind: 'object',
    entries: new Map([...json.entries].map(([key, value]) => [key, withoutText(value)])),
  };
}

/** The same text for the same values in the same order, however they are laid out. */
export function compact(json: Json): string {
  if (json.kind === 'scalar') return json.text;
  if (json.kind === 'array') return `[${json.items.map(compact).join()}]`;
  return `{${[...json.entries].map(([key, value]) => `${JSON.stringify(key)}:${compact(value)}`).join()}}`;
}

/** What has a text as it stood; the rest one element a line, with the file's indentation and line ends. */
export function printJson(json: Json, file: JsonFile, depth = 0): string {
  if (json.text !== undefined) return json.text;
  const inner = (value: Json): string => printJson(value, file, depth + 1);
  if (json.kind === 'array') return enclosed('[', json.items.map(inner), ']', file, depth);
  if (json.kind === 'scalar') return json.text;
  const entries = [...json.entries].map(([key, value]) => `${JSON.stringify(key)}: ${inner(value)}`);
  return enclosed('{', entries, '}', file, depth);
}

function enclosed(
  open: string,
  parts: readonly string[],
  close: string,
  { indent, lineEnd }: JsonFile,
  depth: number,
): string {
  if (parts.length === 0) return open + close;
  const [outer, inner] = [lineEnd + indent.repeat(depth), lineEnd + indent.repeat(depth + 1)];
  return open + inner + parts.join(`,${inner}`) + outer + close;
}

/**
 * What an agent may say in a request: named fields of known types. Any other field is left out: it could choose
 * another model, another server, a dearer service or a tool that runs elsewhere.
 */
export type Body = Readonly<Record<string, unknown>>;

export interface Kind {
  readonly is: (value: unknown) => boolean;
  readonly words: string;
}
export type Fields = Readonly<Record<string, Kind>>;

export const WHOLE: Kind = {
  is: (v) => Number.isSafeInteger(v) && Number(v) >= 1,
  words: 'a whole number from 1',
};
export const INTEGER: Kind = { is: (v) => Number.isSafeInteger(v), words: 'a whole number' };
export const NUMBER: Kind = { is: (v) => typeof v === 'number', words: 'a number' };
export const TEXT: Kind = { is: (v) => typeof v === 'string', words: 'a text' };
export const FLAG: Kind = { is: (v) => typeof v === 'boolean', words: 'true or false' };
export const OBJECT: Kind = { is: isObject, words: 'an object' };
export const CHOICE: Kind = { is: (v) => typeof v === 'string' || isObject(v), words: 'a text or an object' };
export const TEXTS: Kind = {
  is: (v) => typeof v === 'string' || (Array.isArray(v) && v.every((x) => typeof x === 'string')),
  words: 'a text or a list of texts',
};
export const OBJECTS: Kind = { is: isObjects, words: 'a list of objects' };
export const TEXT_OR_OBJECTS: Kind = {
  is: (v) => typeof v === 'string' || isObjects(v),
  words: 'a text or a list of objects',
};

/** The most answers of one call: each may be as long as the bound says. */
const CHOICES_MAX = 8;
export const CHOICES: Kind = {
  is: (v) => WHOLE.is(v) && Number(v) <= CHOICES_MAX,
  words: `a whole number from 1 to ${CHOICES_MAX}`,
};

export type ReadFields =
  | { readonly kind: 'read'; readonly fields: Body; readonly leftOut: readonly string[] }
  | { readonly kind: 'refused'; readonly why: string };

const LEFT_OUT_MAX = 20;

/**
 * A field that is null is as good as absent. A known one of another type is refused: what it costs is not known.
 * @param quiet fields that every client says, and that are left out without a word.
 */
export function readFields(body: Body, table: Fields, quiet: ReadonlySet<string> = new Set()): ReadFields {
  const fields: Record<string, unknown> = {};
  const leftOut: string[] = [];
  for (const [name, value] of Object.entries(body)) {
    if (value === null) continue;
    const kind = Object.hasOwn(table, name) ? table[name] : undefined;
    if (kind === undefined) leftOut.push(name.slice(0, 64));
    else if (!kind.is(value)) return { kind: 'refused', why: `${name} must be ${kind.words}` };
    else fields[name] = value;
  }
  return {
    kind: 'read',
    fields,
    leftOut: leftOut.filter((name) => !quiet.has(name)).slice(0, LEFT_OUT_MAX),
  };
}

/** The same with more that was left out. */
export const alsoLeftOut = (read: ReadFields, fields: Body, names: readonly string[]): ReadFields =>
  read.kind === 'refused'
    ? read
    : { kind: 'read', fields, leftOut: [...read.leftOut, ...names].slice(0, LEFT_OUT_MAX) };

export function isObject(value: unknown): value is Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isObjects(value: unknown): boolean {
  return Array.isArray(value) && value.every(isObject);
}

export const objectsIn = (value: unknown): readonly Body[] =>
  Array.isArray(value) ? value.filter(isObject) : [];

/** Without the named keys. */
export function without(body: Body, ...names: readonly string[]): Body {
  return Object.fromEntries(Object.entries(body).filter(([key]) => !names.includes(key)));
}

/** Undefined for what is no JSON, or no object. */
export function parseObject(text: string): Body | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** How a secret may be spelt, and what of it is looked for. */

export interface KnownSecret {
  /** What is told of it, such as the variable it stands in. */
  readonly name: string;
  readonly value: string;
  /** What everybody may know of it: a key's other half is found in honest work. */
  readonly publicText?: string;
  /** Whoever prints it was given it: it is taken out, and no alarm is raised. */
  readonly isQuiet?: true;
}

/** What is looked for. `text` has no white space where `isLoose`: it is found with and without. */
export interface Pattern {
  readonly secret: KnownSecret;
  readonly text: string;
  readonly isLoose: boolean;
  /** One of the pieces of a long value: what stands beside it is more of it. */
  readonly isPiece: boolean;
}

/** An encoded form shorter than this is not looked for. */
const ENCODED_CHARS_MIN = 8;
/** A shorter one may come together by chance where white space is left out. */
const LOOSE_CHARS_MIN = 16;
/** Of a longer value the beginning is looked for. */
const VALUE_CHARS_MAX = 4_096;
/** A longer value is looked for in pieces: half of it is a find too, such as one line of a key. */
const WHOLE_CHARS_MAX = 64;
const LINE_CHARS_MIN = 24;
/** Of a key’s line, 64 characters, a whole piece is there. Shorter ones would be the same in all keys of a kind. */
const PIECE_CHARS = 40;
const PIECE_STEP = 20;

/** White space as it stands, as JSON writes it, and the zeros between the letters of UTF-16. */
const SPACE = /[\s\0]+|\\+[nrt]/g;
export const squeeze = (text: string): string => text.replace(SPACE, '');
export const spacesIn = (text: string): Iterable<RegExpExecArray> => text.matchAll(SPACE);

/** Whoever looks for a secret looks for the same forms, and there are several who do. */
const known = new WeakMap<KnownSecret, Map<number, readonly Pattern[]>>();

/** @param charsMin a shorter value is not looked for. */
export function patternsOf(secret: KnownSecret, charsMin: number): readonly Pattern[] {
  const ofSecret = known.get(secret) ?? new Map<number, readonly Pattern[]>();
  known.set(secret, ofSecret);
  const patterns = ofSecret.get(charsMin) ?? newPatterns(secret, charsMin);
  ofSecret.set(charsMin, patterns);
  return patterns;
}

function newPatterns(secret: KnownSecret, charsMin: number): readonly Pattern[] {
  const isPublic = publicIn(secret);
  const found = new Map<string, Pattern>();
  for (const { text, isPiece } of textsOf(secret.value))
    for (const form of text.length < charsMin ? [] : formsOf(text))
      for (const pattern of ofForm(secret, form, isPiece))
        if (form.length >= charsMin && !isPublic(pattern.text)) found.set(pattern.text, pattern);
  return [...found.values()];
}

interface Part {
  readonly text: string;
  readonly isPiece: boolean;
}

/** The value, or its pieces and each long line of it: a text of many lines is indented, or quoted, where it is put. */
function textsOf(whole: string): Part[] {
  const key = keyIn(whole);
  const value = (key ?? whole).slice(0, VALUE_CHARS_MAX);
  if (value.length <= WHOLE_CHARS_MAX && key === undefined) return [{ text: value, isPiece: false }];
  const lines = value.includes('\n') && key === undefined ? value.split('\n').filter(isLong) : [];
  return [
    ...piecesOf(value).map((text) => ({ text, isPiece: true })),
    ...lines.map((text) => ({ text, isPiece: false })),
  ];
}

const isLong = (line: string): boolean => line.length >= LINE_CHARS_MIN && !line.includes('-----');

/** They cover it, so that nothing of it is left where all of it stands. */
function piecesOf(text: string): string[] {
  const last = Math.max(0, text.length - PIECE_CHARS);
  const count = Math.ceil(last / PIECE_STEP) + 1;
  return Array.from({ length: count }, (_, i) => {
    const at = Math.min(i * PIECE_STEP, last);
    return text.slice(at, at + PIECE_CHARS);
  });
}

function ofForm(secret: KnownSecret, form: string, isPiece: boolean): Pattern[] {
  const tight = squeeze(form);
  if (tight.length >= LOOSE_CHARS_MIN) return [{ secret, text: tight, isLoose: true, isPiece }];
  const wide = Buffer.from(form, 'utf16le').toString('latin1');
  return [form, wide].map((text) => ({ secret, text, isLoose: false, isPiece }));
}

function publicIn({ publicText }: KnownSecret): (text: string) => boolean {
  if (publicText === undefined) return () => false;
  const texts = [publicText, ...formsOf(publicText)].map(squeeze);
  return (text) => texts.some((known) => known.includes(text));
}

const PEM = /-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----([\s\S]*?)-----END/;

/** Every key of one kind begins with the same letters: what comes behind them is the key. */
function keyIn(value: string): string | undefined {
  const [, kind = '', body = ''] = PEM.exec(value) ?? [];
  const letters = body.trim();
  if (letters === '') return undefined;
  if (kind.startsWith('OPENSSH')) return letters.slice(72);
  return letters.slice(letters.length > 160 ? 52 : 24);
}

/** Every spelling that is looked for. */
export function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const percent = hex.replaceAll(/../g, '%$&');
  const codes = [hex, hex.toUpperCase(), percent, percent.toUpperCase()];
  const encoded = [...codes, ...base64Cores(bytes)];
  const url = encodeURIComponent(secret.toWellFormed());
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    [...secret].reverse().join(''),
    url,
    url.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    url.replaceAll('%20', '+'),
    ...encoded.filter((form) => form.length >= ENCODED_CHARS_MIN),
  ];
}

/** The characters of a base64 text that depend on the secret alone, whatever stands before and after it. */
function base64Cores(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const bits = (before + bytes.length) * 8;
    const core = text.slice(Math.ceil((before * 8) / 6), Math.floor(bits / 6));
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

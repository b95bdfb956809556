/** Takes known secrets out of text, in the spellings a program is likely to print them in. */

/** What stands in a secret's place. */
export const REDACTED = '[redacted]';
/** A secret shorter than this would take ordinary words with it: it is not looked for. */
export const SECRET_CHARS_MIN = 4;
/** An encoded form shorter than this is not looked for. */
const ENCODED_CHARS_MIN = 8;

export interface Redactor {
  redact(text: string): string;
  /** Length of the longest form looked for, in characters; 0 when there are no secrets. */
  readonly longest: number;
}

/**
 * Looks for each secret as it stands, JSON-escaped, in hex, URL-encoded (as is usual, or every byte), and in base64 (both alphabets) at each
 * of the three places it can have in a longer encoded text, such as `Authorization: Basic …`. Not found: a
 * secret that is split over two values, reversed, compressed or encrypted.
 */
export function makeRedactor(secrets: readonly string[]): Redactor {
  const forms = [...new Set(secrets.filter((s) => s.length >= SECRET_CHARS_MIN).flatMap(formsOf))];
  if (forms.length === 0) return { redact: (text) => text, longest: 0 };
  forms.sort((a, b) => b.length - a.length);
  const pattern = new RegExp(
    forms.map((form) => form.replaceAll(/[^\w]/gu, escapeForPattern)).join('|'),
    'g',
  );
  return { redact: (text) => text.replace(pattern, REDACTED), longest: forms[0]!.length };
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

/** In `v`-less patterns every character but a word's may be written as its code. */
const escapeForPattern = (mark: string): string =>
  Array.from(
    { length: mark.length },
    (_, i) => `\\u${mark.charCodeAt(i).toString(16).padStart(4, '0')}`,
  ).join('');

/** Keeps our keys out of whatever is shown or passed on, in the forms in which servers echo them. */
import type { EndpointConfig } from './endpoints.ts';

export const HIDDEN = '[key]';
/** A shorter one guards nothing, and stands in other words. */
const KEY_MIN = 8;
/** What people write where a server wants a key and looks at none. */
const PLACE_HOLDERS = new Set([
  'lm-studio',
  'not-needed',
  'not-required',
  'anything',
  'placeholder',
  'dummy-key',
]);

type Keyed = Pick<EndpointConfig, 'apiKey' | 'renewal'>;

/** Replaces every key in a text that may be shown. */
export function redactKeys(text: string, endpoints: readonly Keyed[]): string {
  return formsOf(endpoints).reduce((t, form) => t.replaceAll(form, HIDDEN), text);
}

export interface Scrubber {
  /** @returns what may be passed on now: a piece that could be the beginning of a key is kept back. */
  push(bytes: Uint8Array): Uint8Array;
  /** The rest, once nothing more comes. */
  end(): Uint8Array;
}

/** Replaces every key in bytes that go by, wherever they are cut. */
export function createScrubber(endpoints: readonly Keyed[]): Scrubber {
  const forms = formsOf(endpoints).map((form) => Buffer.from(form));
  let kept: Buffer = Buffer.alloc(0);
  return {
    push(bytes) {
      if (forms.length === 0) return bytes;
      const { clean, rest } = clear(Buffer.concat([kept, bytes]), forms, false);
      // A copy, so that a short rest does not hold the whole piece in memory.
      kept = Buffer.from(rest);
      return clean;
    },
    end() {
      const { clean } = clear(kept, forms, true);
      kept = Buffer.alloc(0);
      return clean;
    },
  };
}

/** @returns the bytes without the keys, up to where a key, or a longer one, may be about to come. */
function clear(bytes: Buffer, forms: readonly Buffer[], isEnd: boolean): { clean: Buffer; rest: Buffer } {
  const parts: Buffer[] = [];
  for (let left = bytes; ; ) {
    const end = isEnd ? left.length : left.length - longestBeginning(left, forms);
    const found = firstIn(left, forms);
    if (found === undefined || found.at >= end)
      return { clean: Buffer.concat([...parts, left.subarray(0, end)]), rest: left.subarray(end) };
    parts.push(left.subarray(0, found.at), Buffer.from(HIDDEN));
    left = left.subarray(found.at + found.length);
  }
}

/** The first key, and of two that begin there the longer. */
function firstIn(bytes: Buffer, forms: readonly Buffer[]): { at: number; length: number } | undefined {
  let first: { at: number; length: number } | undefined;
  for (const form of forms) {
    const at = bytes.indexOf(form);
    if (at >= 0 && (first === undefined || at < first.at)) first = { at, length: form.length };
  }
  return first;
}

/** How many of the last bytes are the beginning of a key. */
function longestBeginning(bytes: Buffer, forms: readonly Buffer[]): number {
  const most = Math.max(...forms.map((form) => form.length - 1));
  for (let length = Math.min(most, bytes.length); length > 0; length--) {
    const tail = bytes.subarray(bytes.length - length);
    if (forms.some((form) => form.length > length && form.subarray(0, length).equals(tail))) return length;
  }
  return 0;
}

/** Longest first, so that no form is replaced inside a longer one. */
function formsOf(endpoints: readonly Keyed[]): string[] {
  const keys = endpoints
    .flatMap((e) => [e.apiKey, ...(e.renewal?.keys ?? [])])
    .filter((key) => key !== undefined);
  const forms = new Set(keys.flatMap(spellings).filter((form) => form.length >= KEY_MIN));
  return [...forms].sort((a, b) => b.length - a.length);
}

/** As it stands, in one line, line by line, in JSON, in an address, in base64 at any place. */
function spellings(key: string): string[] {
  if (PLACE_HOLDERS.has(key.trim().toLowerCase()) || key.trim().length < KEY_MIN) return [];
  const inJson = JSON.stringify(key).slice(1, -1);
  return [
    key,
    key.trim(),
    key.trim().replace(/\s+/g, ' '),
    ...key.split(/[\r\n]+/).map((line) => line.trim()),
    inJson,
    inJson.replaceAll('/', '\\/'),
    encodeURIComponent(key),
    ...[0, 1, 2].map((offset) => base64Of(key, offset)),
  ];
}

/** The characters of base64 that only the key decides, when `offset` bytes stand before it in its group of three. */
function base64Of(key: string, offset: number): string {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(key)]);
  return bytes.toString('base64').slice(Math.ceil((offset * 8) / 6), Math.floor((bytes.length * 8) / 6));
}

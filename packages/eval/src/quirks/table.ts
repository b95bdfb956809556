/** Every habit that is tried. */
import { CALL_QUIRKS } from './calls.ts';
import { FAILURE_QUIRKS } from './failures.ts';
import { FIELD_QUIRKS } from './fields.ts';
import { MESSAGE_QUIRKS } from './messages.ts';
import type { Quirk } from './quirk.ts';
import { RETURNED_QUIRKS } from './returned.ts';
import { STREAM_QUIRKS } from './streams.ts';

/** The server without a habit: what the others are counted against. */
export const PLAIN: Quirk = { name: 'no habit', seen: 'OpenAI', habit: () => ({}) };

export const QUIRKS: readonly Quirk[] = [
  ...RETURNED_QUIRKS,
  ...FIELD_QUIRKS,
  ...MESSAGE_QUIRKS,
  ...CALL_QUIRKS,
  ...STREAM_QUIRKS,
  ...FAILURE_QUIRKS,
];

/** One of each kind, for the short form. */
export const SHORT_QUIRKS: readonly string[] = [
  'reasoning_content must come back',
  'calls as text: an object in tags',
  'an error within a stream that began well',
];

/**
 * Fields of a provider that we do not know, put together from the pieces of a stream, so that they can be given
 * back as they came: thinking, signatures, details of reasoning.
 */
import { isLoose, type Loose } from './quirks.ts';

/** Fields whose pieces are parts of one text. Any other text is said anew, and the last word counts. */
const STREAMED = /^(?!.*(?:signature|format|effort|id$)).*(?:reason|think|thought)/i;
/** The same, inside an entry of a list. */
const STREAMED_IN_ENTRY = new Set(['text', 'summary', 'data', 'thinking', 'content']);

/** Empty words of a server are nothing to give back; an empty text is, where a field must be there. */
export function mergeFields(known: Loose, more: Loose): Loose {
  const merged: Record<string, unknown> = { ...known };
  for (const [key, value] of Object.entries(more)) {
    if (value === null || value === undefined) continue;
    if (Array.isArray(value) && value.length === 0 && known[key] === undefined) continue;
    merged[key] = mergeValue(known[key], value, STREAMED.test(key));
  }
  return merged;
}

function mergeValue(known: unknown, more: unknown, isStreamed: boolean): unknown {
  if (typeof known === 'string' && typeof more === 'string') return isStreamed ? known + more : more;
  if (Array.isArray(known) && Array.isArray(more)) return more.reduce(addEntry, known);
  if (isLoose(known) && isLoose(more)) return mergeDeep(known, more);
  return more;
}

/** What is nested is a value, not a stream: `extra_content.google.thought_signature` comes whole. */
function mergeDeep(known: Loose, more: Loose): Loose {
  const merged: Record<string, unknown> = { ...known };
  for (const [key, value] of Object.entries(more)) merged[key] = mergeValue(known[key], value, false);
  return merged;
}

/** Entries of one index and type are pieces of one; any other entry stands by itself, in the order it came. */
function addEntry(list: readonly unknown[], entry: unknown): unknown[] {
  const at = isLoose(entry) && typeof entry.index === 'number' ? list.findLastIndex(isSame(entry)) : -1;
  if (at < 0) return [...list, entry];
  const merged: Record<string, unknown> = { ...(list[at] as Loose) };
  for (const [key, value] of Object.entries(entry as Loose))
    if (value !== null) merged[key] = mergeValue(merged[key], value, STREAMED_IN_ENTRY.has(key));
  return list.with(at, merged);
}

const isSame =
  (entry: Loose) =>
  (other: unknown): boolean =>
    isLoose(other) && other.index === entry.index && other.type === entry.type;

/**
 * When two requests are the same. What differs between two runs of the same thing by itself is named: the run, commits,
 * times, durations, keys made up by chance, what is left of a budget. Lists that are in the order of events are compared in any order. Bounds on
 * the answer follow from what is left of the budget, and are left out.
 */
import { createHash } from 'node:crypto';
import type { Ask, Who } from './line.ts';

/** In this order: a later one must not find its own in what an earlier one named. */
const NAMED: readonly (readonly [RegExp, string])[] = [
  [/\br-\d{8}-[a-z0-9]{4,8}\b/g, '<run>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>'],
  [/\bt\d+\.\d+\.\d+\.\d+\b/g, '<key>'],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|[+-]\d\d:?\d\d))?/g, '<time>'],
  // As git writes a date.
  [
    /\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} +\d{1,2} \d\d:\d\d:\d\d (?:[A-Z]{3,4} )?\d{4}(?: [+-]\d{4})?/g,
    '<time>',
  ],
  // As `ls -l` does.
  [/\b[A-Z][a-z]{2} [ \d]\d (?:\d\d:\d\d\b| \d{4}\b)/g, '<time>'],
  [/\b\d{4}-\d\d-\d\d\b/g, '<date>'],
  [/\b\d\d:\d\d:\d\d(?:[.,]\d+)?\b/g, '<time>'],
  // With a fraction, in milliseconds, or after a word that says how long it took: a limit in a prompt is none of these.
  [/\b\d+\.\d+ ?(?:ms|s|sec|secs|seconds|min|minutes)\b|\b\d+ ?ms\b/g, '<duration>'],
  [/\b(after|in|took|for) \d+ ?(?:s|sec|secs|seconds?|m|min|minutes?)\b/g, '$1 <duration>'],
  [/\bduration_ms:? ?\d+(?:\.\d+)?/g, '<duration>'],
  // What is left of a budget depends on who asked first.
  [/\babout \d+ % (left|of )/g, 'about <share> $1'],
  [/(\bIt has [^.\n]*?, )[\d,.\s]+ tokens?(?:, \$\d+\.\d\d)?( and )/g, '$1<budget>$2'],
  // Whole or short, but for round numbers, which people write.
  [/\b(?!\d+000\b)[0-9a-f]{7,40}\b/g, '<commit>'],
];

/** Blocks of our prompts whose lines come in the order in which things happened. */
const BY_EVENTS = /<(news|open_tasks|landed|owed|ended|findings|repository)>\n([\s\S]*?)\n<\/\1>/g;

/** A text as it is compared. */
export function worded(text: string): string {
  const named = NAMED.reduce((t, [pattern, name]) => t.replace(pattern, name), text);
  return named.replace(
    BY_EVENTS,
    (_, name, lines: string) => `<${name}>\n${lines.split('\n').sort().join('\n')}\n</${name}>`,
  );
}

/** Bounds on an answer, where they are numbers; and our own mark of which endpoint a message came from. */
const LEFT_OUT = new Set(['max_tokens', 'max_completion_tokens', 'max_output_tokens', 'maxOutputTokens']);
const isLeftOut = (key: string, value: unknown): boolean =>
  key === 'swarm_via' || (LEFT_OUT.has(key) && typeof value === 'number');

/** A JSON value as it is compared: sorted, worded. */
export function comparable(value: unknown): unknown {
  if (typeof value === 'string') return worded(value);
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key, one]) => !isLeftOut(key, one));
  return Object.fromEntries(
    kept.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, comparable(one)]),
  );
}

/** Where each dialect puts what a tool gave back. */
const isOutput = (holder: Readonly<Record<string, unknown>>, key: string): boolean =>
  (key === 'content' && (holder.role === 'tool' || holder.type === 'tool_result')) ||
  (key === 'output' && holder.type === 'function_call_output') ||
  key === 'functionResponse';

/** A JSON value without what tools gave back: commands print what no two runs have in common. */
export function withoutOutputs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutOutputs);
  if (typeof value !== 'object' || value === null) return value;
  const holder = value as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(holder).map(([key, one]) => [
      key,
      isOutput(holder, key) ? '<output>' : withoutOutputs(one),
    ]),
  );
}

/** Names what is asked, whoever asks it. */
export const askKey = (ask: Ask): string => hashOf(comparable(ask));

/** The same, whatever tools gave back. */
export const looseKey = (ask: Ask): string => hashOf(comparable(withoutOutputs(ask)));

const hashOf = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url');

export const whoKey = ({ role, task = '', attempt = '' }: Who): string =>
  JSON.stringify([role, task, attempt]);

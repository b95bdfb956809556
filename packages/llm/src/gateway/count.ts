/** The question how many tokens a prompt has, which Anthropic's clients ask. */

import { type Body, isObject, parseObject } from '../dialects/kinds.ts';
import { messages } from '../dialects/messages.ts';
import type { CallTokens } from '../prices.ts';
import { readTokens } from '../usage.ts';
import { TOO_DEEP } from './request.ts';
import type { Opened } from './upstream.ts';

/** No budget ends these questions, since they cost nothing: so many in an attempt, and so many at the same time. */
export const COUNTS_MAX = 1_024;
export const COUNTS_AT_ONCE = 16;

export interface Counts {
  /** `spent`: no more in this attempt. `busy`: not now. */
  begin(): { readonly kind: 'begun'; end(): void } | { readonly kind: 'spent' | 'busy' };
}

export function createCounts(): Counts {
  let left = COUNTS_MAX;
  let open = 0;
  return {
    begin() {
      if (left === 0) return { kind: 'spent' };
      if (open === COUNTS_AT_ONCE) return { kind: 'busy' };
      left--;
      open++;
      return { kind: 'begun', end: () => void open-- };
    },
  };
}

const COUNTED = ['messages', 'system', 'tools', 'tool_choice', 'thinking', 'output_config', 'cache_control'];
/** An answer is one number. */
const ANSWER_MAX_BYTES = 64 * 1024;

export type ReadCountBody =
  | { readonly kind: 'read'; readonly body: Body }
  | { readonly kind: 'refused'; readonly why: string };

/** @param model the one the agent is given, whatever it names. */
export function countBody(text: string, model: string): ReadCountBody {
  try {
    const counted = read(text, model);
    if (counted.kind === 'read') JSON.stringify(counted.body);
    return counted;
  } catch (error) {
    if (error instanceof RangeError) return { kind: 'refused', why: TOO_DEEP };
    throw error;
  }
}

function read(text: string, model: string): ReadCountBody {
  const body = parseObject(text);
  if (body === undefined) return { kind: 'refused', why: 'the body is not a JSON object' };
  const said = messages.read(body);
  if (said.kind === 'refused') return said;
  const counted = Object.entries(said.fields).filter(([name]) => COUNTED.includes(name));
  return { kind: 'read', body: { ...Object.fromEntries(counted), model } };
}

export interface Count {
  /** Undefined for what is no count. */
  readonly tokens: number | undefined;
  /** What the server took for it, where it says so. */
  readonly used: CallTokens | undefined;
}

export async function readCount({ first, rest, watch }: Opened): Promise<Count> {
  const pieces = [first];
  let bytes = first.byteLength;
  try {
    while (bytes <= ANSWER_MAX_BYTES) {
      const { value } = await rest.read();
      if (value === undefined) break;
      pieces.push(value);
      bytes += value.byteLength;
    }
  } catch {
    // What came of it is no count, or is one.
  } finally {
    watch.stop();
    await rest.cancel().catch(() => {});
  }
  const { input_tokens: tokens, usage } = parseObject(Buffer.concat(pieces).toString('utf8')) ?? {};
  const isCount = typeof tokens === 'number' && Number.isSafeInteger(tokens);
  return { tokens: isCount ? tokens : undefined, used: usedOf(usage) };
}

/** As an answer of the dialect has it, or as a chat completion. */
function usedOf(usage: unknown): CallTokens | undefined {
  if (!isObject(usage)) return undefined;
  const said = messages.reader().read({ type: 'message', usage: { output_tokens: 0, ...usage } });
  return [usage, ...said.map((chunk) => chunk.usage)].map(readTokens).find((tokens) => tokens !== undefined);
}

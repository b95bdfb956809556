/** The question how many tokens a prompt has, which Anthropic's clients ask. */

import { type Body, parseObject } from '../dialects/kinds.ts';
import { messages } from '../dialects/messages.ts';
import { TOO_DEEP } from './request.ts';
import type { Opened } from './upstream.ts';

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

/** @returns undefined for what is no count. */
export async function readCount({ first, rest, watch }: Opened): Promise<number | undefined> {
  const pieces = [first];
  let bytes = first.byteLength;
  try {
    while (bytes <= ANSWER_MAX_BYTES) {
      const { value } = await rest.read();
      if (value === undefined) break;
      pieces.push(value);
      bytes += value.byteLength;
    }
    const { input_tokens: tokens } = parseObject(Buffer.concat(pieces).toString('utf8')) ?? {};
    return typeof tokens === 'number' && Number.isSafeInteger(tokens) ? tokens : undefined;
  } catch {
    return undefined;
  } finally {
    watch.stop();
    await rest.cancel().catch(() => {});
  }
}

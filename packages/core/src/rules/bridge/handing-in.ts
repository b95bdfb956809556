/** What a worker elsewhere hands in: what its method `process` answers. Hostile until it is a claim within its bounds. */
import * as z from 'zod';
import {
  HANDOFF_LIST_MAX,
  HANDOFF_STATUSES,
  HANDOFF_TEXT_MAX,
  type HandoffClaim,
} from '../../model/handoff.ts';

export interface HandedIn {
  readonly claim: HandoffClaim;
  /** A unified diff against the commit it was sent. Absent: it changes nothing. */
  readonly patch?: string;
}

/** Characters of a patch: as much as one message carries. */
export const PATCH_MAX = 1 << 20;

const text = z.string().transform((said) => said.slice(0, HANDOFF_TEXT_MAX));
const list = z
  .array(text)
  .transform((items) => items.slice(0, HANDOFF_LIST_MAX))
  .default([]);

const said = z.object({
  status: z.enum(HANDOFF_STATUSES).default('complete'),
  summary: text.refine((summary) => summary.trim() !== '', { error: 'is empty' }),
  patch: z.string().max(PATCH_MAX).optional(),
  concerns: list,
  suggestions: list,
});

/** An object as JSON, or a plain sentence that is the summary. */
export function handedIn(payload: string): HandedIn | { readonly problem: string } {
  const value = jsonIn(payload);
  if (value === undefined) {
    const summary = payload.trim().slice(0, HANDOFF_TEXT_MAX);
    if (summary === '') return { problem: 'it answered nothing' };
    return { claim: { status: 'complete', summary, concerns: [], suggestions: [] } };
  }
  const { data, error } = said.safeParse(typeof value === 'string' ? { summary: value } : value);
  if (error) {
    const [first] = error.issues;
    return { problem: `${first!.path.map(String).join('.') || 'it'}: ${first!.message.slice(0, 200)}` };
  }
  const { patch, ...claim } = data;
  return { claim, ...(patch !== undefined && patch.trim() !== '' && { patch }) };
}

function jsonIn(payload: string): unknown {
  if (!/^\s*["{]/.test(payload)) return undefined;
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}

/** submit_handoff: the tool that ends an attempt. Also how a handoff written as a file is read. */
import {
  HANDOFF_LIST_MAX,
  HANDOFF_STATUSES,
  HANDOFF_TEXT_MAX,
  type HandoffClaim,
} from '@swarm/core/model/handoff';
import * as z from 'zod';
import { cutText } from '../agent-events.ts';
import type { Tool } from './tool.ts';

const list = z.array(z.string()).optional();

/** What an agent may say; unknown keys are dropped, so their depth and size do not matter. */
const claimSchema = z.object({
  status: z
    .enum(HANDOFF_STATUSES)
    .describe(
      'complete: the acceptance holds. partial: useful work, but something is missing. already_done: nothing was to be done, and the task’s checks pass on the files as you found them; say in the summary what shows it. blocked: cannot be done as asked. failed: tried and did not get there.',
    ),
  summary: z
    .string()
    .min(1)
    .describe(
      `What you did and how you checked it, for the planner and for whoever builds on it. Of more than ${HANDOFF_TEXT_MAX} characters the rest is cut.`,
    ),
  concerns: list.describe('Risks, surprises, anything in your change that a reviewer should look at.'),
  suggestions: list.describe('Work outside this task that you found worth doing, one item each, with paths.'),
});
type SaidClaim = z.infer<typeof claimSchema>;

export const submitHandoff: Tool<SaidClaim> = {
  name: 'submit_handoff',
  description:
    'Ends your work on this task. Call it exactly once, last, when the checks pass or when you cannot go on. What is in the workspace is committed for you.',
  schema: claimSchema,
  async run(said) {
    return { ok: true, output: 'handed in', claim: capClaim(said) };
  },
};

/** @returns the claim, or a sentence saying why the text is not one. */
export function parseClaim(json: string): HandoffClaim | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    return { problem: `it is not JSON: ${cutText((error as Error).message, 200)}` };
  }
  const { data, error } = claimSchema.safeParse(value);
  if (data) return capClaim(data);
  const issue = error.issues[0]!;
  return { problem: `${issue.path.join('.') || 'it'}: ${cutText(issue.message, 200)}` };
}

function capClaim({ status, summary, concerns = [], suggestions = [] }: SaidClaim): HandoffClaim {
  const cap = (items: readonly string[]) =>
    items.slice(0, HANDOFF_LIST_MAX).map((item) => cutText(item, HANDOFF_TEXT_MAX));
  return {
    status,
    summary: cutText(summary, HANDOFF_TEXT_MAX),
    concerns: cap(concerns),
    suggestions: cap(suggestions),
  };
}

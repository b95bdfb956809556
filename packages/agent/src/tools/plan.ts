/** plan: what the agent means to do, kept outside the conversation so that it outlives what is left out of it. */
import * as z from 'zod';
import type { Tool } from './tool.ts';

const ITEMS_MAX = 50;
const STATUSES = ['pending', 'in_progress', 'completed'] as const;
const MARKS: Readonly<Record<(typeof STATUSES)[number], string>> = {
  pending: '[ ]',
  in_progress: '[>]',
  completed: '[x]',
};

interface PlanArguments {
  readonly items: readonly { readonly text: string; readonly status: (typeof STATUSES)[number] }[];
}

export const plan: Tool<PlanArguments> = {
  name: 'plan',
  description:
    'Writes down your plan, whole, in place of the one before. For work of many steps: it is shown to you again when earlier parts of this conversation are left out. Nobody else reads it.',
  schema: z.strictObject({
    items: z
      .array(z.object({ text: z.string().min(1), status: z.enum(STATUSES) }))
      .min(1)
      .max(ITEMS_MAX)
      .describe('All steps, in order, the finished ones too.'),
  }),
  async run({ items }) {
    const told = items.map(({ text, status }) => `${MARKS[status]} ${text}`).join('\n');
    return { ok: true, output: told, plan: told };
  },
};

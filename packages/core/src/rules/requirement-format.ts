/** What a planner's answer says of the things the request asks for. */
import * as z from 'zod';
import { REQUIREMENT_STATES, type RequirementStatus } from '../model/requirement.ts';
import { lineProblem, textProblem } from './text.ts';

/** What an answer says of one. A field that is left out stays as it was. */
export interface RequirementDraft {
  readonly id: string;
  readonly text?: string;
  readonly status?: RequirementStatus;
  /** Labels or numbers of tasks. */
  readonly tasks?: readonly string[];
}

export type RequirementReading =
  | { readonly ok: true; readonly draft: RequirementDraft }
  | { readonly ok: false; readonly id: string; readonly problem: string };

const STATUS: Readonly<Record<string, RequirementStatus>> = {
  open: 'open',
  todo: 'open',
  pending: 'open',
  'in progress': 'open',
  failing: 'open',
  unmet: 'open',
  met: 'met',
  done: 'met',
  landed: 'met',
  complete: 'met',
  completed: 'met',
  satisfied: 'met',
  passing: 'met',
  dropped: 'dropped',
  cancelled: 'dropped',
  rejected: 'dropped',
};

export const requirementWire = z.object({
  id: z.union([z.string().min(1).max(100), z.int()]).transform(String),
  text: z.string().max(1_000).optional(),
  status: z.string().max(40).optional(),
  tasks: z.array(z.string().max(100)).max(100).optional(),
});

/** Never throws, whatever it is given. */
export function readRequirement(value: unknown): RequirementReading {
  const parsed = requirementWire.safeParse(value);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    return { ok: false, id: idOf(value), problem: `${path.join('/') || 'it'}: ${message}` };
  }
  const { id, text, status, tasks } = parsed.data;
  const known = status === undefined ? undefined : STATUS[status.toLowerCase().replaceAll('_', ' ')];
  const problem = problemOf(id, text, status, known);
  if (problem !== undefined) return { ok: false, id: idOf(value), problem };
  return {
    ok: true,
    draft: {
      id,
      ...(text !== undefined && { text }),
      ...(known && { status: known }),
      ...(tasks && { tasks }),
    },
  };
}

function problemOf(
  id: string,
  text: string | undefined,
  status: string | undefined,
  known: RequirementStatus | undefined,
): string | undefined {
  if (status !== undefined && !known) return `its status is one of ${REQUIREMENT_STATES.join(', ')}`;
  return lineProblem(id) ?? (text === undefined ? undefined : textProblem(text));
}

/** A name to tell it by, safe to print. */
function idOf(value: unknown): string {
  const id = typeof value === 'object' && value !== null && 'id' in value ? String(value.id) : '?';
  return lineProblem(id) === undefined ? id.slice(0, 100) : '?';
}

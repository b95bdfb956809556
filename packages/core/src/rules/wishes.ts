/** Whom a task asks for, against who there is: a wish nobody can meet is refused before it costs an attempt. */
import type { TaskDraft } from './task-format.ts';

/** What every worker is, until roles of other kinds are configured. */
const ROLE = 'coder';

type Wish = Pick<TaskDraft, 'agent' | 'role' | 'requires'>;

/** @param agents every name a task's `agent` may have; undefined: it is not known, as in journals of before. */
export function wishProblem(
  { agent, role, requires }: Wish,
  agents: readonly string[] | undefined,
): string | undefined {
  if (agents === undefined) return undefined;
  if (agent !== undefined && !agents.includes(agent))
    return `there is no agent ${JSON.stringify(agent)}; there are: ${agents.join(', ')}`;
  if (role !== undefined && role !== ROLE)
    return `there is no role ${JSON.stringify(role)}; every worker is a ${ROLE}`;
  const able = [ROLE, ...agents];
  const lacking = requires.find((name) => !able.includes(name));
  return lacking === undefined
    ? undefined
    : `no worker has ${JSON.stringify(lacking)}, which it requires; they have: ${able.join(', ')}`;
}

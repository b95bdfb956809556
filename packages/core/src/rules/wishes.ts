/** Whom a task asks for, against who there is: a wish nobody can meet is refused before it costs an attempt. */
import { KNOWN_ROLES, type Role } from './roles.ts';
import type { TaskDraft } from './task-format.ts';
import { nearestWord } from './text.ts';

type Asked = Pick<TaskDraft, 'agent' | 'role' | 'requires'>;

/** Who there is, by the names tasks ask for them. */
export interface Able {
  /** Undefined: it is not known, as in journals of before. */
  readonly agents: readonly string[] | undefined;
  /** Undefined: coders alone, as in journals of before. */
  readonly roles: readonly Role[] | undefined;
}

export interface UnmetWish {
  readonly why: string;
  /** What was meant, as it is written in the task. */
  readonly meant?: string;
}

/** What every worker is, whatever its task asks for. */
const [CODER] = KNOWN_ROLES;

export function unmetWish(asked: Asked, { agents, roles = [{ name: CODER }] }: Able): UnmetWish | undefined {
  if (agents === undefined) return undefined;
  return unmetAgent(asked, agents) ?? unmetRole(asked, agents, roles) ?? unmetRequirement(asked, agents);
}

/** The same as one sentence. */
export function wishProblem(asked: Asked, able: Able): string | undefined {
  const unmet = unmetWish(asked, able);
  return unmet && (unmet.meant === undefined ? unmet.why : `${unmet.why}; did you mean ${unmet.meant}?`);
}

function unmetAgent({ agent }: Asked, agents: readonly string[]): UnmetWish | undefined {
  if (agent === undefined || agents.includes(agent)) return undefined;
  return unknown('agent', agent, agents);
}

function unmetRole(
  { agent, role }: Asked,
  agents: readonly string[],
  roles: readonly Role[],
): UnmetWish | undefined {
  if (role === undefined) return undefined;
  const known = roles.find(({ name }) => name === role);
  if (!known)
    return unknown(
      'role',
      role,
      roles.map(({ name }) => name),
    );
  // A task that names its agent does not need the role's.
  if (known.agent === undefined || agent !== undefined || agents.includes(known.agent)) return undefined;
  return {
    why: `the role ${quoted(role)} is done by ${quoted(known.agent)}, and there is no such agent; there are: ${agents.join(', ')}`,
  };
}

function unmetRequirement({ requires }: Asked, agents: readonly string[]): UnmetWish | undefined {
  const able = [CODER, ...agents];
  const lacking = requires.find((name) => !able.includes(name));
  if (lacking === undefined) return undefined;
  return { why: `no worker has ${quoted(lacking)}, which it requires; they have: ${able.join(', ')}` };
}

function unknown(field: 'agent' | 'role', written: string, there: readonly string[]): UnmetWish {
  const near = nearestWord(written, there);
  return {
    why: `there is no ${field} ${quoted(written)}; there are: ${there.join(', ')}`,
    ...(near !== undefined && { meant: `${quoted(field)}: ${quoted(near)}` }),
  };
}

const quoted = (text: string): string => JSON.stringify(text);

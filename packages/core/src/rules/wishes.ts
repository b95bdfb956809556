/** Whom a task asks for, against who there is: a wish nobody can meet is refused before it costs an attempt. */
import { wantProblem } from './capabilities.ts';
import { ableKinds, type Distribution, wantsOf } from './distribute.ts';
import { type ForeignWorker, foreignFor } from './foreign.ts';
import { canWrite, handsOf, KNOWN_ROLES, type Role } from './roles.ts';
import type { TaskDraft } from './task-format.ts';
import { nearestWord } from './text.ts';

type Asked = Pick<TaskDraft, 'agent' | 'role' | 'requires' | 'candidates'> & {
  readonly kind?: TaskDraft['kind'];
};

/** Who there is, by the names tasks ask for them. */
export interface Able {
  /** Undefined: it is not known, as in journals of before. */
  readonly agents: readonly string[] | undefined;
  /** Undefined: coders alone, as in journals of before. */
  readonly roles: readonly Role[] | undefined;
  /** Absent: all workers are alike. */
  readonly distribute?: Distribution | undefined;
  /** Absent: there is no bridge. */
  readonly foreign?: readonly ForeignWorker[] | undefined;
  /** Hosts do the work, and say what they have when they join. */
  readonly hosted?: boolean | undefined;
}

export interface UnmetWish {
  readonly why: string;
  /** What was meant, as it is written in the task. */
  readonly meant?: string;
}

/** What every worker is, whatever its task asks for. */
const [CODER] = KNOWN_ROLES;

export function unmetWish(
  asked: Asked,
  { agents, roles = [{ name: CODER }], distribute, foreign, hosted }: Able,
): UnmetWish | undefined {
  const inVain = unmetCandidates(asked);
  if (inVain || agents === undefined) return inVain;
  // What somebody elsewhere does asks for nobody here, whatever its role would.
  if (foreignFor(asked, { agents, distribute, foreign }))
    return unmetRole({ ...asked, agent: CODER }, agents, roles);
  return (
    unmetAgent(asked, [...agents, ...(foreign ?? []).map(({ name }) => name)]) ??
    unmetRole(asked, agents, roles) ??
    (distribute
      ? unmetByAll(asked, agents, distribute)
      : hosted
        ? malformedRequirement(asked)
        : unmetRequirement(asked, agents))
  );
}

/** The same as one sentence. */
export function wishProblem(asked: Asked, able: Able): string | undefined {
  const unmet = unmetWish(asked, able);
  return unmet && (unmet.meant === undefined ? unmet.why : `${unmet.why}; did you mean ${unmet.meant}?`);
}

/** What several answer cannot be held against one another. */
function unmetCandidates({ kind, candidates = 1 }: Asked): UnmetWish | undefined {
  if (kind !== 'answer' || candidates === 1) return undefined;
  return { why: `${candidates} are to try it, and its product is an answer: only changes are compared` };
}

function unmetAgent({ agent }: Asked, agents: readonly string[]): UnmetWish | undefined {
  if (agent === undefined || agents.includes(agent)) return undefined;
  return unknown('agent', agent, agents);
}

function unmetRole(asked: Asked, agents: readonly string[], roles: readonly Role[]): UnmetWish | undefined {
  const { agent, role } = asked;
  if (role === undefined) return undefined;
  const known = roles.find(({ name }) => name === role);
  if (!known)
    return unknown(
      'role',
      role,
      roles.map(({ name }) => name),
    );
  if (asked.kind === 'change' && agent === undefined && !canWrite(known))
    return {
      why: `the role ${quoted(role)} has no tool that changes files (it has ${known.tools!.join(', ') || 'none'}), and this is a change`,
      meant: '"kind": "answer"',
    };
  // A task that names its agent does not need the role's.
  const missing = handsOf(known).find(
    (hand) => hand.agent !== undefined && !agents.includes(hand.agent),
  )?.agent;
  if (missing === undefined || agent !== undefined) return undefined;
  return {
    why: `the role ${quoted(role)} is done by ${quoted(missing)}, and there is no such agent; there are: ${agents.join(', ')}`,
  };
}

function unmetRequirement({ requires }: Asked, agents: readonly string[]): UnmetWish | undefined {
  const able = [CODER, ...agents];
  const lacking = requires.find((name) => !able.includes(name));
  if (lacking === undefined) return undefined;
  return { why: `no worker has ${quoted(lacking)}, which it requires; they have: ${able.join(', ')}` };
}

/** Who has it may join later: the task waits for a host that has. */
function malformedRequirement({ requires }: Asked): UnmetWish | undefined {
  const wrong = requires.find((text) => wantProblem(text) !== undefined);
  return wrong === undefined
    ? undefined
    : { why: `${quoted(wrong)}, which it requires, ${wantProblem(wrong)}` };
}

/** One kind of worker has to have all of it. */
function unmetByAll(
  asked: Asked,
  agents: readonly string[],
  distribute: Distribution,
): UnmetWish | undefined {
  const wrong = asked.requires.find((text) => wantProblem(text) !== undefined);
  if (wrong !== undefined) return { why: `${quoted(wrong)}, which it requires, ${wantProblem(wrong)}` };
  if (ableKinds(distribute, asked, { agents }).length > 0) return undefined;
  const wants = wantsOf(asked, distribute);
  const there = distribute.kinds.map(
    ({ name, capabilities }) => `${name} (${capabilities.join(', ') || CODER})`,
  );
  return {
    why: `no worker has all of ${wants.map(quoted).join(', ')}, which it asks for; there are: ${there.join('; ')}`,
  };
}

function unknown(field: 'agent' | 'role', written: string, there: readonly string[]): UnmetWish {
  const near = nearestWord(written, there);
  return {
    why: `there is no ${field} ${quoted(written)}; there are: ${there.join(', ')}`,
    ...(near !== undefined && { meant: `${quoted(field)}: ${quoted(near)}` }),
  };
}

const quoted = (text: string): string => JSON.stringify(text);

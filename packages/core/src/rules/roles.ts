/** Who does a task: what the task says, what its role says, and what the run says, in this order. */

import type { ForeignWish } from './foreign.ts';

/** What a task may ask for without anything being configured. Each of them but the coder is told something besides. */
export const KNOWN_ROLES = ['coder', 'researcher', 'reviewer', 'tester'] as const;

/** A role as the run has it. */
export interface Role {
  readonly name: string;
  /** Who does its tasks. Absent: the run's own agent. */
  readonly agent?: string;
  /** The model of that agent. Absent: the one it has. */
  readonly model?: string;
  /** Tools of the built-in agent that it has, besides handing in. Absent: all of them. */
  readonly tools?: readonly string[];
  /** So many try each of its tasks, where the task does not say. Absent: one. */
  readonly candidates?: number;
  /** Whose turn it is, where several try a task: the first, the second and so on. Absent: all are the same. */
  readonly hands?: readonly Hand[];
}

/** An agent, its model, or both. */
export type Hand = Pick<Role, 'agent' | 'model'>;

/** The built-in agent's tools that a role may be given. */
export const TOOL_NAMES = ['bash', 'read', 'write', 'edit', 'grep', 'glob', 'mcp'] as const;
/** What a researcher has unless it is given more. */
export const LOOKING_TOOLS = ['read', 'grep', 'glob'] as const;
/** Without one of these nobody changes a file. */
const WRITING_TOOLS: readonly string[] = ['bash', 'write', 'edit', 'mcp'];

export const canWrite = ({ tools }: Pick<Role, 'tools'>): boolean =>
  tools === undefined || tools.some((tool) => WRITING_TOOLS.includes(tool));

/** What a task says of who is to do it. */
export interface Wish {
  readonly agent?: string;
  readonly role?: string;
  /** The kind of worker that took it. Absent: all are alike. */
  readonly staff?: string;
  /** Which of several that try it; 1 for the first. Absent: one does it. */
  readonly nth?: number;
  /** The worker elsewhere that does it. Absent: it is done here. */
  readonly foreign?: ForeignWish;
}

/** A kind of worker with an agent or a model of its own. */
export interface Staff {
  readonly name: string;
  readonly agent?: string;
  readonly model?: string;
}

/** Who does it. */
export interface Choice {
  readonly agent: string;
  /** Absent: the one the agent has. */
  readonly model?: string;
  /** Task, role or worker named the agent: nobody stands in for it. */
  readonly isNamed: boolean;
  /** Absent: all the tools it has. */
  readonly tools?: readonly string[];
}

/** Names of prompts that are no roles. */
const OTHER_PROMPTS: ReadonlySet<string> = new Set([
  'planner',
  'subplanner',
  'worker',
  'conflict',
  'reconciler',
  'vote',
  'readme',
]);

/** A role's name is the name of a file, too. */
export const isRoleName = (text: string): boolean =>
  /^[a-z][a-z-]{0,39}$/.test(text) && !OTHER_PROMPTS.has(text);

/** The known roles and the configured ones, each once. */
export const rolesWith = (configured: Readonly<Record<string, Omit<Role, 'name'>>>): readonly Role[] =>
  [...new Set([...KNOWN_ROLES, ...Object.keys(configured)])].map((name) => ({ name, ...configured[name] }));

/**
 * The task's own agent goes before the role's, and the role's before the run's. A model that a role names is meant for
 * the role's agent: another agent may not even speak to the server that has it.
 * A worker of a kind comes last of those: what it says holds where neither task nor role says anything.
 * @param run `driver`: the run's own agent; `current`: who stands in for it now, or itself.
 */
export function choose(
  wish: Wish,
  roles: readonly Role[],
  run: { readonly driver: string; readonly current: string },
  staff: readonly Staff[] = [],
): Choice {
  const known = roles.find(({ name }) => name === wish.role);
  const role = known && { ...known, ...handOf(known, wish.nth) };
  const worker = staff.find(({ name }) => name === wish.staff);
  // Whose tools are few has them only with the agent that keeps to them.
  const keeper = role?.tools === undefined ? undefined : BUILTIN;
  const named = wish.agent ?? role?.agent ?? worker?.agent ?? keeper;
  const agent = named ?? run.current;
  const isRoles = agent === (role?.agent ?? worker?.agent ?? run.driver);
  const isWorkers = agent === (worker?.agent ?? run.driver);
  const model = isRoles && role?.model !== undefined ? role.model : isWorkers ? worker?.model : undefined;
  return {
    agent,
    ...(model !== undefined && { model }),
    isNamed: named !== undefined,
    ...(role?.tools && agent === BUILTIN && { tools: role.tools }),
  };
}

/** All who may do its tasks: those whose turn it comes to be, and who does one alone. */
export const handsOf = ({ agent, model, hands = [] }: Omit<Role, 'name'>): readonly Hand[] => [
  { ...(agent !== undefined && { agent }), ...(model !== undefined && { model }) },
  ...hands,
];

/** In turn. */
function handOf({ hands = [] }: Role, nth: number | undefined): Hand | undefined {
  return nth === undefined || hands.length === 0 ? undefined : hands[(nth - 1) % hands.length];
}

/** The agent whose tools a role can be given one by one. */
const BUILTIN = 'builtin';

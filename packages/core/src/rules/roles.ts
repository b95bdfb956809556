/** Who does a task: what the task says, what its role says, and what the run says, in this order. */

/** What a task may ask for without anything being configured. Each of them but the coder is told something besides. */
export const KNOWN_ROLES = ['coder', 'researcher', 'reviewer', 'tester'] as const;

/** A role as the run has it. */
export interface Role {
  readonly name: string;
  /** Who does its tasks. Absent: the run's own agent. */
  readonly agent?: string;
  /** The model of that agent. Absent: the one it has. */
  readonly model?: string;
}

/** What a task says of who is to do it. */
export interface Wish {
  readonly agent?: string;
  readonly role?: string;
}

/** Who does it. */
export interface Choice {
  readonly agent: string;
  /** Absent: the one the agent has. */
  readonly model?: string;
  /** Task or role named the agent: nobody stands in for it. */
  readonly isNamed: boolean;
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
 * @param run `driver`: the run's own agent; `current`: who stands in for it now, or itself.
 */
export function choose(
  wish: Wish,
  roles: readonly Role[],
  run: { readonly driver: string; readonly current: string },
): Choice {
  const role = roles.find(({ name }) => name === wish.role);
  const named = wish.agent ?? role?.agent;
  const agent = named ?? run.current;
  const isRoles = agent === (role?.agent ?? run.driver);
  return {
    agent,
    ...(role?.model !== undefined && isRoles && { model: role.model }),
    isNamed: named !== undefined,
  };
}

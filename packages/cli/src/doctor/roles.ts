/** Who does the tasks of each role that was configured. A role nobody can do is a note: only a task that asks for it is refused. */
import { handsOf, type Role } from '@swarm/core/rules/roles';
import { unmetWish } from '@swarm/core/rules/wishes';
import { type Check, note, ok } from './check.ts';

export interface RolesFacts {
  /** Those that were configured. */
  readonly roles: readonly Role[];
  /** Every agent a task may name here. */
  readonly agents: readonly string[];
  readonly driver: string;
  /** Names of roles that have a prompt of their own. */
  readonly prompts: ReadonlySet<string>;
}

export const roleChecks = ({ roles, agents, driver, prompts }: RolesFacts): readonly Check[] =>
  roles.map((role) => {
    const { name, candidates = 1 } = role;
    const unmet = unmetWish({ role: name, requires: [] }, { agents, roles });
    if (unmet) return note(`role ${name}`, `nobody can do it: ${unmet.why}`);
    const own = prompts.has(name) ? 'with a prompt of its own' : 'told what every worker is told';
    return ok(
      `role ${name}`,
      `${whoText(role, driver)}, ${own}${candidates > 1 ? `; ${candidates} try each task` : ''}`,
    );
  });

/** Who does one alone, and after that those whose turn it comes to be. */
const whoText = (role: Role, driver: string): string =>
  [
    ...new Set(
      handsOf(role).map(
        ({ agent = driver, model }) => `${agent}${model === undefined ? '' : `, model ${model}`}`,
      ),
    ),
  ].join(' / ');

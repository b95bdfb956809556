/** Who does a task and who votes on it, as a configuration says. */
import { VOTERS } from '@swarm/core/rules/pipeline';
import { type Hand, LOOKING_TOOLS, type Role } from '@swarm/core/rules/roles';
import { ms, present } from './present.ts';
import type { CompleteConfig } from './schema.ts';

/** A pipeline that ends with a reviewer asks for one vote, where nobody says how many. */
export function reviewOf({ review, pipeline }: Pick<CompleteConfig, 'review' | 'pipeline'>) {
  const { timeout, ...rule } = review;
  const timeoutMs = ms(timeout);
  if (rule.reviewers > 0) return { review: { ...rule, timeoutMs } };
  return pipeline.includes(VOTERS) ? { review: { ...rule, reviewers: 1, quorum: 1, timeoutMs } } : {};
}

/** What one does alone is done by the first of those who would try it in turn, unless another is named. */
export const resolveRoles = (roles: CompleteConfig['roles']): Readonly<Record<string, Omit<Role, 'name'>>> =>
  Object.fromEntries(
    Object.entries(roles).map(([name, { agent, model, candidates, agents, models }]) => {
      const hands = handsOf({ agent, model, agents, models });
      const [first] = hands;
      const one = present({ agent: agent ?? first?.agent, model: model ?? first?.model });
      // The first one's model is not meant for another agent.
      const { model: _, ...own } = one;
      const isFirsts = model !== undefined || agent === undefined || agent === first?.agent;
      return [
        name,
        { ...(isFirsts ? one : own), ...present({ candidates }), ...(hands.length > 0 && { hands }) },
      ];
    }),
  );

function handsOf({
  agent,
  model,
  agents,
  models,
}: Pick<CompleteConfig['roles'][string], 'agent' | 'model' | 'agents' | 'models'>): readonly Hand[] {
  const count = Math.max(agents?.length ?? 0, models?.length ?? 0);
  const at = <T>(list: readonly T[] | undefined, i: number, otherwise: T | undefined): T | undefined =>
    list ? list[i % list.length] : otherwise;
  return Array.from({ length: count }, (_, i) =>
    present({ agent: at(agents, i, agent), model: at(models, i, model) }),
  );
}

/** Only what the built-in agent does can be held to them. */
export function roleTools({
  roles,
  agent,
}: Pick<CompleteConfig, 'roles' | 'agent'>): Readonly<Record<string, readonly string[]>> {
  const researcher = { agent: agent.driver, tools: LOOKING_TOOLS, ...defined(roles.researcher) };
  const all = Object.entries({ ...roles, researcher });
  return Object.fromEntries(
    all.flatMap(([name, role]) => {
      const by = role.agent ?? role.agents?.[0] ?? agent.driver;
      return role.tools && (by === 'builtin' || name !== 'researcher') ? [[name, role.tools]] : [];
    }),
  );
}

const defined = (role: CompleteConfig['roles'][string] | undefined) => present(role ?? {});

export function distributeOf({ distribute: { by, workers } }: Pick<CompleteConfig, 'distribute'>) {
  const kinds = Object.entries(workers);
  if (kinds.length === 0) return {};
  return {
    distribute: {
      by,
      workers: kinds.map(([name, { slots, capabilities, agent, model }]) => ({
        name,
        slots,
        capabilities,
        ...present({ agent, model }),
      })),
    },
  };
}

/** Who does a task and who votes on it, as a configuration says. */
import { VOTERS } from '@swarm/core/rules/pipeline';
import { LOOKING_TOOLS } from '@swarm/core/rules/roles';
import { ms, present } from './present.ts';
import type { CompleteConfig } from './schema.ts';

/** A pipeline that ends with a reviewer asks for one vote, where nobody says how many. */
export function reviewOf({ review, pipeline }: Pick<CompleteConfig, 'review' | 'pipeline'>) {
  const { timeout, ...rule } = review;
  const timeoutMs = ms(timeout);
  if (rule.reviewers > 0) return { review: { ...rule, timeoutMs } };
  return pipeline.includes(VOTERS) ? { review: { ...rule, reviewers: 1, quorum: 1, timeoutMs } } : {};
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
      const by = role.agent ?? agent.driver;
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

/** Roles, pipelines and kinds of workers as they are configured, held against what there is: told before anything is spent. */
import type { Problem } from '@swarm/core/errors';
import { pipelineProblem, VOTERS } from '@swarm/core/rules/pipeline';
import { canWrite, handsOf, type Role } from '@swarm/core/rules/roles';
import type { Config } from '../config/resolved.ts';
import { rolesOf } from '../running/settings.ts';

type Chosen = Pick<Config, 'agent' | 'roles' | 'roleTools' | 'pipeline' | 'distribute'>;

/** @param agents names a task may give. */
export const handsProblems = (config: Chosen, agents: readonly string[]): readonly Problem[] => [
  ...toolProblems(config),
  ...pipelineProblems(config),
  ...workerProblems(config, agents),
];

/** Agents that kinds of workers name. */
export const agentsOfWorkers = ({ distribute }: Pick<Config, 'distribute'>): readonly string[] =>
  (distribute?.workers ?? []).flatMap(({ agent }) => agent ?? []);

const problem = (where: string, what: string, why: string, fix: string): Problem => ({
  code: 'SW0102',
  what,
  where,
  why,
  fix,
});

/** Another agent has tools of its own, and nobody could keep it from them. */
function toolProblems({ agent, roles = {}, roleTools = {} }: Chosen): readonly Problem[] {
  return Object.keys(roleTools).flatMap((name) => {
    const by = handsOf(roles[name] ?? {})
      .map((hand) => hand.agent ?? agent.driver)
      .find((one) => one !== 'builtin');
    if (by === undefined) return [];
    return [
      problem(
        `roles.${name}.tools`,
        `the role ${name} is done by ${by}, whose tools are its own`,
        'only the built-in agent can be kept to some tools',
        `[roles.${name}] agent = "builtin"   # or without its tools`,
      ),
    ];
  });
}

function pipelineProblems(config: Chosen): readonly Problem[] {
  const { pipeline = [] } = config;
  const roles = rolesOf(config);
  const names = roles.map(({ name }) => name);
  const wrong = pipelineProblem(pipeline, names);
  if (wrong !== undefined)
    return [
      problem(
        'pipeline',
        wrong,
        'a change goes through its roles in their order',
        'pipeline = ["researcher", "coder", "tester"]',
      ),
    ];
  return roles
    .filter((role) => pipeline.includes(role.name) && changesInVain(role))
    .map(({ name, tools = [] }) =>
      problem(
        `roles.${name}.tools`,
        `the role ${name} changes files in the pipeline, and has no tool for it: ${tools.join(', ') || 'none'}`,
        'a step that could change nothing would fail',
        `tools = ${JSON.stringify([...tools, 'edit', 'write'])}   # in [roles.${name}]`,
      ),
    );
}

const changesInVain = (role: Role): boolean =>
  role.name !== 'researcher' && role.name !== VOTERS && !canWrite(role);

function workerProblems({ distribute }: Chosen, agents: readonly string[]): readonly Problem[] {
  return (distribute?.workers ?? []).flatMap(({ name, agent }) => {
    if (agent === undefined || agents.includes(agent)) return [];
    return [
      problem(
        `distribute.workers.${name}.agent`,
        `the workers ${name} are done by ${agent}, and there is no such agent`,
        `there are: ${agents.join(', ')}`,
        `swarm doctor   # says which agents are here`,
      ),
    ];
  });
}

/** What roles say that is good alone and wrong together. */
import type { Problem } from '@swarm/core/errors';
import { VOTERS } from '@swarm/core/rules/pipeline';
import type { CompleteConfig } from './schema.ts';

export function roleContradictions(
  { roles }: CompleteConfig,
  where: (keyPath: string) => string,
): readonly Problem[] {
  return Object.entries(roles).flatMap(([name, role]) => [
    ...unpaired(name, role, where),
    ...(name === VOTERS ? triedVotes(role, where) : []),
  ]);
}

type Role = CompleteConfig['roles'][string];

/** Whose model each is would be a guess. */
function unpaired(
  name: string,
  { agents = [], models = [] }: Role,
  where: (keyPath: string) => string,
): readonly Problem[] {
  if (agents.length < 2 || models.length < 2 || agents.length === models.length) return [];
  return [
    {
      code: 'SW0102',
      what: `the role ${name} has ${agents.length} agents and ${models.length} models`,
      where: where(`roles.${name}.models`),
      why: 'each model is that of the agent at its place',
      fix: `models = ${JSON.stringify(agents.map((_, i) => models[i] ?? models[0]))}   # in [roles.${name}], one for each of ${agents.join(', ')}`,
    },
  ];
}

/** A vote is no change: how many vote is said elsewhere. */
function triedVotes(
  { candidates = 1, agents, models }: Role,
  where: (keyPath: string) => string,
): readonly Problem[] {
  const key = candidates > 1 ? 'candidates' : agents ? 'agents' : models ? 'models' : undefined;
  if (key === undefined) return [];
  return [
    {
      code: 'SW0102',
      what: `\`roles.${VOTERS}.${key}\` is for roles that change files`,
      where: where(`roles.${VOTERS}.${key}`),
      why: `a ${VOTERS} votes: how many do is \`review.reviewers\`, and who is \`agent\` or \`model\``,
      fix: `[review] reviewers = ${Math.max(2, candidates)}`,
    },
  ];
}

/** Who votes on changes: an agent that was named for it has to be there, before anything is spent. */
import { PRESET_NAMES } from '@swarm/agent';
import type { Problem } from '@swarm/core/errors';
import type { RunMode } from '@swarm/core/model/request';
import { unmetWish } from '@swarm/core/rules/wishes';
import { countText } from '@swarm/core/views/words';
import type { Config } from '../config/resolved.ts';
import { modelNames } from '../running/models.ts';
import { agentNames, rolesOf } from '../running/settings.ts';

/** The agent that votes, where it is one. */
export const votersOf = ({ review, roles }: Pick<Config, 'review' | 'roles'>): readonly string[] =>
  review && roles?.reviewer?.agent !== undefined ? [roles.reviewer.agent] : [];

/** Said before anything is spent; of a run in which nobody votes, nothing. */
export function votersShown({ review, roles, ...config }: Config, mode: RunMode): readonly string[] {
  if (!review) return [];
  // The merge queue alone: there is nobody to put anything right.
  if (mode === 'land') return ['votes: none, for swarm land asks no reviewers'];
  const { reviewers, threshold, quorum } = review;
  const who = roles?.reviewer?.agent ?? modelNames({ config: { ...config, roles: roles ?? {} } }).reviewer;
  const rule = `${Math.round(threshold * 100)} % for it, a quorum of ${quorum}`;
  return [`votes: ${countText(reviewers, 'reviewer')} on each change (${who}), ${rule}`];
}

/** Of those swarm knows by name it is told on its own what keeps them away. */
export function voterProblems(config: Config, offered: readonly string[]): readonly Problem[] {
  if (votersOf(config).length === 0) return [];
  const agents = [...new Set([...agentNames({ config, agents: offered }), ...PRESET_NAMES])];
  const unmet = unmetWish({ role: 'reviewer', requires: [] }, { agents, roles: rolesOf(config) });
  if (!unmet) return [];
  const what = `nobody can vote: ${unmet.why}`;
  return [{ code: 'SW0102', what, where: 'roles.reviewer.agent', fix: '[roles.reviewer] agent = "builtin"' }];
}

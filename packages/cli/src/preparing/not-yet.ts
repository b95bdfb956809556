import type { Problem } from '@swarm/core/errors';
import { OWN_DIALECTS } from '@swarm/core/model/dialect';
import type { RunMode } from '@swarm/core/model/request';
import type { Config, EndpointConfig } from '../config/resolved.ts';

/** What the configuration knows and this version cannot do is refused by name, never taken for something else. */
export function notYet(c: Config, mode: RunMode): readonly Problem[] {
  const problems: Problem[] = [];
  const isOwn = c.endpoints.some((e) => OWN_DIALECTS.includes(e.dialect));
  const asksItself = mode === 'planner' || (mode === 'plan' && c.agent.driver === 'builtin');
  if (asksItself && c.endpoints.length > 0 && !isOwn) {
    const [{ name, dialect }] = c.endpoints as [EndpointConfig];
    const what = `swarm’s own planner and agent speak ${OWN_DIALECTS.join(', ')}, and no endpoint does`;
    const where = `endpoints.${name}.dialect = "${dialect}"`;
    problems.push({ code: 'SW0102', what, where, fix: `dialect = "chat"   # of one more of [[endpoints]]` });
  }
  return problems;
}

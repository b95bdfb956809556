/** Calls of our own: the planner's, the reconciler's, the built-in agent's, and small ones that look for life. */
import type { ModelRequest } from '@swarm/core/ports/models';
import { dialectOf } from '../dialects/all.ts';
import type { AnswerForm } from '../dialects/dialect.ts';
import type { Body } from '../dialects/kinds.ts';
import type { EndpointConfig } from '../endpoints.ts';
import type { ModelProfile } from '../profiles.ts';

/** A request as it goes to one endpoint, in its dialect. */
export function bodyFor(
  endpoint: EndpointConfig,
  model: string,
  request: ModelRequest,
  profile: ModelProfile = {},
  form: AnswerForm = 'events',
): Body {
  const dialect = dialectOf(endpoint);
  const key = `swarm-${request.attempt ?? request.role}`;
  const fields = dialect.profiled(dialect.ask(request, { endpoint: endpoint.name, model }), profile, key);
  const asked = request.maxOutputTokens;
  const most = profile.maxOutput ?? Number.POSITIVE_INFINITY;
  const bound = asked === undefined ? undefined : Math.max(dialect.leastOutput ?? 1, Math.min(asked, most));
  const body = dialect.outgoing(fields, { model, bound, form, profile });
  // It knows how much is left, and takes a bound of ours for one that we insist on.
  return endpoint.isGateway && asked === undefined ? dialect.unbounded(body) : body;
}

/** The smallest question, for looks whether an endpoint answers. */
export const PING: ModelRequest = {
  role: 'worker',
  messages: [{ role: 'user', content: 'ping' }],
  tools: [],
  maxOutputTokens: 1,
};
/** No role of a run, so that a recorded model does not take it for a question of its script. */
export const PING_HEADERS = { 'x-swarm-role': 'probe' };

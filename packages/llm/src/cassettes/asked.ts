/** A request on its way to an endpoint, as a cassette holds it. */
import { dialectOf } from '../dialects/all.ts';
import { type EndpointConfig, urlOf } from '../endpoints.ts';
import type { Ask, Who } from './line.ts';

/** Who asks what, as it goes out. What shows our key is none of it, and neither is what every request carries. */
export function askedOf(endpoint: EndpointConfig, url: string, init: RequestInit): { who: Who; ask: Ask } {
  const sent = new Headers(init.headers);
  const [role, task, attempt] = ['role', 'task', 'attempt'].map((name) => sent.get(`x-swarm-${name}`));
  const passed = Object.keys(dialectOf(endpoint).passed ?? {});
  return {
    who: { role: role ?? 'unknown', ...(task && { task }), ...(attempt && { attempt }) },
    ask: {
      path: url.slice(urlOf(endpoint, '').length),
      headers: Object.fromEntries(
        passed.flatMap((name) => (sent.has(name) ? [[name, sent.get(name)!]] : [])),
      ),
      body: JSON.parse(String(init.body)) as Ask['body'],
    },
  };
}

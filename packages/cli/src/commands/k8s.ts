/** `swarm k8s manifests`: what a cluster is told of worker hosts, on stdout. Nothing is asked of a cluster. */
import { SwarmError } from '@swarm/core/errors';
import { parseDurationMs } from '../config/units.ts';
import { type ManifestsAsk, manifests } from '../k8s/manifests.ts';
import { documents } from '../k8s/yaml.ts';
import type { Context } from '../program/context.ts';
import type { K8sOptions } from '../program/options.ts';
import { sanitizeLine } from '../telling/output.ts';

export async function k8s(what: string, options: K8sOptions, { output }: Context): Promise<number> {
  if (what !== 'manifests')
    throw new SwarmError({
      code: 'SW0101',
      what: `swarm k8s knows no ${JSON.stringify(sanitizeLine(what, 40))}`,
      fix: 'swarm k8s manifests',
    });
  const all = manifests(askOf(options));
  if (options.json) output.json({ v: 1, manifests: all });
  else output.result(documents(all).trimEnd());
  return 0;
}

/** A label of DNS. */
const NAMESPACE = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** Registry, path, tag and digest. */
const IMAGE = /^[a-z0-9][\w./:@-]{0,254}$/;

function askOf(options: K8sOptions): ManifestsAsk {
  const { namespace = 'swarm', image = 'swarm:latest', replicas = 2, slots = 4, drain = '15m' } = options;
  const { nats = 'nats://nats:4222', prometheus } = options;
  if (!NAMESPACE.test(namespace))
    throw out('--namespace', namespace, 'a word of small letters, digits and -, at most 63', 'swarm');
  if (!IMAGE.test(image)) throw out('--image', image, 'the name of an image', 'registry.example/swarm:1');
  const drainMs = parseDurationMs(drain);
  if (drainMs === undefined || drainMs < 1_000 || drainMs > 86_400_000)
    throw out('--drain', drain, 'a duration from 1s to 24h', '15m');
  return {
    namespace,
    image,
    replicas: numberOf('--replicas', replicas, 1_000),
    slots: numberOf('--slots', slots, 64),
    nats: addressOf('--nats', nats, /^(nats|tls):$/, 'nats://nats:4222'),
    drainSeconds: Math.ceil(drainMs / 1_000),
    ...(prometheus !== undefined && {
      prometheus: addressOf('--prometheus', prometheus, /^https?:$/, 'http://prometheus:9090'),
    }),
  };
}

function numberOf(flag: string, typed: number | string, most: number): number {
  if (typeof typed === 'number' && typed >= 1 && typed <= most) return typed;
  throw out(flag, `${typed}`, `a whole number from 1 to ${most}`, '2');
}

/** What would open it does not stand in a manifest. */
function addressOf(flag: string, typed: string, protocol: RegExp, example: string): URL {
  const url = URL.parse(typed);
  if (url && protocol.test(url.protocol) && url.hostname !== '' && url.username + url.password === '')
    return url;
  throw out(flag, typed, 'an address without a name and a password', example);
}

const out = (flag: string, typed: string, expected: string, example: string): SwarmError =>
  new SwarmError({
    code: 'SW0105',
    what: `${flag} ${JSON.stringify(sanitizeLine(typed, 100))} cannot be used`,
    why: `expected ${expected}`,
    fix: `${flag} ${example}`,
  });

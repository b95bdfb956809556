/** Which hosts do a run's attempts: those the operator names, else those that the repository's `swarm serve` offers. */
import { resolve } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import type { RepositoryPaths } from '../finding/paths.ts';
import type { Context } from '../program/context.ts';
import type { NatsOptions } from '../program/options.ts';
import { sanitizeLine } from '../telling/output.ts';
import type { HostsFile } from './hosts-file.ts';
import { messageServer } from './message-server.ts';
import { offeredHosts } from './offered.ts';

interface Asked extends NatsOptions {
  readonly hosts?: number | string | undefined;
}

const LOCAL_HOSTS_MAX = 64;

/** Undefined: attempts run in this process. Errors: SW0101 for two ways at once, SW0105 for no number of hosts, SW0341 where they cannot be. */
export async function hostsFor(
  options: Asked,
  repository: RepositoryPaths,
  { cwd, env, output }: Context,
): Promise<HostsFile | undefined> {
  const { nats, hosts } = options;
  if (nats !== undefined && hosts !== undefined)
    throw new SwarmError({
      code: 'SW0101',
      what: '--nats names a message server, and --hosts starts one',
      where: '--hosts',
      fix: 'swarm run --hosts 3 "what you want done"',
    });
  if (hosts !== undefined) {
    const local = localHosts(hosts);
    messageServer(env);
    return { url: '', local };
  }
  if (nats !== undefined) return serverOf(options, nats, cwd);
  const offered = await offeredHosts(repository);
  if (!offered) return undefined;
  output.narrate(
    `hosts: those at ${sanitizeLine(shownUrl(offered.hosts.url))}, as swarm serve (${offered.pid}) offers them`,
  );
  return offered.hosts;
}

/** Hosts that have nothing to say yet how they are found. */
function localHosts(hosts: number | string): number {
  if (typeof hosts === 'number' && hosts >= 1 && hosts <= LOCAL_HOSTS_MAX) return hosts;
  throw new SwarmError({
    code: 'SW0105',
    what: `--hosts is ${JSON.stringify(hosts)}: 1 to ${LOCAL_HOSTS_MAX}`,
    where: '--hosts',
    fix: 'swarm run --hosts 3 "what you want done"',
  });
}

/** Files are found wherever a later command is typed. */
export function serverOf(options: NatsOptions, url: string, cwd: string): HostsFile {
  const { natsCreds: creds, natsCa: ca, natsCert: cert, natsKey: key } = options;
  const files = Object.entries({ creds, ca, cert, key }).flatMap(([name, path]) =>
    path === undefined ? [] : [[name, resolve(cwd, path)] as const],
  );
  return { url, ...Object.fromEntries(files) };
}

/** Without a user's name and password. */
export const shownUrl = (url: string): string => url.replace(/\/\/[^@/]*@/g, '//');

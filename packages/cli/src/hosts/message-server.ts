/** The message server of this machine, as a program. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import type { Environment } from '../finding/paths.ts';

export const SERVER = 'nats-server';

export function onPath(name: string, env: Environment): string | undefined {
  const folders = [...(env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/usr/bin'];
  return folders.map((one) => join(one, name)).find((file) => file.startsWith('/') && existsSync(file));
}

/** Errors: SW0341 when there is none on this machine. */
export function messageServer(env: Environment): string {
  const found = onPath(SERVER, env);
  if (found !== undefined) return found;
  throw new SwarmError({
    code: 'SW0341',
    what: `there is no ${SERVER} on this machine, and hosts are spoken to over one`,
    where: '--hosts',
    why: `${SERVER} is not on PATH; Debian’s package is nats-server`,
    fix: 'apt-get install nats-server',
  });
}

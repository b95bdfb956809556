/** Roles as they are configured here. Nothing runs by it: a repository that is not trusted yet is only read. */
import { join } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import { isRoleName, type Role, rolesWith } from '@swarm/core/rules/roles';
import { readToml } from '../config/files.ts';
import { type LoadAsk, loadConfig, NO_FLAGS } from '../config/load.ts';
import type { Environment } from '../finding/paths.ts';

/** @param repository top of the work tree; undefined: the operator's own configuration alone. */
export async function configuredRoles(
  repository: string | undefined,
  env: Environment,
): Promise<readonly Role[]> {
  const own: LoadAsk = { env, flags: NO_FLAGS, isTrustGiven: false };
  const whole = await rolesOf({ ...own, ...(repository !== undefined && { repository }) });
  if (whole || repository === undefined) return rolesWith(whole ?? {});
  const names = await namedIn(join(repository, 'swarm.toml'));
  return rolesWith({
    ...Object.fromEntries(names.map((name) => [name, {}])),
    ...(await rolesOf(own)),
  });
}

/** Undefined where the configuration cannot be used as it is. */
async function rolesOf(ask: LoadAsk) {
  try {
    return (await loadConfig(ask)).config.roles ?? {};
  } catch (error) {
    if (error instanceof SwarmError) return undefined;
    throw error;
  }
}

async function namedIn(file: string): Promise<readonly string[]> {
  const read = await readToml(file, false);
  const { roles } = read.kind === 'read' ? read.raw : {};
  return typeof roles === 'object' && roles !== null ? Object.keys(roles).filter(isRoleName) : [];
}

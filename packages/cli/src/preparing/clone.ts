/** A repository that is named by its address is cloned once below the state directory, and fetched each time. */
import { cloneOrigin, Git } from '@swarm/git';
import { clonePath } from '../finding/paths.ts';
import type { Context } from '../program/context.ts';
import { networkEnv } from '../running/network-env.ts';

/** Returns the folder of the clone. Errors: those of git, where the address cannot be reached. */
export async function clone(url: string, { env, output }: Context): Promise<string> {
  const path = clonePath(url, env);
  output.narrate(`fetching ${url}`);
  await cloneOrigin(new Git(networkEnv(env)), url, path);
  return path;
}

/** Which remote a run pushes to, and whether it takes pushes: asked before anything begins. */
import { SwarmError } from '@swarm/core/errors';
import { Git, Remote, type RemoteBranch, type RemoteHeader, rehearseFolder, upstreamOf } from '@swarm/git';
import type { Environment } from '../finding/paths.ts';
import { networkEnv } from '../running/network-env.ts';
import type { Found } from './found.ts';

export type PushTo = RemoteBranch & { readonly header?: RemoteHeader };

const isNamed = (named: Partial<RemoteBranch>): named is RemoteBranch =>
  named.remote !== undefined && named.branch !== undefined;

/** The target's upstream, else `origin`. @throws SW0312 where it cannot be pushed to; undefined: no repository. */
export async function remoteOf(
  found: Found,
  env: Environment,
  pushTo?: PushTo,
): Promise<RemoteBranch | undefined> {
  const { checkout, target } = found;
  if (!checkout.isRepository || target === undefined) return undefined;
  const git = new Git();
  const { header, ...named } = pushTo ?? {};
  const upstream = isNamed(named) ? named : await upstreamOf(git, checkout.commonDir, target);
  const gitDir = checkout.commonDir;
  const network = networkEnv(env);
  const ask = { git, gitDir, name: upstream.remote, network, ...(header && { header }) };
  const remote = await Remote.open({ ...ask, purpose: 'push' });
  const head = await asMachineFault(() => remote.head(upstream.branch));
  if (head) {
    await asMachineFault(() => remote.rehearsePush(head));
    const { folder } = remote;
    if (folder !== undefined) await rehearseFolder({ folder, branch: upstream.branch, at: head });
    return upstream;
  }
  throw new SwarmError({
    code: 'SW0312',
    what: `the remote ${upstream.remote} has no branch ${JSON.stringify(upstream.branch)}`,
    why: 'every landing is pushed on top of what is there',
    fix: `git push ${upstream.remote} ${upstream.branch}`,
  });
}

/** What is no fault of the disk's before a run has begun: it is the machine that is not ready. */
function asMachineFault<T>(ask: () => Promise<T>): Promise<T> {
  return ask().catch((error: unknown) => {
    if (!(error instanceof SwarmError)) throw error;
    throw new SwarmError(
      error.problems.map((problem) => ({ ...problem, code: 'SW0312' as const })),
      { cause: error },
    );
  });
}

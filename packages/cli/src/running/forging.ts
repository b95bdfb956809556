/** Which forge a repository's work goes to, by its remotes and the operator's environment, and how it is asked. */
import { type Problem, SwarmError } from '@swarm/core/errors';
import type { Forge, PullPlace, RunBranches } from '@swarm/core/ports/forge';
import type { Log } from '@swarm/core/ports/world';
import { type ForgePlace, forgePlaceOf, GitHub, GitLab, knownForges } from '@swarm/forge';
import { Git, pushRemoteOf, Remote, type RemoteHeader, upstreamOf } from '@swarm/git';
import type { Environment } from '../finding/paths.ts';
import { systemClock } from './clock.ts';
import { type ForgeToken, forgeToken, noToken, pushHeader } from './forge-token.ts';
import { networkEnv } from './network-env.ts';
import type { RunFile } from './run-file.ts';

export interface FoundForge {
  /** What takes the change. */
  readonly place: ForgePlace;
  /** The branch there that it is for. */
  readonly base: string;
  readonly baseRemote: string;
  /** Name of the remote that has the branches; a fork's is another one. */
  readonly remote: string;
  readonly headSlug: string;
  readonly token: ForgeToken;
  /** Absent where the remote is reached by ssh or the like. */
  readonly header?: RemoteHeader;
}

/**
 * The forge of the target's upstream, and, with git's own `remote.pushDefault` or `branch.<name>.pushRemote`, a fork that is
 * pushed to. Errors: SW0312 without such a remote, SW0318 without a forge that is known, or a token.
 */
export async function findForge(gitDir: string, target: string, env: Environment): Promise<FoundForge> {
  const git = new Git();
  const upstream = await upstreamOf(git, gitDir, target);
  const remote = (await pushRemoteOf(git, gitDir, target)) ?? upstream.remote;
  const network = networkEnv(env);
  const ask = { git, gitDir, network };
  const base = await Remote.open({ ...ask, name: upstream.remote, purpose: 'fetch' });
  const head = await Remote.open({ ...ask, name: remote, purpose: 'push' });
  const known = knownForges(env);
  const place = forgePlaceOf(base.address, known);
  const fork = forgePlaceOf(head.address, known);
  if (!place) throw new SwarmError(unknownForge(upstream.remote, base.address));
  if (!fork || fork.host !== place.host) throw new SwarmError(unknownForge(remote, head.address));
  const token = forgeToken(place, env);
  if (!token) throw new SwarmError(noToken(place, env));
  const isWeb = /^https?:\/\//.test(head.address) && new URL(head.address).host === place.host;
  const header = { origin: `${place.web}/`, value: pushHeader(place, token) };
  return {
    place,
    base: upstream.branch,
    baseRemote: upstream.remote,
    remote,
    headSlug: fork.slug,
    token,
    ...(isWeb && { header }),
  };
}

const unknownForge = (remote: string, address: string): Problem => ({
  code: 'SW0318',
  what: `the remote ${remote} is of no forge that is known`,
  where: address,
  why: 'known are github.com, gitlab.com, and the hosts that GITHUB_SERVER_URL, GH_HOST, CI_SERVER_URL and GITLAB_HOST name',
  fix: 'export GH_HOST=<host>, or GITLAB_HOST=<host>; or --deliver push, or --deliver branch',
});

/** The same in words that hold the token, which are secrets too. */
export const forgeSecrets = ({ token, header }: FoundForge): readonly string[] => [
  token.value,
  ...(header ? [header.value.replace(/^.* /, '')] : []),
];

export function forgeOf({ place, token }: Pick<FoundForge, 'place' | 'token'>, log?: Log): Forge {
  const asked = {
    slug: place.slug,
    api: place.api,
    token: token.value,
    clock: systemClock,
    random: Math.random,
    onWait: (why: string, waitMs: number) =>
      log?.write('forge.waits', {
        msg: `${place.host}: ${why}; asked again in ${Math.ceil(waitMs / 1_000)} s`,
        data: { waitMs },
      }),
  };
  return place.kind === 'github' ? new GitHub(asked) : new GitLab(asked);
}

export function pullPlace(found: FoundForge, file: RunFile, branches: RunBranches, log?: Log): PullPlace {
  const { pull, issue } = file;
  return {
    forge: forgeOf(found, log),
    branches,
    remote: found.remote,
    headSlug: found.headSlug,
    base: found.base,
    ...(issue && { asker: issue }),
    ...(pull?.isStacked && { isStacked: true as const }),
    ...(pull?.isDraft && { isDraft: true as const }),
  };
}

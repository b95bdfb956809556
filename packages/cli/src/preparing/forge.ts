/** Whether a pull request could be opened at the end is asked before anything begins; nothing is written there. */
import { type Problem, SwarmError } from '@swarm/core/errors';
import { Git, Remote } from '@swarm/git';
import type { Environment } from '../finding/paths.ts';
import { LEAST_SCOPES } from '../running/forge-token.ts';
import { type FoundForge, findForge, forgeOf } from '../running/forging.ts';
import { networkEnv } from '../running/network-env.ts';
import type { Found } from './found.ts';

export interface ForgeReady {
  readonly found: FoundForge;
  readonly notices: readonly string[];
  /** Whose the token is, where the forge says so. */
  readonly login?: string;
}

/** Undefined: there is no repository to ask about. Errors: SW0312, SW0318, SW0406, SW0706, all that are found. */
export async function forgeReady(
  { checkout, target }: Found,
  env: Environment,
): Promise<ForgeReady | undefined> {
  if (!checkout.isRepository || target === undefined) return undefined;
  const found = await findForge(checkout.commonDir, target, env);
  const { problems, login } = await forgeProblems(found);
  if (problems.length > 0) throw new SwarmError(problems);
  const notices = await remoteNotices(found, checkout.commonDir, target, checkout.targetCommit, env);
  return { found, notices, ...(login !== undefined && { login }) };
}

/** What the forge says of repository, people and scopes. */
async function forgeProblems(found: FoundForge): Promise<{ problems: readonly Problem[]; login?: string }> {
  const { place, headSlug, token } = found;
  const forge = forgeOf(found);
  const me = await forge.whoAmI();
  const login = me && { login: me.login };
  const base = await forge.repository();
  if (!base) return { problems: [unseen(place.host, place.slug, token.from)], ...login };
  const isFork = headSlug.toLowerCase() !== place.slug.toLowerCase();
  const head = isFork ? await forgeOf({ ...found, place: { ...place, slug: headSlug } }).repository() : base;
  const problems: Problem[] = [];
  if (base.isArchived)
    problems.push(refused(`${place.slug} is archived`, 'it takes no changes', '--deliver branch'));
  if (!head) problems.push(unseen(place.host, headSlug, token.from));
  else if (!head.canPush) problems.push(noWrite(found, head.slug));
  if (isFork && head && head.parent?.toLowerCase() !== place.slug.toLowerCase())
    problems.push(
      refused(
        `${head.slug} is no fork of ${place.slug}`,
        'a pull request goes from a fork to where it came from',
        'git remote -v',
      ),
    );
  const { scopes } = me ?? {};
  if (scopes && scopes.length > 0 && !scopes.some((one) => SCOPES.includes(one)))
    problems.push(
      refused(
        `the token of ${token.from} has the scopes ${scopes.join(', ')}, and none of them opens a pull request`,
        `it takes ${LEAST_SCOPES[place.kind]}`,
        `export ${token.from}=<token>`,
      ),
    );
  return { problems, ...login };
}

const SCOPES: readonly string[] = ['repo', 'public_repo', 'api'];

const refused = (what: string, why: string, fix: string): Problem => ({ code: 'SW0318', what, why, fix });

const unseen = (host: string, slug: string, from: string): Problem =>
  refused(
    `${host} shows no repository ${slug} to the token of ${from}`,
    'it is not there, or the token may not see it',
    'git remote -v; then swarm doctor',
  );

const noWrite = ({ remote, token, base }: FoundForge, slug: string): Problem =>
  refused(
    `the token of ${token.from} may not push to ${slug}`,
    `the run’s branch is pushed to ${remote}, and the pull request to ${base} is opened from there`,
    'git remote add fork <url of your fork> && git config remote.pushDefault fork',
  );

/** @throws SW0312 where the remote does not answer, or takes no pushes. */
async function remoteNotices(
  { remote, baseRemote, base, header }: FoundForge,
  gitDir: string,
  target: string,
  commit: string | undefined,
  env: Environment,
): Promise<readonly string[]> {
  const ask = { git: new Git(), gitDir, network: networkEnv(env), ...(header && { header }) };
  const from = await Remote.open({ ...ask, name: baseRemote, purpose: 'fetch' });
  const there = await asMachineFault(() => from.head(base));
  if (!there)
    throw new SwarmError({
      code: 'SW0312',
      what: `the remote ${baseRemote} has no branch ${JSON.stringify(base)}`,
      why: 'the pull request is for that branch',
      fix: `git push ${baseRemote} ${base}`,
    });
  const to = await Remote.open({ ...ask, name: remote, purpose: 'push' });
  await asMachineFault(() => to.rehearsePush(there));
  if (there === commit) return [];
  return [
    `${target} here is not what ${baseRemote} has as ${base}: whatever it has besides goes into the pull request`,
  ];
}

function asMachineFault<T>(ask: () => Promise<T>): Promise<T> {
  return ask().catch((error: unknown) => {
    if (!(error instanceof SwarmError)) throw error;
    const problems = error.problems.map((problem) => ({ ...problem, code: 'SW0312' as const }));
    throw new SwarmError(problems, { cause: error });
  });
}

/** What the parts of `swarm pr` are given, and what they look up alike. */
import { SwarmError } from '@swarm/core/errors';
import type { Forge, PullRequest } from '@swarm/core/ports/forge';
import type { ReadRun } from '../finding/opened-run.ts';
import type { Context } from '../program/context.ts';
import type { PrOptions } from '../program/options.ts';
import type { FoundForge } from '../running/forging.ts';

export interface PrAsk {
  readonly read: ReadRun;
  readonly found: FoundForge;
  readonly options: PrOptions;
  readonly context: Context;
}

export const branchOfRun = ({ file }: ReadRun): string => file.landOn.replace('refs/heads/', '');

/** The one that is open. Errors: SW0634. */
export async function openPull(forge: Forge, { read, found }: PrAsk): Promise<PullRequest> {
  const all = await forge.findPulls({ slug: found.headSlug, branch: branchOfRun(read) });
  const pull = all.find(({ state }) => state === 'open');
  if (pull) return pull;
  throw new SwarmError({
    code: 'SW0634',
    what: `there is no open pull request of ${read.paths.run}`,
    fix: 'swarm pr',
  });
}

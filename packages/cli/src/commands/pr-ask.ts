/** What the parts of `swarm pr` are given, and what they look up alike. */
import { SwarmError } from '@swarm/core/errors';
import type { Forge, PullRequest } from '@swarm/core/ports/forge';
import { stackLandings } from '@swarm/core/rules/pull-stack';
import { stackBranch } from '@swarm/core/rules/stack-branches';
import type { ReadRun } from '../finding/opened-run.ts';
import type { Context } from '../program/context.ts';
import type { PrOptions } from '../program/options.ts';
import type { FoundForge } from '../running/forging.ts';

export interface PrAsk {
  readonly read: ReadRun;
  readonly found: FoundForge;
  readonly options: PrOptions;
  readonly context: Context;
  /** Brings pull requests up to date: in a stack those above go with what came in below. */
  again(): Promise<unknown>;
}

export const isStack = ({
  read,
  options,
}: Pick<PrAsk, 'read'> & { readonly options: Pick<PrOptions, 'stack'> }): boolean =>
  (options.stack ?? read.file.pull?.isStacked) === true;

const branchOfRun = ({ file }: ReadRun): string => file.landOn.replace('refs/heads/', '');

/** Those that are open, the lowest of a stack first. Errors: SW0634 where none is. */
export async function openPulls(forge: Forge, asked: PrAsk): Promise<readonly PullRequest[]> {
  const { read, found } = asked;
  const branches = isStack(asked)
    ? stackLandings(read.state).map(({ task }) => stackBranch(read.paths.run, task))
    : [branchOfRun(read)];
  const open: PullRequest[] = [];
  for (const branch of branches) {
    const all = await forge.findPulls({ slug: found.headSlug, branch });
    const pull = all.find(({ state }) => state === 'open');
    if (pull) open.push(pull);
  }
  if (open.length > 0) return open;
  throw new SwarmError({
    code: 'SW0634',
    what: `there is no open pull request of ${read.paths.run}`,
    fix: 'swarm pr',
  });
}

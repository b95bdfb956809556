/** What is said once of files that are not the same for everybody, before a run begins. */
import { Git, type TreeFacts, treeFacts } from '@swarm/git';
import { shellWord } from '../telling/shell.ts';
import type { Found } from './found.ts';

export async function treeNotices({ checkout }: Found): Promise<readonly string[]> {
  if (!checkout.isRepository || !checkout.targetCommit) return [];
  return noticesOf(await treeFacts(new Git(), checkout.commonDir, checkout.targetCommit, checkout.gitDir));
}

export function noticesOf({ filters, alike, absent }: TreeFacts): readonly string[] {
  const others = filters.filter((name) => name !== 'lfs');
  const [first] = alike;
  const more =
    alike.length > 1 ? ` and ${alike.length - 1} more such ${alike.length > 2 ? 'pairs' : 'pair'}` : '';
  return [
    ...(filters.includes('lfs')
      ? [
          'files that git-lfs keeps are pointers in every workspace: agents and the gate do not see what they hold',
        ]
      : []),
    ...(others.length > 0
      ? [
          `files with the filter ${others.join(', ')} are taken as git stores them: no filter runs in a workspace`,
        ]
      : []),
    ...(absent.length > 0 ? [emptyOnes(absent)] : []),
    ...(first
      ? [
          `${first.join(' and ')}${more} are one on disks that tell neither case nor accents apart: there nobody can check out both`,
        ]
      : []),
  ];
}

/** Most that are named one by one. */
const NAMED_MAX = 5;

function emptyOnes(absent: readonly string[]): string {
  const paths = absent.slice(0, NAMED_MAX).map(shellWord).join(' ');
  const of = absent.length === 1 ? 'a submodule is' : `${absent.length} submodules are`;
  return `${of} not here and empty in every workspace: git submodule update --init --recursive ${paths}`;
}

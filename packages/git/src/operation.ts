import { existsSync } from 'node:fs';
import { join } from 'node:path';

export type OngoingOperation = 'merge' | 'rebase' | 'cherry-pick' | 'revert' | 'bisect';

const SIGNS: readonly (readonly [string, OngoingOperation])[] = [
  ['rebase-merge', 'rebase'],
  ['rebase-apply', 'rebase'],
  ['MERGE_HEAD', 'merge'],
  ['CHERRY_PICK_HEAD', 'cherry-pick'],
  ['REVERT_HEAD', 'revert'],
  ['BISECT_LOG', 'bisect'],
];

/** What is under way in one work tree. @param gitDir that work tree's own git directory, absolute. */
export function operationIn(gitDir: string): OngoingOperation | undefined {
  return SIGNS.find(([file]) => existsSync(join(gitDir, file)))?.[1];
}

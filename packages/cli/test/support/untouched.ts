/** Everything of the user's that a run must leave as it was, as one comparable value. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from './world.ts';

export interface UserState {
  readonly head: string;
  /** SHA-256 of the index file, byte for byte. */
  readonly index: string;
  readonly status: string;
  /** Every reference but the branches runs land on. */
  readonly refs: string;
  readonly config: string;
  readonly exclude: string;
}

export async function userState(world: World, repository = world.repository): Promise<UserState> {
  const git = (...args: string[]) => world.gitIn(repository, ...args);
  const refs = await git('for-each-ref', '--format=%(refname) %(objectname)');
  return {
    head: await readFile(join(repository, '.git', 'HEAD'), 'utf8'),
    index: createHash('sha256')
      .update(await readFile(join(repository, '.git', 'index')))
      .digest('hex'),
    status: await git('status', '--porcelain=v1', '--untracked-files=all'),
    refs: refs
      .split('\n')
      .filter((line) => !line.startsWith('refs/heads/swarm/'))
      .join('\n'),
    config: await readFile(join(repository, '.git', 'config'), 'utf8'),
    exclude: await readFile(join(repository, '.git', 'info', 'exclude'), 'utf8').catch(() => 'none'),
  };
}

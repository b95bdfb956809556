/** A real bare remote of a world's repository, and a second clone in which other people work. */
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from './world.ts';

export interface Origin {
  /** The bare repository; the world's own repository knows it as `origin`. */
  readonly path: string;
  /** Runs git in the bare repository. */
  git(...args: string[]): Promise<string>;
  /** Subjects on its main since `base`, oldest first; a batch’s are those of its tasks. */
  subjects(base: string): Promise<readonly string[]>;
  /** Somebody pushes a branch with one commit for each of these sets of files. */
  push(branch: string, ...commits: readonly PushedCommit[]): Promise<string>;
  /** Replaces a hook of the bare repository. */
  hook(name: 'pre-receive' | 'post-receive', script: string): Promise<void>;
}

/** Every commit that is somebody's work: a batch's merge only joins them. */
const TASKS = ['--no-merges', '--topo-order', '--reverse', '--format=%s'];

export interface PushedCommit {
  readonly message: string;
  readonly files: Readonly<Record<string, string>>;
  /** Where it starts from; main when absent. Only of the first commit. */
  readonly from?: string;
}

export async function withOrigin(world: World, url?: string): Promise<Origin> {
  const path = join(world.root, 'origin.git');
  await world.gitIn(world.root, 'clone', '--quiet', '--bare', world.repository, path);
  await world.git('remote', 'add', 'origin', url ?? path);
  const others = join(world.root, 'others');
  await world.gitIn(world.root, 'clone', '--quiet', path, others);
  const theirs = (...args: string[]): Promise<string> => world.gitIn(others, ...args);
  return {
    path,
    git: (...args) => world.gitIn(path, ...args),
    async subjects(base) {
      const told = await world.gitIn(path, 'log', ...TASKS, `${base}..main`);
      return told.split('\n').filter(Boolean);
    },
    async push(branch, ...commits) {
      await theirs('fetch', '--quiet', 'origin');
      await theirs('checkout', '--quiet', '--detach', commits[0]?.from ?? 'origin/main');
      for (const { message, files } of commits) {
        for (const [file, text] of Object.entries(files)) await writeFile(join(others, file), text);
        await theirs('add', '--all');
        await theirs('commit', '--quiet', '--allow-empty', '-m', message);
      }
      await theirs('push', '--quiet', 'origin', `HEAD:refs/heads/${branch}`);
      return theirs('rev-parse', 'HEAD');
    },
    async hook(name, script) {
      const file = join(path, 'hooks', name);
      await writeFile(file, `#!/bin/sh\n${script}\n`);
      await chmod(file, 0o755);
    },
  };
}

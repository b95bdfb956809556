/** The repository the replays work on: a bare one with the project on main. */
import { execFileSync, type StdioOptions } from 'node:child_process';
import { git } from '../landing-repo.ts';
import { isGreen, PROJECT } from './work.ts';

export async function makeProject(path: string): Promise<void> {
  execFileSync('git', ['init', '--quiet', '--bare', '-b', 'main', path]);
  const files = Object.entries(PROJECT).map(
    ([file, text]) => `M 100644 inline ${file}\ndata ${Buffer.byteLength(text)}\n${text}\n`,
  );
  const head =
    'commit refs/heads/main\ncommitter Bench <bench@example.invalid> 1770000000 +0000\ndata 4\nBase\n';
  execFileSync('git', ['fast-import', '--quiet'], { cwd: path, input: head + files.join('') });
  await git(path, ['fsck', '--strict']);
}

/** Whether every value the reference had after `base`, the first-parent line, passes the build. */
export async function everyValue(repository: string, ref: string, base: string): Promise<boolean> {
  const told = await git(repository, ['rev-list', '--first-parent', `${base}..${ref}`]);
  return told
    .split('\n')
    .filter(Boolean)
    .every((commit) => isGreenAt(repository, commit));
}

export const isGreenAt = (repository: string, commit: string): boolean =>
  isGreen((path) => readAt(repository, commit, path));

/** Undefined when the commit has no such file. */
export function readAt(repository: string, commit: string, path: string): string | undefined {
  try {
    const options = {
      cwd: repository,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'] satisfies StdioOptions,
    } as const;
    return execFileSync('git', ['cat-file', 'blob', `${commit}:${path}`], options);
  } catch {
    return undefined;
  }
}

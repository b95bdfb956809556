/** Eight small trees that name one another: seven levels of ten folders, which are all the same one. */
import { execFileSync } from 'node:child_process';
import type { TreeId } from '@swarm/core/model/ids';

/** Written into the repository at `cwd`: ten million files. @param leaf what the innermost folders hold. */
export function bomb(cwd: string, leaf: 'file' | 'nothing' = 'file'): TreeId {
  const make = (args: readonly string[], input: string) =>
    execFileSync('git', args, { cwd, input, encoding: 'utf8' }).trim();
  const file = `100644 blob ${make(['hash-object', '-w', '--stdin'], 'x')}\tx\0`;
  let tree = make(['mktree', '-z'], leaf === 'file' ? file : '');
  for (let level = 0; level < 7; level++) {
    const inner = Array.from({ length: 10 }, (_, i) => `040000 tree ${tree}\td${i}\0`);
    tree = make(['mktree', '-z'], inner.join(''));
  }
  return tree as TreeId;
}

/** Two texts as git shows their difference. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Git } from '@swarm/git';

export interface Side {
  /** Names the side in the difference: plain words, such as `built-in/worker.md`. */
  readonly label: string;
  readonly text: string;
}

/** A unified diff; empty where they are alike. */
export async function textDiff(from: Side, to: Side): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-prompts-'));
  try {
    for (const { label, text } of [from, to]) {
      await mkdir(dirname(join(folder, label)), { recursive: true });
      await writeFile(join(folder, label), text);
    }
    const args = [
      '--no-index',
      '--no-color',
      '--no-ext-diff',
      '--no-textconv',
      '--no-prefix',
      '--',
      from.label,
      to.label,
    ];
    const { stdout } = await new Git().run({ discoverFrom: folder }, 'diff', args, { codes: [0, 1] });
    return stdout
      .toString()
      .split('\n')
      .filter((line) => !/^(diff --git|index) /.test(line))
      .join('\n')
      .trimEnd();
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

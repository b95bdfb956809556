/** Shows folders of this machine in every sandbox from now on, if the operator wants that. */
import { mkdir, readFile, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { mountsLine, withMounts } from '../config/operator-mounts.ts';
import { operatorConfigFile } from '../finding/paths.ts';
import type { Context } from '../program/context.ts';
import { writeWhole } from '../running/run-files.ts';
import { sanitize } from '../telling/output.ts';
import { askYesNo } from './ask.ts';
import type { Other } from './programs.ts';

/** Returns whether they are shown now. A file that cannot be changed safely is left alone, and the line is told. */
export async function showFolders(
  { mounts, other }: { readonly mounts: readonly string[]; readonly other: Other | undefined },
  isWanted: boolean,
  { env, output }: Context,
): Promise<boolean> {
  const file = operatorConfigFile(env);
  const named = sanitize(mounts.join(', '));
  const why = other
    ? `A sandbox would start ${other.there} and not your own ${sanitize(other.yours)}: it does not show ${named}.`
    : `Gate and setup need ${named}, which no sandbox shows.`;
  const question = `${why} Show it read-only from now on, by ${file}?`;
  if (!isWanted && !(await askYesNo(question))) return false;
  const text = withMounts(await readFile(file, 'utf8').catch(unlessGone), mounts);
  if (text === undefined) {
    output.narrate(
      `${file} is too unlike what we could change: write into it\n\n[sandbox]\n${mountsLine(mounts)}\n`,
    );
    return false;
  }
  // Many keep their settings in one folder, with links to it.
  const real = await realpath(file).catch(() => file);
  await mkdir(dirname(real), { recursive: true });
  await writeWhole(real, text);
  output.narrate(`${named} is shown read-only in every sandbox from now on (${file})`);
  return true;
}

function unlessGone(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw error;
}

/** Shows folders of this machine in every sandbox from now on, if the operator wants that. */
import { operatorConfigFile } from '../finding/paths.ts';
import type { Context } from '../program/context.ts';
import { sanitize } from '../telling/output.ts';
import { askYesNo } from './ask.ts';
import { addToOperatorFile } from './operator-file.ts';
import type { Other } from './programs.ts';

/** Returns whether they are shown now. */
export async function showFolders(
  { mounts, other }: { readonly mounts: readonly string[]; readonly other: Other | undefined },
  isWanted: boolean,
  context: Context,
): Promise<boolean> {
  const file = operatorConfigFile(context.env);
  const named = sanitize(mounts.join(', '));
  const why = other
    ? `A sandbox would start ${other.there} and not your own ${sanitize(other.yours)}: it does not show ${named}.`
    : `Gate and setup need ${named}, which no sandbox shows.`;
  const question = `${why} Show it read-only from now on, by ${file}?`;
  if (!isWanted && !(await askYesNo(question))) return false;
  if (!(await addToOperatorFile('mounts', mounts, context))) return false;
  context.output.narrate(`${named} is shown read-only in every sandbox from now on (${file})`);
  return true;
}

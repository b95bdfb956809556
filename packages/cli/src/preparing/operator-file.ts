/** Changes the operator's own configuration, after they said yes to it. */
import { mkdir, readFile, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type ListKey, listLine, withWords } from '../config/operator-lists.ts';
import { operatorConfigFile } from '../finding/paths.ts';
import type { Context } from '../program/context.ts';
import { writeWhole } from '../running/run-files.ts';

/** Returns whether they stand there now. A file that cannot be changed safely is left alone, and the line is told. */
export async function addToOperatorFile(
  key: ListKey,
  words: readonly string[],
  { env, output }: Context,
): Promise<boolean> {
  const file = operatorConfigFile(env);
  const text = withWords(await readFile(file, 'utf8').catch(unlessGone), key, words);
  if (text === undefined) {
    output.narrate(
      `${file} is too unlike what we could change: write into it\n\n[sandbox]\n${listLine(key, words)}\n`,
    );
    return false;
  }
  // Many keep their settings in one folder, with links to it.
  const real = await realpath(file).catch(() => file);
  await mkdir(dirname(real), { recursive: true });
  await writeWhole(real, text);
  return true;
}

function unlessGone(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw error;
}

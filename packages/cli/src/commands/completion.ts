/** `swarm completion`: a script that teaches a shell the commands, flags and tasks. */
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { completionScript, type Shell } from '../completing/shells.ts';
import { commandWords } from '../completing/words.ts';
import type { Context } from '../program/context.ts';

/** @param program whose commands are taught. */
export async function completion(
  shell: Shell,
  program: CommandUnknownOpts,
  { output }: Context,
): Promise<number> {
  output.result(completionScript(shell, commandWords(program)).trimEnd());
  return 0;
}

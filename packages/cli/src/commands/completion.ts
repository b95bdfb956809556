/** `swarm completion`: a script that teaches a shell the commands, flags and tasks. */
import { completionScript, type Shell } from '../completing/shells.ts';
import { commandWords } from '../completing/words.ts';
import { type Context, createProgram } from '../program/program.ts';

export async function completion(shell: Shell, context: Context): Promise<number> {
  const program = createProgram(context, '', () => undefined);
  context.output.result(completionScript(shell, commandWords(program)).trimEnd());
  return 0;
}

/** `swarm board`: one run on the whole terminal, live or over. It works on nothing: leaving it changes nothing. */
import { enterRun } from '../finding/door.ts';
import { readKnown } from '../finding/opened-run.ts';
import type { Context } from '../program/context.ts';
import type { BoardOptions } from '../program/options.ts';
import { openBoard } from '../watching/board.ts';
import { plainBoard } from '../watching/plain.ts';
import { requireTerminal } from '../watching/require-terminal.ts';

/** @param run the run; without it, `--run`, or the newest. */
export async function board(
  run: string | undefined,
  { plain, ...options }: BoardOptions,
  context: Context,
): Promise<number> {
  const choice = run === undefined ? options : { ...options, run };
  const known = await enterRun(choice, context);
  if (plain) return plainBoard(known, context);
  requireTerminal(context, 'swarm board --plain', process.stdout);
  // Refused before the screen is taken.
  await readKnown(known);
  const { stdout, stdin } = process;
  const shown = await openBoard({
    known,
    context,
    screen: stdout,
    stdin,
    isColoured: context.output.ink.level > 0,
  });
  await shown.left;
  return 0;
}

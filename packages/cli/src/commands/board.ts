/** `swarm board`: one run on the whole terminal, live or over. It works on nothing: leaving it changes nothing. */
import { SwarmError } from '@swarm/core/errors';
import { enterRun } from '../finding/door.ts';
import { readKnown } from '../finding/opened-run.ts';
import type { Context } from '../program/context.ts';
import type { BoardOptions } from '../program/options.ts';
import { openBoard } from '../watching/board.ts';
import { plainBoard } from '../watching/plain.ts';

/** @param run the run; without it, `--run`, or the newest. */
export async function board(
  run: string | undefined,
  { plain, ...options }: BoardOptions,
  context: Context,
): Promise<number> {
  const choice = run === undefined ? options : { ...options, run };
  const known = await enterRun(choice, context);
  if (plain) return plainBoard(known, context);
  requireTerminal(context, 'swarm board --plain');
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

/** Errors: SW0101 where there is no terminal that a screen can be drawn on. */
export function requireTerminal({ env }: Context, fix: string): void {
  const why =
    env.TERM === 'dumb'
      ? 'TERM is dumb: nothing can be drawn on such a terminal'
      : process.stdin.isTTY && process.stdout.isTTY
        ? undefined
        : `${process.stdin.isTTY ? 'the output' : 'the input'} is no terminal`;
  if (why !== undefined)
    throw new SwarmError({ code: 'SW0101', what: 'the board takes a terminal', why, fix });
}

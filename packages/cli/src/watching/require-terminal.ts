/** Whether a whole screen can be drawn at all, asked before anything begins. */
import { SwarmError } from '@swarm/core/errors';
import type { Context } from '../program/context.ts';

/** Errors: SW0101 where there is no terminal that a screen can be drawn on. */
export function requireTerminal({ env }: Context, fix: string, screen: NodeJS.WriteStream): void {
  const without = [...(process.stdin.isTTY ? [] : ['the input']), ...(screen.isTTY ? [] : ['the output'])];
  const why =
    without.length > 0
      ? `${without.join(' and ')} ${without.length === 1 ? 'is' : 'are'} no terminal`
      : env.TERM === 'dumb'
        ? 'TERM is dumb: nothing can be drawn on such a terminal'
        : undefined;
  if (why !== undefined)
    throw new SwarmError({ code: 'SW0101', what: 'the board takes a terminal', why, fix });
}

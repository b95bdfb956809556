/** A run on the board, for `swarm board` and for a run that shows itself. Everything of the board is loaded only here. */
import type { Board } from '@swarm/dashboard/board';
import type { KnownRun } from '../finding/door.ts';
import type { Context } from '../program/context.ts';
import { sourceOf } from '../serving/runs.ts';
import { localDate } from '../telling/local-clock.ts';
import { actsIn } from './acts.ts';
import { steered } from './steering.ts';
import { changeOf, saidIn } from './texts.ts';

export interface WatchAsk {
  readonly known: KnownRun;
  readonly context: Context;
  readonly screen: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  readonly isColoured: boolean;
  readonly onInterrupt?: () => void;
}

/** Errors: those of reading the run. */
export async function openBoard(ask: WatchAsk): Promise<Board> {
  const { known, context, screen, stdin, isColoured, onInterrupt } = ask;
  const { showBoard } = await import('@swarm/dashboard/board');
  const { env } = context;
  return showBoard({
    port: {
      source: sourceOf(known.repository, known, context),
      date: localDate,
      acts: (signal) => actsIn(known.paths.log, signal),
      diff: (task) => changeOf(task, known),
      transcript: (task) => saidIn(task, known),
      steer: (steer, onWaiting) =>
        steered(steer, { known, context, columns: screen.columns || 80, onWaiting }),
    },
    stdin,
    stdout: screen,
    isColoured,
    isFar: Boolean(env.SSH_CONNECTION || env.SSH_TTY),
    now: () => Date.now(),
    ...(onInterrupt && { onInterrupt }),
  });
}

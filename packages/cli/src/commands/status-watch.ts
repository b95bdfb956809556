/** `swarm status --watch`: the same, for as long as the run goes on; at its end it says with its exit code how it ended. */
import { SwarmError } from '@swarm/core/errors';
import { RunStream } from '@swarm/dashboard/stream';
import { enterRun } from '../finding/door.ts';
import type { Context } from '../program/context.ts';
import type { RunChoice } from '../program/options.ts';
import { sourceOf } from '../serving/runs.ts';
import { jsonText } from '../telling/output.ts';
import { Redrawn } from '../telling/redrawn.ts';
import { exitCodeOfRun } from '../telling/summary.ts';
import { type Look, lookAt, status, statusJson, statusText } from './status.ts';

/** Times go on, and so do looks at who works on it. */
const EVERY_MS = 1_000;

/** Errors: those of reading the run, and SW0104 as soon as nobody works on a run that is not over. */
export async function statusWatch(options: RunChoice, context: Context): Promise<number> {
  const known = await enterRun(options, context);
  const stream = await RunStream.open(sourceOf(known.repository, known, context));
  const show = shower(options, context);
  try {
    for (let seen = -1; ; ) {
      const read = { ...known, state: stream.state };
      const look = await lookAt(read);
      // Reading it anew says why.
      if (stream.broken) return await status(options, context);
      show(read, look, stream.seq !== seen);
      seen = stream.seq;
      if (stream.state.closed && !look.holder) return exitCodeOfRun({ kind: 'closed' }, stream.state, false);
      if (!look.holder) throw new SwarmError(nobody(known.paths.run));
      await changed(stream, context.output.closed);
      if (context.output.closed.aborted) return 0;
    }
  } finally {
    stream.close();
  }
}

/** On a terminal in its place; else whenever there is something new, a line of JSON or the same text. */
function shower({ json }: RunChoice, { output }: Context) {
  const screen = output.columns === undefined || json ? undefined : new Redrawn(process.stdout);
  return (read: Parameters<typeof statusText>[0], look: Look, isNew: boolean): void => {
    if (screen) screen.draw(statusText(read, look, output.columns));
    else if (isNew && json) output.result(jsonText(statusJson(read, look)));
    else if (isNew) output.result(`${statusText(read, look)}\n`);
  };
}

/** Resolves after a second, or sooner where nobody listens any more. What happens meanwhile is seen then. */
function changed(stream: RunStream, closed: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      closed.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, stream.broken ? 0 : EVERY_MS);
    closed.addEventListener('abort', done, { once: true });
  });
}

const nobody = (run: string) =>
  ({
    code: 'SW0104',
    what: `no run is live here: nobody works on ${run}`,
    why: 'there is nothing to watch until somebody goes on with it',
    fix: `swarm resume --run ${run}`,
  }) as const;

/** `swarm cancel`: a task, or a whole run. The live run does it; a run nobody works on is ended here, under its lock. */
import { SwarmError } from '@swarm/core/errors';
import { opened } from '@swarm/core/state';
import { createOrchestrator } from '@swarm/orchestrator';
import { askLive } from '../control/client.ts';
import { effectOf } from '../control/effect.ts';
import { type SteeringCommand, standingOf } from '../control/wire.ts';
import { holderOf, type ReadRun, readRun } from '../finding/opened-run.ts';
import { programPlaces } from '../places.ts';
import { askYesNo, requireSomebody } from '../preparing/ask.ts';
import type { Context } from '../program/context.ts';
import type { CancelOptions, RunChoice } from '../program/options.ts';
import { composePorts } from '../running/compose-ports.ts';
import { lockRepository } from '../running/work.ts';
import { sanitize } from '../telling/output.ts';
import { named, steer } from './steer.ts';

const WHOLE: SteeringCommand = { type: 'cancelRun', reason: 'swarm cancel' };

export async function cancel(
  task: string | undefined,
  options: CancelOptions,
  context: Context,
): Promise<number> {
  if (task !== undefined) {
    const reason = 'swarm cancel';
    return steer({ type: 'cancelTask', task: named(task), reason, by: 'operator' }, options, context);
  }
  const read = await readRun(options, context);
  const isLeft = await isLeftAlone(read);
  if (!(options.yes ?? (await isMeant(read)))) {
    context.output.narrate('nothing was cancelled');
    return 1;
  }
  return isLeft ? cancelLeft(read, options, context) : steer(WHOLE, options, context);
}

/** Open, and nobody works on it: nobody can be asked, and nobody would close it. */
async function isLeftAlone(read: ReadRun): Promise<boolean> {
  const { state, file, paths } = read;
  if (state.closed || !state.run || (await holderOf(read))) return false;
  return !file.control || !(await askLive(file.control, { v: 1, run: paths.run, get: 'state' }));
}

async function isMeant({ paths, state, file }: ReadRun): Promise<boolean> {
  requireSomebody('cancel without a task ends the whole run', 'swarm cancel --yes');
  const { byState, liveAttempts, landedCount } = state;
  const moving = `${liveAttempts.size} working, ${byState.pending.size} waiting, ${landedCount} landed`;
  return askYesNo(`Cancel the whole run ${paths.run} (${moving})? What has landed stays on ${file.landOn}.`);
}

/** Takes the run up, ends it and leaves it: as a live run closes, with nothing started any more. */
async function cancelLeft(read: ReadRun, options: RunChoice, context: Context): Promise<number> {
  const { repository, paths, file } = read;
  const lock = await lockRepository(repository, file.run);
  try {
    const places = programPlaces();
    const onLine = (): void => undefined;
    const composed = await composePorts({ file, repository, paths, places, env: context.env, onLine });
    const settings = {
      ...composed.settings,
      again: [{ type: 'cancelRun', reason: 'swarm cancel' }] as const,
    };
    const orchestrator = createOrchestrator(composed.ports, settings);
    const outcome = await orchestrator.run().finally(() => composed.close());
    if (outcome.kind === 'stopped')
      throw new SwarmError({
        code: 'SW0108',
        what: `${file.run} could not be closed: ${outcome.detail}`,
        fix: `swarm status --run ${file.run}`,
      });
  } finally {
    await lock.release();
  }
  await tell(read, options, context);
  return 0;
}

async function tell(before: ReadRun, options: RunChoice, context: Context): Promise<void> {
  const { run } = before.paths;
  const { entries, state } = await readRun({ ...options, run }, context);
  const events = entries.slice(before.entries.length).flatMap((entry) => entry.events);
  const standing = standingOf(opened(state), { pid: process.pid, isStopping: false });
  if (options.json) context.output.json({ run, events, state: standing });
  else context.output.result(sanitize(effectOf(WHOLE, events, standing)));
}

/** A run's pull request, or its stack, opened or brought up to date; what came of it is in the journal. */
import { SwarmError } from '@swarm/core/errors';
import type { PullPlace } from '@swarm/core/ports/forge';
import { type Proposed, proposeInRun } from '@swarm/orchestrator';
import type { ReadRun } from '../finding/opened-run.ts';
import { programPlaces } from '../places.ts';
import type { Context } from '../program/context.ts';
import { composePorts } from '../running/compose-ports.ts';
import { findForge } from '../running/forging.ts';
import { lockRepository } from '../running/work.ts';
import { isStack, type PrAsk } from './pr-ask.ts';

/** Under the lock, as everything that opens the hub and writes the journal. Errors: SW0501. */
export async function propose(
  asked: Pick<PrAsk, 'read' | 'found' | 'context'> & {
    readonly options: { readonly stack?: true | undefined };
  },
): Promise<Proposed> {
  const { read, found, context } = asked;
  const { repository, paths } = read;
  const { isStacked: _, ...pull } = read.file.pull ?? {};
  const file = { ...read.file, pull: { ...pull, ...(isStack(asked) && { isStacked: true as const }) } };
  const lock = await lockRepository(repository, file.run);
  try {
    const ask = {
      file,
      repository,
      paths,
      env: context.env,
      places: programPlaces(),
      onLine: () => undefined,
    };
    const { ports, close } = await composePorts(ask, found);
    return await proposeInRun({ ...ports, pulls: ports.pulls as PullPlace }).finally(close);
  } finally {
    await lock.release();
  }
}

/** After what was changed by hand. A forge that cannot be asked is told as a refusal: `swarm pr` does it later. */
export async function proposeAgain(read: ReadRun, context: Context): Promise<Proposed> {
  try {
    const found = await findForge(read.repository.gitDir, read.file.target, context.env);
    return await propose({ read, found, options: {}, context });
  } catch (error) {
    if (!(error instanceof SwarmError)) throw error;
    const { what, where, why } = error.problems[0]!;
    return {
      ref: where ?? read.paths.run,
      outcome: 'refused',
      detail: [what, why].filter(Boolean).join(': '),
    };
  }
}

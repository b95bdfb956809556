/** `swarm pr`: the pull request of a run, opened or brought up to date, and what people and checks say of it worked on. */
import { SwarmError } from '@swarm/core/errors';
import type { Proposed } from '@swarm/orchestrator';
import { type ReadRun, readRun } from '../finding/opened-run.ts';
import type { Context } from '../program/context.ts';
import type { PrOptions } from '../program/options.ts';
import { findForge } from '../running/forging.ts';
import { sanitizeLine } from '../telling/output.ts';
import { address } from './pr-address.ts';
import type { PrAsk } from './pr-ask.ts';
import { propose } from './pr-propose.ts';
import { untilGreen } from './pr-until-green.ts';

export async function pr(options: PrOptions, context: Context): Promise<number> {
  const read = await readRun(options, context);
  requirePullable(read, options);
  const found = await findForge(read.repository.gitDir, read.file.target, context.env);
  const asked: PrAsk = { read, found, options, context, again: () => propose(asked) };
  const proposed = await propose(asked);
  if (proposed.outcome === 'refused') {
    throw new SwarmError({
      code: 'SW0634',
      what: `there is no open pull request of ${read.paths.run}`,
      where: proposed.url ?? proposed.ref,
      why: proposed.detail,
      fix: 'swarm report',
    });
  }
  if (!options.json || options.address || options.untilGreen) tell(proposed, context);
  if (options.address) return address(asked);
  if (options.untilGreen) return untilGreen(asked);
  if (options.json) context.output.json({ run: read.paths.run, ...proposed });
  return 0;
}

function requirePullable({ state, file, paths }: ReadRun, options: PrOptions): void {
  const say = (code: 'SW0101' | 'SW0104' | 'SW0108', what: string, fix: string) => {
    throw new SwarmError({ code, what, fix });
  };
  // What was undone may have been pushed before: its undo is then what is owed.
  if (!state.run || state.landedCount + state.undone.size === 0)
    say('SW0104', `${paths.run} has landed nothing: there is nothing to propose`, 'swarm report');
  if (file.landOn === `refs/heads/${file.target}`)
    say(
      'SW0108',
      `${paths.run} landed on ${file.target} itself, and has no branch of its own`,
      'swarm report',
    );
  if (options.address && options.untilGreen)
    say(
      'SW0101',
      '--address and --until-green are one after the other',
      'swarm pr --address; then swarm pr --until-green',
    );
}

function tell({ ref, url, detail }: Proposed, { output }: Context): void {
  const note = detail === '' ? '' : `; ${sanitizeLine(detail, 400)}`;
  output.result(`${sanitizeLine(url ?? ref, 300)}${note}`);
}

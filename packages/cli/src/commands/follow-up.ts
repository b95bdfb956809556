/** A run on the branch of another run's pull request: its landings are pushed there, on top of whatever is there by then. */
import type { TaskDraft } from '@swarm/core/rules/task-format';
import { type ReadRun, readRun } from '../finding/opened-run.ts';
import { programPlaces } from '../places.ts';
import type { Opening } from '../preparing/opening.ts';
import { prepareFor } from '../preparing/prepare.ts';
import type { RunOptions } from '../program/options.ts';
import { work } from '../running/work.ts';
import type { PrAsk } from './pr-ask.ts';

export interface FollowedUp {
  readonly code: number;
  readonly run: ReadRun;
}

export async function followUp(
  { read, found, options, context }: PrAsk,
  branch: string,
  text: string,
  plan: readonly TaskDraft[],
): Promise<FollowedUp> {
  const { file } = read;
  const { driver, fallback = [] } = file.config.agent;
  const asked: RunOptions = {
    repo: read.repository.repository,
    target: branch,
    deliver: 'push',
    agent: options.agent ?? [driver, ...fallback].join(','),
    gate: options.gate ?? file.gate ?? 'none',
    setup: file.setup ?? 'none',
    sandbox: file.sandbox,
  };
  const places = programPlaces();
  const opening: Opening = { text, mode: 'plan', plan };
  const prepared = await prepareFor({
    options: asked,
    context,
    places,
    mode: 'plan',
    opening: async () => opening,
    pushTo: { remote: found.remote, branch, ...(found.header && { header: found.header }) },
  });
  const follows = { run: file.run, target: file.target };
  for (const notice of prepared.notices)
    context.output.narrate(context.output.narrationInk.yellow(`note: ${notice}`));
  const code = await work({
    file: { ...prepared.file, follows },
    repository: prepared.repository,
    places,
    context,
    opening,
    isJson: false,
    isStrict: false,
    promptOverrides: prepared.promptOverrides,
    saysNext: false,
  });
  const choice = { repo: read.repository.repository, run: prepared.file.run };
  return { code, run: await readRun(choice, context) };
}

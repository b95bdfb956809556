/** `swarm clean`: removes what finished runs left, and nothing else. */
import { SwarmError } from '@swarm/core/errors';
import { makeRunId, type RunId } from '@swarm/core/model/ids';
import { findLeftovers, type Leftover, removeLeftover } from '../cleaning/leftovers.ts';
import type { CleanPolicy } from '../cleaning/policy.ts';
import { parseDurationMs } from '../config/units.ts';
import { sizeText } from '../doctor/machine-checks.ts';
import { enterRepository, isKnownRun } from '../finding/door.ts';
import { lockHolder } from '../finding/opened-run.ts';
import type { RepositoryPaths } from '../finding/paths.ts';
import { removeRecord } from '../finding/records.ts';
import { askYesNo, isSomebodyThere } from '../preparing/ask.ts';
import type { Context } from '../program/context.ts';
import { lockRepository, lockState } from '../running/work.ts';
import { renderTable } from '../telling/table.ts';

export interface CleanOptions {
  readonly repo?: string | undefined;
  readonly runs?: true | undefined;
  /** Text where it is no whole number. */
  readonly keep: number | string;
  readonly olderThan: string;
  readonly dryRun?: true | undefined;
  readonly yes?: true | undefined;
  readonly json?: true | undefined;
}

export async function clean(options: CleanOptions, context: Context): Promise<number> {
  const policy = policyOf(options);
  const paths = await enterRepository(options, context);
  if (options.dryRun) return show(paths, policy, options, context);
  if (!options.yes && !isSomebodyThere()) throw nobodyToAsk();
  // Held to the end: a run that would begin meanwhile must not lose its clones.
  const lock = await lockRepository(paths, makeRunId(Date.now(), Math.random));
  try {
    return await removeAll(paths, policy, options, context);
  } finally {
    await lock.release();
  }
}

function policyOf({ runs, keep, olderThan }: CleanOptions): CleanPolicy {
  const olderThanMs = parseDurationMs(olderThan);
  if (typeof keep !== 'number') throw badFlag('--keep', keep, 'a whole number is meant', '--keep 10');
  if (olderThanMs === undefined)
    throw badFlag('--older-than', olderThan, 'a duration is a number and m, h or d', '--older-than 14d');
  return { olderThanMs, isWithRuns: runs === true, keep };
}

const badFlag = (flag: string, value: string, why: string, fix: string): SwarmError =>
  new SwarmError({
    code: 'SW0101',
    what: `${flag} ${JSON.stringify(value)} cannot be used`,
    where: flag,
    why,
    fix,
  });

const nobodyToAsk = (): SwarmError =>
  new SwarmError({
    code: 'SW0101',
    what: 'nobody can be asked: this is no terminal',
    fix: 'swarm clean --dry-run   # shows what would go; --yes removes it',
  });

async function show(
  paths: RepositoryPaths,
  policy: CleanPolicy,
  options: CleanOptions,
  context: Context,
): Promise<number> {
  const { leftovers, kept } = await found(paths, policy, context);
  const holder = await lockHolder(paths);
  if (holder)
    context.output.narrate(`process ${holder.pid} works on ${holder.run}: until it ends nothing is removed`);
  tell(leftovers, kept, { ...options, isRemoved: false }, context);
  return 0;
}

/** Of this operator's runs; what came with the repository is nobody's to judge, and is left alone. */
const found = (paths: RepositoryPaths, policy: CleanPolicy, { env }: Context) =>
  findLeftovers(paths, { policy, now: Date.now(), env, isOurs: (run) => isKnownRun(paths, run, env) });

async function removeAll(
  paths: RepositoryPaths,
  policy: CleanPolicy,
  options: CleanOptions,
  context: Context,
): Promise<number> {
  const { leftovers, kept } = await found(paths, policy, context);
  if (!options.yes && leftovers.length > 0) {
    context.output.narrate(table(leftovers));
    if (!(await askYesNo('Remove all of this?'))) {
      context.output.narrate('nothing was removed');
      return 1;
    }
  }
  for (const leftover of leftovers) {
    await (leftover.kind === 'state' ? removeState(leftover) : removeLeftover(leftover));
    if (leftover.kind === 'run') await removeRecord(context.env, leftover.name as RunId);
  }
  tell(leftovers, kept, { ...options, isRemoved: true }, context);
  return 0;
}

/** Whoever stands in for the work tree, in another one, holds its state: exit 75. */
async function removeState(leftover: Leftover): Promise<void> {
  const lock = await lockState(leftover.path, makeRunId(Date.now(), Math.random));
  try {
    await removeLeftover(leftover);
  } finally {
    await lock.release();
  }
}

function tell(
  leftovers: readonly Leftover[],
  kept: readonly string[],
  { json, isRemoved, runs, keep, olderThan }: CleanOptions & { readonly isRemoved: boolean },
  { output }: Context,
): void {
  const bytes = leftovers.reduce((sum, leftover) => sum + (leftover.bytes ?? 0), 0);
  if (json) {
    const items = leftovers.map(({ kind, name, path, bytes }) => ({
      kind,
      name,
      path,
      bytes: bytes ?? null,
    }));
    output.json({ removed: isRemoved, bytes, items, kept });
    return;
  }
  for (const line of kept) output.narrate(`kept: ${line}`);
  const spared = runs ? `; of the runs the newest ${keep} stay, and those of the last ${olderThan}` : '';
  const nothing = `there is nothing to clean${spared}`;
  const many = leftovers.length === 1 ? '1 thing' : `${leftovers.length} things`;
  const summary = isRemoved
    ? `removed ${many}, ${sizeText(bytes)}`
    : `${many}, ${sizeText(bytes)}, would be removed`;
  output.result(leftovers.length === 0 ? nothing : `${table(leftovers)}\n\n${summary}`);
}

const table = (leftovers: readonly Leftover[]): string =>
  renderTable(
    ['what', 'name', 'size'],
    leftovers.map(({ kind, name, bytes, refs }) => [
      kind,
      name,
      refs ? `${refs.length} in the hub` : sizeText(bytes ?? 0),
    ]),
  );

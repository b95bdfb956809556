/** What a run is given besides when it is taken up again, or while it is live: limits and tasks, as its own commands. */
import type { Command } from '@swarm/core/commands';
import { decide } from '@swarm/core/decide';
import { type Problem, SwarmError } from '@swarm/core/errors';
import { fold } from '@swarm/core/fold';
import type { TaskId } from '@swarm/core/model/ids';
import type { RaisedLimits } from '@swarm/core/model/request';
import { emptyState } from '@swarm/core/state';
import { type AgainCommand, takingUp } from '@swarm/orchestrator';
import { badBudget } from '../config/flags.ts';
import { parseBudget, parseDurationMs } from '../config/units.ts';
import { problemOf } from '../control/refused.ts';
import type { SteeringCommand } from '../control/wire.ts';
import type { ReadRun } from '../finding/opened-run.ts';
import type { ResumeOptions } from '../program/options.ts';

type AgainFlags = Pick<NonNullable<ResumeOptions>, 'budget' | 'time' | 'retry' | 'with'>;

/** Every mistake at once. Errors: SW0101, SW0102. */
export function againOf(flags: AgainFlags): readonly AgainCommand[] {
  const { retry = [] } = flags;
  if (flags.with !== undefined && retry.length === 0)
    throw new SwarmError({
      code: 'SW0101',
      what: '--with is a hint for a task, and none is named',
      fix: 'swarm resume --retry t12 --with "…"',
    });
  const raised = raisedBy(flags);
  const hint = flags.with === undefined ? {} : { hint: flags.with };
  return [
    ...(raised ? [{ type: 'raiseLimits', ...raised, isResuming: true } as const] : []),
    ...retry.map((task): AgainCommand => ({ type: 'retry', task: task as TaskId, by: 'operator', ...hint })),
  ];
}

/** Limits as they are to be, and in `by` those that are so much more than they are. */
export type Raise = RaisedLimits & { readonly by?: RaisedLimits };

/** Undefined where no limit is named. Errors: SW0101, SW0102. */
export function raisedBy({ budget, time }: Pick<AgainFlags, 'budget' | 'time'>): Raise | undefined {
  if (budget === undefined && time === undefined) return undefined;
  const limits = budget === undefined ? {} : raisedBudget(budget);
  const timeMs = time === undefined ? undefined : parseDurationMs(unsigned(time));
  const problems: Problem[] = [
    ...(limits ? [] : [badBudget(budget!, '--budget +5usd,+2Mtok')]),
    ...(time !== undefined && timeMs === undefined ? [badTime(time)] : []),
  ];
  if (problems.length > 0) throw new SwarmError(problems);
  if (timeMs === undefined) return limits;
  const more = isMore(time!) ? { by: { ...limits?.by, timeMs } } : { timeMs };
  return { ...limits, ...more };
}

/** `5usd` is the whole, `+5usd` is so much more; each part for itself. */
function raisedBudget(text: string): Raise | undefined {
  const parts = text.split(',');
  const read = (some: readonly string[]) =>
    some.length === 0 ? {} : parseBudget(some.map(unsigned).join(','));
  const all = read(parts.filter((part) => !isMore(part)));
  const by = read(parts.filter(isMore));
  const isTwice = all && by && Object.keys(by).some((name) => name in all);
  if (!all || !by || isTwice) return undefined;
  return Object.keys(by).length === 0 ? all : { ...all, by };
}

const isMore = (text: string): boolean => text.trim().startsWith('+');
const unsigned = (text: string): string => (isMore(text) ? text.trim().slice(1) : text);

const badTime = (text: string): Problem => ({
  code: 'SW0101',
  what: `the time ${JSON.stringify(text)} cannot be read`,
  where: '--time',
  why: 'a duration is a number and s, m or h',
  fix: '--time 4h',
});

/** What the run would refuse is refused before anything of it is touched. Errors: those of the run's own laws. */
export function requireTakenUp({ entries, state }: ReadRun, again: readonly AgainCommand[]): void {
  const scratch = emptyState();
  for (const entry of entries) fold(scratch, entry);
  let { seq } = scratch;
  const about = { version: '', host: '', pid: process.pid };
  for (const command of takingUp(state, { ...about, again })) {
    const answer = decide(scratch, command);
    if (answer.kind === 'refusal') throw new SwarmError(problemOf(answer, steering(command), scratch));
    seq += 1;
    const at = entries.at(-1)?.at ?? 0;
    if (answer.events.length > 0) fold(scratch, { seq, at, cause: command.type, events: answer.events });
  }
}

/** Whatever is refused is told as it is told of a live run. */
const steering = (command: Command): SteeringCommand => command as SteeringCommand;

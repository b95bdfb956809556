/** What a run that closed because of its budget or its time has left undone, and what goes on with it. */
import { isHeldBack } from '../model/evolve-task.ts';
import type { TaskId } from '../model/ids.ts';
import type { RaisedLimits } from '../model/request.ts';
import { tokensSpent, usdSpent } from '../rules/budget.ts';
import { openRequirements } from '../rules/requirements.ts';
import { leastToGoOn } from '../rules/soft-landing.ts';
import { isOpened, type OpenedState, type State } from '../state.ts';
import { countText, plain } from './words.ts';

export interface Remainder {
  readonly notBegun: readonly TaskId[];
  /** Begun, and neither landed nor answered. */
  readonly begun: readonly TaskId[];
  /** The planner might have asked for more. */
  readonly isPlanOpen: boolean;
  readonly requirements: readonly { readonly id: string; readonly text: string }[];
  /** What goes on with it, with as much more as the rest takes at the cost of what is done. */
  readonly goOn: string;
}

/** Undefined of a run that is open, or closed for another reason. */
export function remainderOf(s: State): Remainder | undefined {
  if (!isOpened(s) || !isCutShort(s)) return undefined;
  const left = [...leftUndone(s)];
  const isBegun = (id: TaskId): boolean => s.tasks.get(id)!.attempts > 0;
  return {
    notBegun: left.filter((id) => !isBegun(id)),
    begun: left.filter(isBegun),
    isPlanOpen: isPlanOpen(s),
    requirements: openRequirements(s).map(({ id, text }) => ({ id: plain(id, 100), text: plain(text) })),
    goOn: `swarm resume${flagsOf(moreFor(s, left.length))}`,
  };
}

const isCutShort = ({ closed }: State): boolean => closed?.reason === 'budget' || closed?.reason === 'time';

/** Tasks that only the end of the run's budget or of its time kept from being done. */
export function leftUndone(s: State): ReadonlySet<TaskId> {
  if (!isCutShort(s)) return new Set();
  const isLeft = (id: TaskId): boolean => {
    const task = s.tasks.get(id)!;
    return task.state === 'failed' && (task.failure === 'budget' || task.failure === 'time');
  };
  return new Set([...s.byState.failed].filter(isLeft));
}

/** How many they are; whoever tried one beside others is told of with the task. */
export const leftCount = (s: State): number =>
  [...leftUndone(s)].filter((id) => !isHeldBack(s.tasks.get(id)!)).length;

/** Its planner has not said that what it filed is all. */
const isPlanOpen = ({ run, planning }: OpenedState): boolean =>
  run.request.mode === 'planner' && !planning.isDone && !planning.saidDone;

/** One sentence without an end for each kind of what is left; nothing where nothing is. */
export function remainderTexts({ notBegun, begun, isPlanOpen, requirements }: Remainder): readonly string[] {
  const isAre = (n: number): string => (n === 1 ? 'was' : 'were');
  return [
    ...(notBegun.length > 0
      ? [`${countText(notBegun.length, 'task')} ${isAre(notBegun.length)} not begun (${named(notBegun)})`]
      : []),
    ...(begun.length > 0
      ? [`${countText(begun.length, 'task')} ${isAre(begun.length)} begun and not finished (${named(begun)})`]
      : []),
    ...(isPlanOpen ? ['the planner had not said that this is all'] : []),
    ...(requirements.length > 0
      ? [`${countText(requirements.length, 'requirement')} open (${named(requirements.map(({ id }) => id))})`]
      : []),
  ];
}

const NAMED_MAX = 12;

function named(names: readonly string[]): string {
  const more = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : '';
  return `${names.slice(0, NAMED_MAX).join(', ')}${more}`;
}

// ───────────────────────── how much more ─────────────────────────

/** A rest that nobody has planned yet counts as so many tasks. */
const UNPLANNED = 3;

/** So much more of each limit that is too little, at the cost of what is done. */
function moreFor(s: OpenedState, left: number): RaisedLimits {
  const { limits } = s.run.request;
  const done = Math.max(1, [...s.tasks.values()].filter((t) => t.attempts > 0).length);
  const rest = Math.max(1, left) + (isPlanOpen(s) ? UNPLANNED : 0);
  const least = leastToGoOn(s);
  const used = { tokens: tokensSpent(s.spending), usd: usdSpent(s.spending), timeMs: s.activeMs };
  const more = (name: keyof RaisedLimits): number | undefined => {
    const now = limits[name];
    if (now === undefined) return undefined;
    const all = Math.max(least[name], (used[name] * (1 + rest / done)) / (limits.soft ?? 1));
    return all > now ? upTo1(all - now) : undefined;
  };
  const [tokens, usd, timeMs] = [more('tokens'), more('usd'), more('timeMs')];
  return {
    ...(tokens !== undefined && { tokens }),
    ...(usd !== undefined && { usd }),
    ...(timeMs !== undefined && { timeMs }),
  };
}

/** One figure that counts, and never less. */
function upTo1(n: number): number {
  const step = 10 ** Math.floor(Math.log10(n));
  return Number((Math.ceil(n / step - 1e-9) * step).toPrecision(2));
}

function flagsOf({ tokens, usd, timeMs }: RaisedLimits): string {
  const budget = [
    ...(usd === undefined ? [] : [`+${usd}usd`]),
    ...(tokens === undefined ? [] : [`+${tokensText(tokens)}`]),
  ];
  const time = timeMs === undefined ? '' : ` --time +${timeText(timeMs)}`;
  return `${budget.length === 0 ? '' : ` --budget ${budget.join(',')}`}${time}`;
}

const tokensText = (n: number): string =>
  n % 1e6 === 0 ? `${n / 1e6}Mtok` : n % 1e3 === 0 ? `${n / 1e3}ktok` : `${n}tok`;

const timeText = (ms: number): string =>
  ms > 600_000 ? `${Math.ceil(ms / 60_000)}m` : `${Math.ceil(ms / 1_000)}s`;

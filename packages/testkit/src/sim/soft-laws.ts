/** Laws of a budget that lands softly: when it is said to be near, what opens after that, and what it leaves behind. */
import { type TaskId, taskOf } from '@swarm/core/model/ids';
import type { Law, Look } from './law.ts';
import { asideIn } from './purse.ts';
import { floorFor } from './spend-laws.ts';

const DIMENSIONS = ['tokens', 'usd'] as const;
/** What is kept is counted in whole tokens. */
const ROUNDED = 1;

const spentOf = ({ before }: Look, name: 'tokens' | 'usd'): number =>
  [...before.purse.spent.values()].reduce((sum, of) => sum + of[name], 0);

/** It was asked for, is said once, and so much is spent, or nothing is left to open with. */
const isNearWhenItIsSaid: Law = (e, look) => {
  if (e.type !== 'budget.neared') return [];
  const { story, before } = look;
  const { soft } = story.features;
  if (soft === undefined) return ['soft: the budget is said to be near, and no soft limit was asked for'];
  const again = before.purse.neared === undefined ? [] : ['soft: the budget is said to be near once more'];
  if (e.which === 'time') return again;
  const limit = story[e.which] ?? Infinity;
  const isPast = spentOf(look, e.which) >= soft * limit;
  const isMet = look.entry.events.some(
    (one) => one.type === 'attempt.ended' && one.reason === 'budget-limit',
  );
  const lefts = DIMENSIONS.map((name) => leftToOpen(look, name, soft) - floorFor(look, name));
  const isOut = isNothingAside(look) && Math.min(...lefts) < ROUNDED;
  const isEarly = !isPast && !isMet && !isOut;
  return isEarly
    ? [
        ...again,
        `soft: it is said to be near, and ${leftToOpen(look, e.which, soft)} ${e.which} may be opened with`,
      ]
    : again;
};

function leftToOpen(look: Look, name: 'tokens' | 'usd', soft: number): number {
  const { story, before } = look;
  const whole = ((story[name] ?? Infinity) * (1 + soft)) / 2 - before.purse.all()[name];
  return Math.min(
    whole,
    (story.features.roles?.worker?.[name] ?? Infinity) - before.purse.all('worker')[name],
  );
}

/** Nothing is in flight that may give some of it back; amounts in a dimension that bounds nothing are none. */
const isNothingAside = ({ before }: Look): boolean =>
  [...before.purse.open.values()].every(({ tokens, usd }) => tokens === 0 && usd === 0);

/** Once so much is spent, nothing opens without a word of it; and afterwards only what mends the target. */
const opensNothingAfterIt: Law = (e, look) => {
  const opened = openedBy(e, look);
  const { story, before } = look;
  const { soft } = story.features;
  if (opened === undefined || soft === undefined) return [];
  if (before.purse.neared !== undefined)
    return [`soft: ${opened} opens, and the limit of ${before.purse.neared} is near`];
  return DIMENSIONS.filter((name) => spentOf(look, name) >= soft * (story[name] ?? Infinity)).map(
    (name) => `soft: ${opened} opens, and ${spentOf(look, name)} ${name} are spent`,
  );
};

function openedBy(e: Parameters<Law>[0], { before }: Look): string | undefined {
  if (e.type === 'task.expanded') return `the split of ${e.task}`;
  if (e.type === 'iteration.started') return `iteration ${e.iteration}`;
  if (e.type !== 'attempt.started') return undefined;
  return before.task(taskOf(e.attempt)).signatures.length > 0 ? undefined : asideIn(e)?.key;
}

/** What can be mended is mended, or taken back, before the run closes; and somebody looked at what is left. */
const leavesTheTargetWell: Law = (e, { before, story, base, entry }) => {
  if (e.type !== 'run.closed' || before.purse.neared === undefined || before.paused !== undefined) return [];
  const isChecked = !story.hasChecks || e.head === base || before.lastChecked === e.head;
  const toFix = [...before.tasks].filter(
    ([id, task]) =>
      task.signatures.length > 0 && isOpen(task, id, entry) && before.purse.reached === undefined,
  );
  const guilty = [...before.blame.guilty()].filter((task) => before.landed.has(task));
  return [
    ...(isChecked ? [] : ['soft: the run closes near its limit, on a head nobody checked']),
    ...toFix.map(([id]) => `soft: the run closes near its limit, and ${id} is to mend the target`),
    ...(story.hasChecks ? guilty : []).map(
      (id) => `soft: the run closes near its limit, and ${id} broke the target`,
    ),
  ];
};

/** It fails in the very entry that closes the run: it was open until then, and never begun in vain. */
const isOpen = (
  task: { readonly spec: { readonly dependsOn: readonly TaskId[] } },
  id: TaskId,
  entry: Look['entry'],
): boolean =>
  task.spec.dependsOn.length === 0 &&
  entry.events.some((one) => one.type === 'task.failed' && one.task === id && one.failure === 'budget');

export const SOFT_LAWS: readonly Law[] = [isNearWhenItIsSaid, opensNothingAfterIt, leavesTheTargetWell];

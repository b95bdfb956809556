/** Laws of the budget: what is set aside fits, of the whole and of each role; who is at its end is so. */
import type { Law, Look } from './law.ts';
import { asideIn } from './purse.ts';

/** Money adds up in floating point. */
const TINY = 1e-9;
/** With less than this nothing useful starts: written out here, because the core's own may be wrong. */
const FLOOR = { tokens: 10_000, usd: 0.01 } as const;

/** Near a soft limit nothing begins with less than half as much again as attempts used on average. */
export function floorFor({ before, story }: Pick<Look, 'before' | 'story'>, name: 'tokens' | 'usd'): number {
  if (story.features.soft === undefined || before.purse.neared !== undefined) return FLOOR[name];
  const mean = before.purse.of('worker')[name] / Math.max(1, before.ended.size);
  if (name === 'usd') return Math.max(FLOOR.usd, 1.5 * mean);
  return Math.min(50_000, Math.max(FLOOR.tokens, Math.ceil(1.5 * mean)));
}
const DIMENSIONS = ['tokens', 'usd'] as const;

/** P8: nothing is set aside that is not there, of the whole and of its role's part. */
const setsAsideWhatIsThere: Law = (e, { before, story }) => {
  const set = asideIn(e);
  if (!set) return [];
  const part = story.features.roles?.[set.role] ?? {};
  return DIMENSIONS.flatMap((name) => {
    const amount = set.reserved[name];
    if (amount === 0) return [];
    const whole = before.purse.all()[name] + amount - openTo({ before, story }, name);
    const own = before.purse.all(set.role)[name] + amount - (part[name] ?? Infinity);
    return [
      ...(name === 'tokens' && !Number.isInteger(amount)
        ? [`P8: ${set.key} has ${amount} tokens set aside, and an agent is only told of whole ones`]
        : []),
      ...(whole > (story.features.soft ? 1 : TINY)
        ? [`P8: ${set.key} has ${amount} ${name} set aside, ${whole} more than there are`]
        : []),
      ...(own > TINY
        ? [`P8: ${set.key} has ${amount} ${name} set aside, ${own} more than the ${set.role}s’ part`]
        : []),
    ];
  });
};

/** Half of what lies behind the soft limit is kept for the target until it is met. */
function openTo({ before, story }: Pick<Look, 'before' | 'story'>, name: 'tokens' | 'usd'): number {
  const { soft = 1 } = story.features;
  const whole = story[name] ?? Infinity;
  return before.purse.neared === undefined && soft < 1 ? (whole * (1 + soft)) / 2 : whole;
}

/** What bounds workers is what is left of the whole, or of their part. */
function leftForWorkers({ before, story }: Look, name: 'tokens' | 'usd'): number {
  const part = story.features.roles?.worker?.[name] ?? Infinity;
  const whole = openTo({ before, story }, name);
  return Math.min(whole - before.purse.all()[name], part - before.purse.all('worker')[name]);
}

/** A task pays for its own limit, and never for the run's: who had less than its own, because there was no more, did not. */
const endsByTheRightLimit: Law = (e, look) => {
  if (e.type !== 'attempt.ended') return [];
  const isRunsEnd = (name: 'tokens' | 'usd'): boolean => {
    const reserved = look.before.purse.open.get(e.attempt)?.[name] ?? 0;
    const own = name === 'tokens' ? 50_000 : Infinity;
    const left = leftForWorkers(look, name);
    return Number.isFinite(left) && reserved < own && left < floorFor(look, name);
  };
  const isCalledOff = look.before.purse.reached !== undefined || !look.before.holds(e.attempt);
  if (e.reason === 'budget-limit')
    return DIMENSIONS.some(isRunsEnd)
      ? []
      : [`budget: ${e.attempt} ends by the run’s budget, and there is more`];
  const name = e.reason === 'token-limit' ? 'tokens' : e.reason === 'money-limit' ? 'usd' : undefined;
  return name && !isCalledOff && isRunsEnd(name)
    ? [`budget: ${e.attempt} pays for the run’s budget (${e.reason})`]
    : [];
};

/** Nothing that might give some of it back is in flight when the budget is said to be used up, and little is left. */
const reachesItsEnd: Law = (e, look) => {
  const { story } = look;
  if (e.type !== 'budget.reached' || e.which === 'time') return [];
  const { open } = look.before.purse;
  const inFlight = [...open].filter(([, { tokens, usd }]) => tokens > TINY || usd > TINY).map(([key]) => key);
  const isMet = look.entry.events.some(
    (one) => one.type === 'attempt.ended' && one.reason === 'budget-limit',
  );
  const left = leftForWorkers(look, e.which);
  const isKept = story.features.soft !== undefined && look.before.purse.neared === undefined;
  return [
    ...(isKept ? [`budget: it is said to be used up, and nobody said before that it is near`] : []),
    ...inFlight.map((key) => `budget: it is said to be used up while ${key} runs`),
    ...(isMet || left < FLOOR[e.which]
      ? []
      : [`budget: it is said to be used up, and ${left} ${e.which} are left`]),
  ];
};

/** Once it is, nothing that spends starts. */
const startsNothingAfterIt: Law = (e, { before }) => {
  const set = asideIn(e);
  return set && before.purse.reached !== undefined
    ? [`budget: ${set.key} starts, and the limit of ${before.purse.reached} is reached`]
    : [];
};

export const SPEND_LAWS: readonly Law[] = [
  setsAsideWhatIsThere,
  endsByTheRightLimit,
  reachesItsEnd,
  startsNothingAfterIt,
];

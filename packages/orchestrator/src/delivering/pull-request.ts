/**
 * Brings a run's work to its pull request. The branch is pushed first; then the forge is searched by the branch's name, and
 * what is missing is done. So it may be killed anywhere and done again: there is one pull request all the same.
 */
import { SwarmError } from '@swarm/core/errors';
import type { CommitId } from '@swarm/core/model/ids';
import type { BranchPush, ForgeBranch, PullPlace, PullRequest } from '@swarm/core/ports/forge';
import type { Clock } from '@swarm/core/ports/world';
import { type PullStep, pullStep } from '@swarm/core/rules/pull-requests';
import { plain } from '@swarm/core/views/words';

export interface PullAsk {
  /** Without `refs/heads/`. */
  readonly branch: string;
  readonly base: string;
  readonly commit: CommitId;
  readonly title: string;
  readonly body: string;
  readonly ourBases?: string;
  readonly isAsked?: true;
}

export interface PullDone {
  readonly outcome: 'done' | 'refused';
  readonly detail: string;
  readonly url?: string;
  readonly number?: number;
}

/** Times it is tried again after an answer that was lost, and the first pause between, ms. */
const TURNS_MAX = 5;
const PAUSE_MS = 500;

/** Never throws for what a remote or a forge says. */
export async function bringPull(
  place: PullPlace,
  clock: Pick<Clock, 'after'>,
  ask: PullAsk,
): Promise<PullDone> {
  const pushed = await patiently(clock, () => place.branches.push(ask.branch, ask.commit));
  const refusal = notPushed(place, ask, pushed);
  if (refusal !== undefined) return { outcome: 'refused', detail: refusal };
  const note =
    pushed.kind === 'ahead' ? `somebody’s commits are on top of it, up to ${pushed.head.slice(0, 10)}` : '';
  try {
    const done = await openOrChange(place, clock, ask);
    return note === '' ? done : { ...done, detail: [done.detail, note].filter(Boolean).join('; ') };
  } catch (error) {
    return {
      outcome: 'refused',
      detail: `${saidOf(error)}; the branch is pushed, and swarm pr opens it later`,
    };
  }
}

/** What is no word of a remote or a forge is thrown again. */
export function saidOf(error: unknown): string {
  if (!(error instanceof SwarmError)) throw error;
  const { what, why } = error.problems[0]!;
  return why === undefined ? what : `${what}: ${plain(why, 400)}`;
}

/** A remote that is silent may answer in a moment. */
async function patiently(clock: Pick<Clock, 'after'>, push: () => Promise<BranchPush>): Promise<BranchPush> {
  for (let turn = 1; ; turn++) {
    const pushed = await push();
    if (pushed.kind !== 'silent' || turn === TURNS_MAX) return pushed;
    await pause(clock, PAUSE_MS * 2 ** (turn - 1));
  }
}

const pause = (clock: Pick<Clock, 'after'>, ms: number): Promise<void> =>
  new Promise((resume) => void clock.after(ms, resume));

function notPushed({ remote }: PullPlace, { branch }: PullAsk, pushed: BranchPush): string | undefined {
  if (pushed.kind === 'silent')
    return `${remote} did not take ${branch}: ${plain(pushed.why, 400)}; swarm pr tries again`;
  if (pushed.kind !== 'elsewhere') return undefined;
  const at = pushed.head.slice(0, 10);
  return `somebody else moved ${branch} on ${remote} to ${at}, and it is left as it is; git fetch ${remote} ${branch}`;
}

async function openOrChange(place: PullPlace, clock: Pick<Clock, 'after'>, ask: PullAsk): Promise<PullDone> {
  const head: ForgeBranch = { slug: place.headSlug, branch: ask.branch };
  let said = '';
  for (let turn = 1; turn <= TURNS_MAX; turn++) {
    const step = pullStep(await place.forge.findPulls(head), ask);
    if (step.kind !== 'open') return take(place, step);
    // A no that is still no after a look is one; an answer that was lost is looked for before it is asked anew.
    if (said !== '') return { outcome: 'refused', detail: `the forge refused it: ${plain(said, 400)}` };
    const { title, body, base } = ask;
    const isDraft = place.isDraft && { isDraft: place.isDraft };
    const outcome = await place.forge.openPull({ head, base, title, body, ...isDraft });
    if (outcome.kind === 'opened') return doneWith(outcome.pull);
    if (outcome.kind === 'refused') said = outcome.why || 'it did not say why';
    else await pause(clock, PAUSE_MS * 2 ** (turn - 1));
  }
  return { outcome: 'refused', detail: 'the forge did not say whether it was opened; swarm pr looks again' };
}

async function take({ forge }: PullPlace, step: Exclude<PullStep, { kind: 'open' }>): Promise<PullDone> {
  const { pull } = step;
  switch (step.kind) {
    case 'keep':
      return doneWith(pull);
    case 'change': {
      const { body, base } = step;
      const why = await forge.updatePull(pull.number, { ...(body && { body }), ...(base && { base }) });
      if (why === undefined) return doneWith(pull);
      const what = base === undefined ? 'text was' : 'base and text were';
      return { ...doneWith(pull), detail: `its ${what} not changed: ${plain(why, 300)}` };
    }
    case 'merged':
      return { ...doneWith(pull), detail: `it was merged${await byWhom(forge, pull)}` };
    case 'ended':
      return endedBy(forge, pull);
  }
}

/** A person ended it: that is theirs to say. */
export async function endedBy(forge: PullPlace['forge'], pull: PullRequest): Promise<PullDone> {
  const how = pull.state === 'merged' ? 'merged before the last landings' : 'closed';
  const next = pull.state === 'merged' ? 'swarm pr opens another' : 'reopen it, then swarm pr';
  const detail = `pull request ${pull.number} was ${how}${await byWhom(forge, pull)}; ${next}`;
  return { outcome: 'refused', detail, url: pull.url, number: pull.number };
}

/** Lists do not say who. */
export async function byWhom(forge: PullPlace['forge'], { number, endedBy }: PullRequest): Promise<string> {
  const who = endedBy ?? (await forge.pull(number))?.endedBy;
  return who === undefined ? '' : ` by ${plain(who, 60)}`;
}

const doneWith = ({ url, number }: PullRequest): PullDone => ({ outcome: 'done', detail: '', url, number });

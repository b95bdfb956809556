/**
 * Brings a run's work to its pull request. The branch is pushed first; then the forge is searched by the branch's name, and
 * what is missing is done. So it may be killed anywhere and done again: there is one pull request all the same.
 */
import { SwarmError } from '@swarm/core/errors';
import type { CommitId } from '@swarm/core/model/ids';
import type { BranchPush, ForgeBranch, PullPlace, PullRequest } from '@swarm/core/ports/forge';
import type { Clock } from '@swarm/core/ports/world';
import { type PullStep, pullStep } from '@swarm/core/rules/pull-requests';
import { queuedText, standingTexts } from '@swarm/core/views/pull-standing';
import { plain } from '@swarm/core/views/words';

export interface PullAsk {
  /** Without `refs/heads/`. */
  readonly branch: string;
  readonly base: string;
  readonly commit: CommitId;
  readonly title: string;
  readonly body: string;
  readonly ourBases?: string;
  /** One of ours that is a draft is to be one no more. */
  readonly isReady?: boolean;
  readonly isAsked?: true;
}

export interface PullDone {
  readonly outcome: 'done' | 'refused';
  readonly detail: string;
  readonly url?: string;
  readonly number?: number;
}

type PullBrought = PullDone & { readonly outcome: 'done'; readonly pull: PullRequest };
type PullRefused = PullDone & { readonly outcome: 'refused' };

/** Times it is tried again after an answer that was lost, and the first pause between, ms. */
const TURNS_MAX = 5;
const PAUSE_MS = 500;

/** Never throws for what a remote or a forge says. */
export async function bringPull(
  place: PullPlace,
  clock: Pick<Clock, 'after'>,
  ask: PullAsk,
): Promise<PullDone> {
  const held = ask.isAsked && (await asRefusal('swarm pr tries again', () => heldInQueue(place, ask)));
  if (held) return held;
  const pushed = await patiently(clock, () => place.branches.push(ask.branch, ask.commit));
  const refusal = notPushed(place, ask, pushed);
  if (refusal !== undefined) return { outcome: 'refused', detail: refusal };
  const note =
    pushed.kind === 'ahead' ? `somebody’s commits are on top of it, up to ${pushed.head.slice(0, 10)}` : '';
  const done = await asRefusal('the branch is pushed, and swarm pr opens it later', async () => {
    const brought = await openOrChange(place, clock, ask);
    return brought.outcome === 'refused' ? brought : told(place, ask, brought);
  });
  return note === '' ? done : { ...done, detail: [done.detail, note].filter(Boolean).join('; ') };
}

async function asRefusal<T>(next: string, act: () => Promise<T>): Promise<T | PullDone> {
  try {
    return await act();
  } catch (error) {
    return { outcome: 'refused', detail: `${saidOf(error)}; ${next}` };
  }
}

/** What is pushed to it would take it out of the forge's own queue. */
async function heldInQueue(place: PullPlace, { branch, commit }: PullAsk): Promise<PullDone | undefined> {
  const found = await place.forge.findPulls({ slug: place.headSlug, branch });
  const pull = found.find(({ state }) => state === 'open');
  if (!pull || pull.headCommit === commit) return undefined;
  const { queued } = await place.forge.standing(pull.number);
  if (!queued) return undefined;
  const detail = `pull request ${pull.number} ${queuedText(queued)}, and a push would take it out: what came since is not there; swarm pr again once it is merged, or was taken out`;
  return { outcome: 'refused', detail, url: pull.url, number: pull.number };
}

/** A draft of ours is made ready; what else it waits for is told whoever asks. */
async function told({ forge, isDraft }: PullPlace, ask: PullAsk, done: PullBrought): Promise<PullDone> {
  const { pull, ...rest } = done;
  const details = [rest.detail];
  if (isDraft && ask.isReady && pull.isDraft && pull.state === 'open') {
    const why = await forge.makeReady(pull.number);
    if (why !== undefined) details.push(`it is a draft still: ${plain(why, 300)}`);
  }
  if (ask.isAsked && pull.state === 'open') details.push(...standingTexts(await forge.standing(pull.number)));
  return { ...rest, detail: details.filter(Boolean).join('; ') };
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

async function openOrChange(
  place: PullPlace,
  clock: Pick<Clock, 'after'>,
  ask: PullAsk,
): Promise<PullBrought | PullRefused> {
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

async function take(
  { forge }: PullPlace,
  step: Exclude<PullStep, { kind: 'open' }>,
): Promise<PullBrought | PullRefused> {
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
export async function endedBy(forge: PullPlace['forge'], pull: PullRequest): Promise<PullRefused> {
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

const doneWith = (pull: PullRequest): PullBrought => {
  const { url, number } = pull;
  return { outcome: 'done', detail: '', url, number, pull };
};

/** Which pull request has a run's work, and what is owed to it. The world was searched first: this decides over what it told. */
import type { CommitId } from '../model/ids.ts';
import type { PullRequest } from '../ports/forge.ts';

export interface WantedPull {
  readonly commit: CommitId;
  readonly base: string;
  /** Begins with our mark; what follows the other one is written when it is opened, and then stays. */
  readonly body: string;
  /** What bases of our own begin with: a stack's move as what is below them is merged. */
  readonly ourBases?: string;
  /** A person asked for it now, and may have seen what was merged. */
  readonly isAsked?: true;
}

export type PullStep =
  | { readonly kind: 'open' }
  | { readonly kind: 'change'; readonly pull: PullRequest; readonly body?: string; readonly base?: string }
  | { readonly kind: 'keep'; readonly pull: PullRequest }
  /** A person merged it with all there is. */
  | { readonly kind: 'merged'; readonly pull: PullRequest }
  /** A person closed it, or merged it before the last landings: that is theirs to say, and nothing is opened over it. */
  | { readonly kind: 'ended'; readonly pull: PullRequest };

/** @param found of this run's branch, the newest first. */
export function pullStep(found: readonly PullRequest[], wanted: WantedPull): PullStep {
  const open = found.filter(({ state }) => state === 'open');
  const pull = open.find(({ base }) => base === wanted.base) ?? open[0];
  if (pull) return changeOf(pull, wanted);
  const [last] = found;
  if (!last) return { kind: 'open' };
  if (last.state === 'merged' && last.headCommit === wanted.commit) return { kind: 'merged', pull: last };
  return wanted.isAsked && last.state === 'merged' ? { kind: 'open' } : { kind: 'ended', pull: last };
}

/** Whose title it is and what it is to be merged into may have been changed by a person: only the body is ours. */
function changeOf(pull: PullRequest, wanted: WantedPull): PullStep {
  const body = withOurPart(pull.body, wanted.body);
  const isOurBase = wanted.ourBases !== undefined && pull.base.startsWith(wanted.ourBases);
  const change = {
    ...(body !== undefined && body !== pull.body && { body }),
    ...(isOurBase && pull.base !== wanted.base && { base: wanted.base }),
  };
  return Object.keys(change).length === 0 ? { kind: 'keep', pull } : { kind: 'change', pull, ...change };
}

export const OURS_BEGINS = '<!-- swarm: this part is written anew; what stands outside it stays -->';
export const OURS_ENDS = '<!-- swarm: end -->';

/** Undefined: the marks are gone, so somebody wrote the body themselves. Forges turn line ends round. */
export function withOurPart(body: string, whole: string): string | undefined {
  const ours = whole.slice(0, whole.indexOf(OURS_ENDS) + OURS_ENDS.length);
  const begins = body.indexOf(OURS_BEGINS);
  const ends = body.indexOf(OURS_ENDS, begins);
  if (begins < 0 || ends < 0) return body.trim() === '' ? whole : undefined;
  const before = body.slice(0, begins);
  const after = body.slice(ends + OURS_ENDS.length);
  const isSame = body.slice(begins, ends + OURS_ENDS.length).replaceAll('\r\n', '\n') === ours;
  return isSame ? body : `${before}${ours}${after}`;
}

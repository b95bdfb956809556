/** What stands between a pull request and its merge, besides checks, in words. */
import type { PullStanding } from '../ports/forge.ts';

const WANTS: Readonly<Record<NonNullable<PullStanding['wants']>, string>> = {
  approval: 'it wants an approval',
  changes: 'a reviewer wants changes; swarm pr --address',
};

export const standingTexts = ({ queued, wants }: PullStanding): readonly string[] => [
  ...(queued ? [`it ${queuedText(queued)}`] : []),
  ...(wants ? [WANTS[wants]] : []),
];

export const queuedText = ({ place }: NonNullable<PullStanding['queued']>): string =>
  `waits in the forge’s own queue to be merged${place === undefined ? '' : `, at place ${place}`}`;

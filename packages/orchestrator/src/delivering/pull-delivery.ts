/** What of a run goes into pull requests, and with what words: one of all that landed, or one for each task. */
import type { PullPlace } from '@swarm/core/ports/forge';
import type { Clock } from '@swarm/core/ports/world';
import type { OpenedState } from '@swarm/core/state';
import { pullBody, pullTitle } from '@swarm/core/views/pull-request';
import { report } from '@swarm/core/views/report';
import { bringPull } from './pull-request.ts';
import { proposeStack } from './pull-stack.ts';
import { askedIn, branchOf, type Proposed, proposed } from './pull-words.ts';

export type { Proposed } from './pull-words.ts';

/** @param isAsked a person asked for it by hand. */
export async function proposePulls(
  state: OpenedState,
  place: PullPlace,
  clock: Pick<Clock, 'after'>,
  isAsked?: true,
): Promise<Proposed> {
  return place.isStacked
    ? proposeStack(state, place, clock, isAsked)
    : proposeOne(state, place, clock, isAsked);
}

async function proposeOne(
  state: OpenedState,
  place: PullPlace,
  clock: Pick<Clock, 'after'>,
  isAsked?: true,
): Promise<Proposed> {
  const { request, id } = state.run;
  const { asker } = place;
  const told = { ...report(state), request: askedIn(state) };
  const done = await bringPull(place, clock, {
    branch: branchOf(request.landOn),
    base: place.base,
    commit: state.head,
    title: pullTitle(askedIn(state), id),
    body: pullBody(told, asker ? { asker } : {}),
    isReady: told.verdict === 'complete',
    ...(isAsked && { isAsked }),
  });
  return proposed(place, done);
}

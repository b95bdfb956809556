/** Laws of what a run is held against: by what could have failed, on the commit it ends with, and each once there. */

import type { EventOf } from '@swarm/core/events';
import { nameOf } from './criteria-ledger.ts';
import type { Law } from './law.ts';

type Judged = EventOf<'acceptance.judged'>;

/** Nothing is verified by a check that was not seen to fail on the base. */
const showsOnlyByWhatCouldFail: Law = (e, { before, base }) => {
  if (e.type === 'criteria.tried')
    return e.commit === base ? [] : [`criteria: they are tried on ${e.commit}, which is not the base`];
  if (e.type !== 'acceptance.judged' || e.verdict === 'failed' || e.verdict === 'unverified') return [];
  const tried = before.criteria.onBase.get(nameOf(e.task, e.criterion));
  const wanted = e.verdict === 'verified' ? 'fails' : 'holds';
  return tried?.commit === base && tried.end === wanted
    ? []
    : [
        `criteria: ${nameOf(e.task, e.criterion)} is ${e.verdict}, and its check ${tried?.end ?? 'was not tried'} on the base`,
      ];
};

/** What was judged on a commit is not looked at there again, but where the head was another one in between. */
const looksOnce: Law = (e, { before }) =>
  e.type === 'acceptance.judged' && isOfCommit(before.criteria.judged.get(nameOf(e.task, e.criterion)), e)
    ? [`criteria: ${nameOf(e.task, e.criterion)} is judged twice on ${e.evidence?.commit}`]
    : [];

const isOfCommit = (last: Judged | undefined, now: Judged): boolean =>
  last !== undefined && last.evidence?.commit === now.evidence?.commit;

/** A run that is done says of each how it stands on the commit it ends with. */
const closesWithAWord: Law = (e, { before, story }) => {
  if (e.type !== 'run.closed' || e.reason !== 'done' || !story.features.isHeld) return [];
  const own = ['p0 is written', 'f0 begins with one'].map((criterion) => nameOf(undefined, criterion));
  const landed = [...before.landed].flatMap((id) => {
    const [, said] = /^- (`.*` passes)$/m.exec(before.task(id).spec.acceptance) ?? [];
    return said === undefined ? [] : [nameOf(id, said)];
  });
  return [...own, ...landed].flatMap((name) =>
    before.criteria.judged.get(name)?.evidence?.commit === e.head
      ? []
      : [`criteria: the run closes, and nobody looked at ${name} on its head`],
  );
};

export const CRITERIA_LAWS: readonly Law[] = [showsOnlyByWhatCouldFail, looksOnce, closesWithAWord];

/** What was looked at of what a run is held against, kept once more by code of its own. */
import type { Event, EventOf } from '@swarm/core/events';

type Judged = EventOf<'acceptance.judged'>;

export class CriteriaLedger {
  /** How each ended on the base, by `nameOf`. */
  readonly onBase = new Map<string, { readonly commit: string; readonly end: string }>();
  readonly judged = new Map<string, Judged>();

  take(e: Event): void {
    if (e.type === 'criteria.tried')
      for (const { task, criterion, end } of e.results)
        this.onBase.set(nameOf(task, criterion), { commit: e.commit, end });
    if (e.type !== 'acceptance.judged') return;
    this.judged.set(nameOf(e.task, e.criterion), e);
  }
}

export const nameOf = (task: string | undefined, criterion: string): string =>
  `${task ?? 'the run'}: ${criterion}`;

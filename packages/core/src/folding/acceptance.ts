/** What was to hold, and whether it does. */
import type { AcceptanceEvent } from '../events.ts';
import { criterionKey } from '../rules/acceptance.ts';
import type { FoldsOf } from './folds.ts';

export const ACCEPTANCE_FOLDS: FoldsOf<AcceptanceEvent> = {
  'acceptance.judged'(s, { type: _, ...judged }, at) {
    s.acceptance.set(criterionKey(judged.task, judged.criterion), { ...judged, at });
  },
  'criteria.tried'(s, { commit, results }) {
    for (const { task, criterion, end, detail } of results)
      s.triedCriteria.set(criterionKey(task, criterion), { commit, end, detail });
  },
};

/** The planner's list of what the request asks for, held against what its tasks came to. */
import type { Requirement } from '../model/requirement.ts';
import { isSatisfied } from '../model/task.ts';
import type { State } from '../state.ts';

/** Said to be met, and some task of those that were to bring it did; one without tasks was there before. */
const isMet = (s: State, { status, tasks }: Requirement): boolean =>
  status === 'met' && (tasks.length === 0 || tasks.some((id) => isSatisfied(s.tasks.get(id)!.state)));

/** What is asked for and not there, as far as the planner's own list and its tasks tell. */
export const openRequirements = (s: State): readonly Requirement[] =>
  [...s.planning.requirements.values()].filter((one) => one.status !== 'dropped' && !isMet(s, one));

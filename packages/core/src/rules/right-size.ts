/** A request that is one task is worked on as one: nobody splits it, and nobody is asked what its failures have in common. */
import type { State } from '../state.ts';

/** Whether all that was asked for is one task, by a plan or by its planner's last word. What mends the target is beside it. */
export function isOneTask(s: State): boolean {
  if (s.tasks.size === 0 || s.run === undefined || s.run.request.mode === 'land') return false;
  const isWhole = s.run.request.mode === 'plan' || (!s.planning.live && s.planning.saidDone);
  let asked = 0;
  for (const { source } of s.tasks.values())
    if (source.by !== 'reconciler' && source.by !== 'candidates' && ++asked > 1) return false;
  return isWhole && asked === 1;
}

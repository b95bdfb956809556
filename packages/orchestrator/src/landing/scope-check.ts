import { type AttemptId, taskOf } from '@swarm/core/model/ids';
import { outsideScope } from '@swarm/core/rules/change-rules';
import { isHeldToScope } from '@swarm/core/rules/pipeline';
import type { Context } from '../context.ts';

/** Paths named in one line of the log; how many there are is said. */
const TOLD_MAX = 20;

/**
 * Says which of a handoff's changes lie outside the scope its task declared. Under `hold` the core has rejected it in
 * the decision that recorded it (decisions/attempts.ts), and nothing is left to say.
 */
export function tellOutside({ state, ports }: Context<'log'>, id: AttemptId): void {
  const attempt = state.attempts.get(id);
  if (attempt?.state !== 'ended' || !attempt.handoff?.change || state.run.request.outside === 'hold') return;
  const task = state.tasks.get(taskOf(id))!;
  if (!isHeldToScope(state, task)) return;
  const { scope } = task.spec;
  const paths = outsideScope(scope, attempt.handoff.change.filesChanged);
  if (paths.length === 0) return;
  const more = paths.length > TOLD_MAX ? ` and ${paths.length - TOLD_MAX} more` : '';
  ports.log.write('scope.left', {
    msg: `${id} changed ${paths.slice(0, TOLD_MAX).join(', ')}${more} outside its scope`,
    task: taskOf(id),
    attempt: id,
    data: { paths: paths.slice(0, TOLD_MAX), count: paths.length },
  });
}

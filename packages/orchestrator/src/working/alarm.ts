import type { Attempt } from '@swarm/core/model/attempt';
import type { Context } from '../context.ts';

/** Told at once, whatever becomes of the attempt. @param why names the secret or the rule, and the place. */
export function raiseAlarm({ ports }: Context<'log'>, { id, task }: Attempt, why: string): void {
  ports.log.write('secret.found', {
    msg: `nothing of ${id} was taken: ${why}`,
    task,
    attempt: id,
    data: { why },
  });
}

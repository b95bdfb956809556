/** Watches an agent's process from the host: called off, or silent too long. First cause wins. */
import type { AgentEnd } from '@swarm/core/model/attempt';
import type { Usage } from '@swarm/core/model/usage';
import type { AgentJob } from '@swarm/core/ports/running';
import type { Clock } from '@swarm/core/ports/world';

/** Why we stopped an agent. */
export interface StopCause {
  readonly end: AgentEnd;
  readonly detail: string;
}

/** Aborts the agent when the job is called off, or when neither a line nor a model call came for `quietMs`. */
export function startWatch(clock: Clock, job: AgentJob, usage: () => Usage) {
  const controller = new AbortController();
  let cause: StopCause | undefined;
  const stop = (end: AgentEnd, detail: string) => {
    cause ??= { end, detail };
    controller.abort();
  };
  const abort = () => stop('aborted', 'the attempt was called off');
  if (job.signal.aborted) abort();
  job.signal.addEventListener('abort', abort, { once: true });
  const { quietMs } = job.limits;
  let lastAt = clock.monotonic();
  let calls = 0;
  // One timer that looks again, not one for each line: agents print thousands.
  let cancel = clock.after(quietMs, look);
  function look(): void {
    const seen = usage().calls;
    if (seen > calls) lastAt = clock.monotonic();
    calls = seen;
    const left = lastAt + quietMs - clock.monotonic();
    if (left <= 0) stop('stuck', `no line of output and no model call for ${Math.round(quietMs / 1000)} s`);
    else cancel = clock.after(left, look);
  }
  return {
    signal: controller.signal,
    cause: () => cause,
    alive: () => {
      lastAt = clock.monotonic();
    },
    close: () => {
      cancel();
      job.signal.removeEventListener('abort', abort);
    },
  };
}

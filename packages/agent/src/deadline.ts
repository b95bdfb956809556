/** What may stop a step: the attempt's wall time, or the caller that started the agent. The first cause counts. */
import type { Clock } from '@swarm/core/ports/world';
import type { AgentEvent } from './agent-events.ts';
import type { LoopLimits } from './limits.ts';

/** How often a long wait says that the process is alive. */
const HEARTBEAT_MS = 15_000;

interface Stop {
  readonly reason: 'timeout' | 'aborted';
  readonly detail: string;
}

export function startDeadline(
  run: {
    readonly limits: LoopLimits;
    readonly clock: Clock;
    readonly signal: AbortSignal;
    readonly emit: (event: AgentEvent) => void;
  },
  stopAfterMs = run.limits.wallMs,
) {
  const controller = new AbortController();
  let stop: Stop | undefined;
  const end = (cause: Stop) => {
    stop ??= cause;
    controller.abort();
  };
  const abort = () => end({ reason: 'aborted', detail: 'the agent was told to stop' });
  if (run.signal.aborted) abort();
  run.signal.addEventListener('abort', abort, { once: true });
  const { wallMs } = run.limits;
  const cancel = run.clock.after(stopAfterMs, () => {
    end({ reason: 'timeout', detail: `its ${Math.round(wallMs / 1000)} s were over` });
  });
  return {
    /** Fires when the step under way must be given up. */
    signal: controller.signal,
    get stop(): Stop | undefined {
      return stop;
    },
    /** Runs `work`, saying from time to time that it is still waited for. */
    async waitingFor<T>(what: 'model' | 'tool', step: number, work: () => Promise<T>): Promise<T> {
      let isOver = false;
      let cancelBeat = () => {};
      const beat = () => {
        if (isOver) return;
        run.emit({ type: 'waiting', step, for: what });
        cancelBeat = run.clock.after(HEARTBEAT_MS, beat);
      };
      cancelBeat = run.clock.after(HEARTBEAT_MS, beat);
      try {
        return await work();
      } finally {
        isOver = true;
        cancelBeat();
      }
    },
    close(): void {
      cancel();
      run.signal.removeEventListener('abort', abort);
    },
  };
}

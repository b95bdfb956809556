/** How attempts end, in the words of the journal: what becomes of an agent's ending, a stop, a handoff. */
import type { EndingReason } from '@swarm/core/model/attempt';
import type { Handoff, HandoffClaim, HandoffFile } from '@swarm/core/model/handoff';
import type { CommitId } from '@swarm/core/model/ids';
import type { Usage } from '@swarm/core/model/usage';
import type { CannotRun } from '@swarm/core/ports/bench';
import { countText } from '@swarm/core/views/words';

/** What is reported of an attempt, whichever way it went. */
export interface Ending {
  readonly reason: EndingReason;
  readonly detail: string;
  readonly usage: Usage;
  readonly handoff?: Handoff;
  readonly work?: CommitId;
  /** What the agent said, where there is no handoff. */
  readonly claim?: HandoffClaim;
  /** All that a failed check printed: for an agent that goes on, and in no journal. */
  readonly log?: string;
}

/** Called off from outside: the cause says what it counts as. */
export function stopped(signal: AbortSignal, usage: Usage, cutOff = 0): Ending {
  const seen =
    cutOff > 0
      ? [`${countText(cutOff, 'call')} of the model cut off, and counted as far as the answer had come`]
      : [];
  switch (signal.reason) {
    case 'lost':
      return { reason: 'lost', detail: 'its host is gone', usage };
    case 'drained':
      return { reason: 'drained', detail: seen.join(''), usage };
    default:
      return { reason: 'cancelled', detail: ['it is no longer wanted', ...seen].join('; '), usage };
  }
}

/** What it was to be worked on could not be made. */
export function withoutBench({ reason, detail }: CannotRun, signal: AbortSignal, usage: Usage): Ending {
  if (reason === 'aborted') return stopped(signal, usage);
  if (reason === 'host-gone') return { reason: 'lost', detail, usage };
  return { reason: reason === 'disk-full' ? 'disk-full' : 'cannot-run', detail, usage };
}

/** The wire shape of `handoff.json`. */
export function handoffJson(h: Handoff, usage: Usage): string {
  const file: HandoffFile = {
    taskId: h.taskId,
    attempt: h.attempt,
    status: h.status,
    summary: h.summary,
    filesChanged: h.change?.filesChanged ?? [],
    concerns: h.concerns,
    suggestions: h.suggestions,
    metrics: {
      inputTokens: usage.inputTokens,
      outputTokens: usage.outputTokens,
      costUsd: usage.costUsd,
      toolCalls: h.toolCalls,
      durationMs: Math.round(h.durationMs),
      linesAdded: h.change?.linesAdded ?? 0,
      linesRemoved: h.change?.linesRemoved ?? 0,
    },
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

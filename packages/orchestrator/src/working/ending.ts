/** How attempts end, in the words of the journal: what becomes of an agent's ending, a stop, a handoff. */
import type { AgentResult, CommitId, EndingReason, Handoff, HandoffFile, Usage } from '@swarm/core';

/** What is reported of an attempt, whichever way it went. */
export interface Ending {
  readonly reason: EndingReason;
  readonly detail: string;
  readonly usage: Usage;
  readonly handoff?: Handoff;
  readonly work?: CommitId;
}

/** How an agent's own endings read as the attempt's; the ones missing here go on to the checks. */
export const AGENT_FAILURES: Partial<Record<AgentResult['end'], EndingReason>> = {
  failed: 'agent-failed',
  blocked: 'agent-blocked',
  'step-limit': 'step-limit',
  'token-limit': 'token-limit',
  'money-limit': 'money-limit',
  timeout: 'timeout',
  stuck: 'stuck',
  'bad-output': 'bad-output',
  killed: 'killed',
  'cannot-run': 'cannot-run',
  'model-down': 'model-down',
};

/** Called off from outside: the cause says what it counts as. */
export function stopped(signal: AbortSignal, usage: Usage): Ending {
  switch (signal.reason) {
    case 'drained':
      return { reason: 'drained', detail: 'the run was stopped', usage };
    default:
      return { reason: 'cancelled', detail: 'it is no longer wanted', usage };
  }
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

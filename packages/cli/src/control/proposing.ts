/** The plan a live run's planner would go on with. It may take as long as a model's answer, so the caller is told that it goes on. */
import { decide } from '@swarm/core/decide';
import { opened } from '@swarm/core/state';
import { planDiff } from '@swarm/core/views/plan-diff';
import type { Proposal } from '@swarm/orchestrator';
import { refused } from './refused.ts';
import type { Steered } from './steered.ts';
import { type ControlReply, type StillAtIt, standingOf } from './wire.ts';

/** Far below the time after which either end takes silence for the other's end. */
const TELL_AGAIN_MS = 2_000;

export async function proposalReply(
  text: string,
  steered: Steered,
  tell: (said: StillAtIt) => void,
): Promise<ControlReply> {
  const startedAt = performance.now();
  const say = (): void => tell({ waitingMs: Math.round(performance.now() - startedAt) });
  const telling = setInterval(say, TELL_AGAIN_MS);
  say();
  try {
    return told(text, await steered.propose(text), steered);
  } finally {
    clearInterval(telling);
  }
}

function told(text: string, proposal: Proposal, steered: Steered): ControlReply {
  switch (proposal.kind) {
    case 'stopped':
      return refused('the run is being left: nothing was proposed, and nothing is changed', 'swarm status');
    case 'not-asked':
      return refusal('the planner cannot be asked for its changed plan now', proposal.why, steered);
    case 'failed':
      return refusal('the planner gave no changed plan, and nothing is changed', proposal.why, steered);
    case 'proposed': {
      const state = opened(steered.state());
      const { plan, usage, unread } = proposal;
      // Only tried: what comes of it is shown, and forgotten.
      const answer = decide(state, { type: 'amend', text, plan });
      if (answer.kind === 'refusal') return refusal('the request cannot be changed', answer.detail, steered);
      const diff = planDiff(state, answer.events);
      const proposed = { plan, usage, diff: { ...diff, refused: [...unread, ...diff.refused] } };
      const about = { pid: process.pid, isStopping: steered.isStopping() };
      return { ok: true, events: [], proposed, state: standingOf(state, about) };
    }
  }
}

function refusal(what: string, why: string, steered: Steered): ControlReply {
  const { run, paused } = steered.state();
  const hasPlanner = run?.request.mode === 'planner';
  const fix = hasPlanner
    ? paused
      ? 'swarm continue; then amend again'
      : 'swarm amend "…", once more'
    : 'swarm submit "<what is to be done>"';
  // With no planner the sentence is the core's own.
  return { ok: false, problem: { code: 'SW0108', ...(hasPlanner ? { what, why } : { what: why }), fix } };
}

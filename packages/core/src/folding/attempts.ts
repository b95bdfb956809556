/** Attempts at a task, and what their handoffs teach. */
import type { AttemptEvent, EventOf } from '../events.ts';
import type { Attempt } from '../model/attempt.ts';
import { afterAttempt, runningTask, startedTask } from '../model/evolve-task.ts';
import { taskOf } from '../model/ids.ts';
import { outsideScope } from '../rules/change-rules.ts';
import { noteHandoff } from '../rules/footprint.ts';
import type { State } from '../state.ts';
import type { FoldsOf } from './folds.ts';
import { freeSlot, takeSlot } from './hosts.ts';
import { damaged, knownAttempt, knownTask } from './known.ts';
import { move } from './moves.ts';
import { tellFailed, tellOwner } from './news.ts';
import { addSpent, noteCalls, reserve, settle } from './spending.ts';

export const ATTEMPT_FOLDS: FoldsOf<AttemptEvent> = {
  'attempt.started': startAttempt,
  'agent.started'(s, e) {
    const a = knownAttempt(s, e.attempt);
    s.attempts.set(a.id, { ...a, ...agentOf(e), state: 'running' } as Attempt);
    move(s, runningTask(knownTask(s, a.task), a.id));
  },
  'verify.tried'(s, e) {
    const t = knownTask(s, knownAttempt(s, e.attempt).task);
    s.tasks.set(t.id, { ...t, verifiesBase: e.isGreen });
  },
  'attempt.reworked'(s, e) {
    const a = knownAttempt(s, e.attempt);
    if (a.state !== 'running') throw damaged(`${a.id} goes on and is ${a.state}`);
    s.attempts.set(a.id, { ...a, reworks: e.round });
  },
  'attempt.ended': endAttempt,
  // Its work is in the hub, where a person finds it; nothing of the run hangs on it.
  'attempt.late'() {},
};

const agentOf = ({ driver, model, hears, promptHash }: EventOf<'agent.started'>) => ({
  driver,
  promptHash,
  ...(model !== undefined && { model }),
  ...(hears && { hears }),
});

function startAttempt(s: State, e: EventOf<'attempt.started'>, at: number): void {
  const id = taskOf(e.attempt);
  s.attempts.set(e.attempt, {
    id: e.attempt,
    task: id,
    base: e.base,
    ...(e.from && { from: e.from }),
    worker: e.worker,
    ...(e.on && { on: e.on }),
    ...(e.leaseMs !== undefined && { leaseMs: e.leaseMs }),
    startedAt: at,
    reserved: e.reserved,
    state: 'started',
  });
  s.liveAttempts.add(e.attempt);
  if (e.on) takeSlot(s, e.on, e.attempt);
  reserve(s, 'worker', e.reserved);
  move(s, startedTask(knownTask(s, id), e.attempt));
}

function endAttempt(s: State, e: EventOf<'attempt.ended'>, at: number): void {
  const a = knownAttempt(s, e.attempt);
  if (a.state === 'ended') throw damaged(`${a.id} ends twice`);
  s.attempts.set(a.id, {
    ...a,
    state: 'ended',
    endedAt: at,
    ending: e.reason,
    detail: e.detail,
    usage: e.usage,
    ...(e.handoff && { handoff: e.handoff }),
    ...(e.claim && { claim: e.claim }),
  });
  s.liveAttempts.delete(a.id);
  if (a.on) freeSlot(s, a.on, a.id);
  settle(s, 'worker', a.reserved, e.reason === 'lost');
  addSpent(s, 'worker', e.usage);
  if (e.reason !== 'model-down') noteCalls(s, e.usage);
  if (e.reason === 'secret-found') s.secretAttempts.add(a.id);
  if (e.handoff?.status === 'partial') s.saidPartial.add(a.task);
  if (e.handoff) tellOwner(s, a.task, { kind: 'handoff', attempt: a.id });
  const t = knownTask(s, a.task);
  const holds = (t.state === 'assigned' || t.state === 'running') && t.attempt === a.id;
  if (holds) move(s, afterAttempt(t, e, at));
  if (s.tasks.get(t.id)!.state === 'failed' && holds) tellFailed(s, t.id);
  if (e.handoff?.change) learnHandoff(s, t.spec.scope, e.handoff.change.filesChanged);
}

function learnHandoff(s: State, scope: readonly string[], files: readonly string[]): void {
  noteHandoff(s.footprint, scope, files, outsideScope(scope, files));
}

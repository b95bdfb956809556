/** At a limit the model is asked once more, without tools: what it knows by then must not be lost with the attempt. */
import { HANDOFF_TEXT_MAX } from '@swarm/core/model/handoff';
import { cutText, type LoopEnd } from './agent-events.ts';
import type { AgentRun } from './agent-run.ts';
import { askAside } from './aside.ts';
import { halve } from './context/compact.ts';
import type { Stop, Talk } from './talk.ts';

/** The part of an attempt's time that is kept for it. */
const TIME_SHARE = 0.1;
const TIME_MAX_MS = 60_000;
const TOKENS_OUT = 1_000;

/** Endings at which there is still something to ask for. */
const LIMITS: readonly LoopEnd[] = ['step-limit', 'token-limit', 'timeout', 'stuck', 'quota'];

/** Time that is kept for the last call out of the whole. */
export const timeKept = (wallMs: number): number => Math.min(TIME_MAX_MS, Math.floor(wallMs * TIME_SHARE));

const ASKED: Readonly<Partial<Record<LoopEnd, string>>> = {
  'step-limit': 'Your answers are used up',
  'token-limit': 'Your tokens are used up',
  quota: 'Your tokens are used up',
  timeout: 'Your time is up',
  stuck: 'You repeat the same calls and get the same results, so the attempt ends here',
};

/** The stop with a claim, when the model said something; else the stop as it was. Never rejects. */
export async function withLastWords(run: AgentRun, talk: Talk, stop: Stop): Promise<Stop> {
  if (stop.claim || !LIMITS.includes(stop.reason) || run.signal.aborted || talk.steps === 0) return stop;
  const why = `${ASKED[stop.reason]}. No tool can be called any more; what is in the workspace is kept. Say in a few sentences for whoever goes on: what is done, what is left, and what you found out (exact errors, causes, what did not work).`;
  run.emit({ type: 'nudged', step: talk.steps, why });
  const controller = new AbortController();
  const cancel = run.clock.after(timeKept(run.limits.wallMs), () => controller.abort());
  const abort = () => controller.abort();
  run.signal.addEventListener('abort', abort, { once: true });
  try {
    halve(run, talk);
    const text = await askAside(run, talk, {
      messages: talk.messages,
      question: why,
      maxOutputTokens: TOKENS_OUT,
      signal: controller.signal,
    });
    if (text === '') return stop;
    const summary = cutText(text, HANDOFF_TEXT_MAX);
    return { ...stop, claim: { status: 'partial', summary, concerns: [], suggestions: [] } };
  } catch {
    // The attempt has its ending already; what could not be asked for is only missing in it.
    return stop;
  } finally {
    cancel();
    run.signal.removeEventListener('abort', abort);
  }
}

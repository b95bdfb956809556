/** Whether the target is green, as far as anything is known of it. */
import { isOpened, type OpenedState, passKey, type State } from '../state.ts';

/**
 * Is the head green? By the full checks when they ran on exactly this head; else by the gate of the landing
 * that made it; else, with nothing landed, by the gate on the base. Anything unknown is said to be unknown.
 */
export function isGreen(s: OpenedState): boolean | 'unknown' {
  // What a task was verified by fails on it, whatever gate and checks look at.
  if ([...s.health.findings.values()].some(({ finding }) => finding.task !== undefined)) return false;
  const { checks, base } = s.run.request;
  const last = s.health.lastChecks?.result;
  if (last && last.head === s.head) return last.outcome === 'passed';
  if (checks && s.head !== base) return 'unknown';
  if (s.head === base) return outcome(s.baseGate?.outcome);
  const landing = [...s.landings.values()].findLast(
    (l) => l.state === 'landed' && l.candidate.commit === s.head,
  );
  if (landing) {
    if (landing.gate && s.passed.has(passKey(landing.gate.gate, landing.candidate.tree))) return true;
    return outcome(landing.gate?.outcome);
  }
  return 'unknown';
}

function outcome(gate: string | undefined): boolean | 'unknown' {
  return gate === undefined || gate === 'none' ? 'unknown' : gate === 'passed';
}

/** The same of a run at any time: what was looked at when it closed is said only of the head it closed with. */
export function greenNow(s: State): boolean | 'unknown' {
  if (!isOpened(s)) return 'unknown';
  const { closed, head } = s;
  return closed === undefined ? isGreen(s) : closed.head === head ? closed.green : 'unknown';
}

import { type OpenedState, passKey } from '@swarm/core/state';

/**
 * Is the final head green? By the full checks when they ran on exactly this head; else by the gate of the landing
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
  for (const landing of [...s.landings.values()].reverse()) {
    if (landing.state !== 'landed' || landing.candidate.commit !== s.head) continue;
    if (landing.gate && s.passed.has(passKey(landing.gate.gate, landing.candidate.tree))) return true;
    return outcome(landing.gate?.outcome);
  }
  return 'unknown';
}

function outcome(gate: string | undefined): boolean | 'unknown' {
  return gate === undefined || gate === 'none' ? 'unknown' : gate === 'passed';
}

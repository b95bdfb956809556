/** The file in which an agent without our tools leaves its handoff. */
import type { HandoffClaim } from '@swarm/core/model/handoff';
import type { Collected } from '@swarm/core/ports/running';
import { parseClaim } from '../tools/handoff.ts';

export const HANDOFF = 'handoff.json';
/** Read before anything is parsed: parsing a huge text stops the whole process for as long as it takes. */
export const HANDOFF_MAX_BYTES = 256 * 1024;

/**
 * Undefined where it left none.
 * @param said what it said, where its handoff cannot be used.
 */
export function claimOf(left: Collected, said: string): HandoffClaim | undefined {
  if (left.kind === 'nothing') return undefined;
  if (left.kind === 'unfit') return unreadable(left.why, said);
  const claim = parseClaim(left.text);
  return 'problem' in claim ? unreadable(claim.problem, said) : claim;
}

const unreadable = (problem: string, said: string): HandoffClaim => ({
  status: 'partial',
  summary: said || 'The agent said nothing.',
  concerns: [`The agent's handoff file could not be used: ${problem}`],
  suggestions: [],
});

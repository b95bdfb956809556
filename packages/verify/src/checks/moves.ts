/** P4: the target only moved forward. */
import { isOurs, type Move } from '../claims.ts';
import type { Facts } from '../facts.ts';
import { short } from '../words.ts';

export function backwardMoves({ claims, commits, tip, isBaseBelow }: Facts): string[] {
  const { moves, landOn, base } = claims;
  if (tip === undefined) return moves.some(isOurs) ? [`${landOn} is gone`] : [];
  if (!isBaseBelow) return [`${landOn} no longer has the run's base ${short(base)} below it`];
  const findings: string[] = [];
  let at = base;
  for (const move of moves) {
    const onto = startOf(move);
    if (onto !== undefined && onto !== at) {
      findings.push(
        `entry ${move.seq}: moved from ${short(onto)} to ${short(move.to)} while the target was at ${short(at)}`,
      );
    }
    at = move.to;
  }
  const isReached = at === base || commits.has(at);
  if (!isReached)
    findings.push(
      `${landOn} is at ${short(tip)}, which does not have ${short(at)}, its last known value, below it`,
    );
  const closed = claims.closedAt;
  if (closed !== undefined && closed !== at) {
    findings.push(`the run closed at ${short(closed)} while the target was at ${short(at)}`);
  }
  return findings;
}

/** The value a move says it started from; undefined where the journal does not say. */
function startOf(move: Move): string | undefined {
  return 'landing' in move ? move.landing?.candidate.parent : move.from;
}

/** P4: the target only moved forward. */
import { isOurs, type Move } from '../claims.ts';
import type { Facts } from '../facts.ts';
import { short } from '../words.ts';

export function backwardMoves(facts: Facts): string[] {
  const { claims, commits, tip, isBaseBelow } = facts;
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
  return [...findings, ...wrongEnd(facts)];
}

/** What was undone after the end moved the target on. */
function wrongEnd({ claims: { closedAt, moves, movesAtClose, base } }: Facts): string[] {
  const at = movesAtClose === 0 ? base : moves[movesAtClose - 1]!.to;
  if (closedAt === undefined || closedAt === at) return [];
  return [`the run closed at ${short(closedAt)} while the target was at ${short(at)}`];
}

/** The value a move says it started from; undefined where the journal does not say. */
function startOf(move: Move): string | undefined {
  if (move.by === 'others') return move.from;
  return (move.by === 'undo' ? move.undo : move.landing)?.candidate.parent;
}

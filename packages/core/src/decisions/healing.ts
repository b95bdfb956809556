import type { Command } from '../commands.ts';
import { type Refusal, refuse } from '../errors.ts';
import type { Event } from '../events.ts';
import type { OpenedState } from '../state.ts';

type HealingCommand = Extract<Command, { type: 'nameCulprit' | 'missCulprit' }>;

/** A failure is blamed once, while it is there, and only on a landing that is known. */
export function decideHealing(s: OpenedState, c: HealingCommand): readonly Event[] | Refusal {
  const { signature } = c;
  if (!s.health.findings.has(signature)) return refuse('late', `${signature} is no longer found`);
  if (s.health.culprits.has(signature)) return refuse('illegal-move', `${signature} was looked into before`);
  if (c.type === 'missCulprit') return [{ type: 'culprit.missed', signature, why: c.why }];
  if (c.task && !s.tasks.has(c.task)) return refuse('unknown-task', `there is no ${c.task}`);
  return [{ type: 'culprit.found', signature, commit: c.commit, ...(c.task && { task: c.task }) }];
}

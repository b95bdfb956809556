import type { Command } from '../commands.ts';
import { type Refusal, refuse } from '../errors.ts';
import type { Event } from '../events.ts';
import { isUpheld, recheckFinding } from '../rules/rechecks.ts';
import type { OpenedState } from '../state.ts';

type HealingCommand = Extract<Command, { type: 'recordRechecks' | 'nameCulprit' | 'missCulprit' }>;

export function decideHealing(s: OpenedState, c: HealingCommand): readonly Event[] | Refusal {
  return c.type === 'recordRechecks' ? recordRechecks(s, c) : decideCulprit(s, c);
}

/** A task's own check is a finding once, as long as it fails and the task is on the target. */
function recordRechecks(
  s: OpenedState,
  { head, results, durationMs }: Extract<HealingCommand, { type: 'recordRechecks' }>,
): readonly Event[] {
  const upheld = results.filter(({ task }) => isUpheld(s, task));
  const events: Event[] = [{ type: 'rechecks.ended', head, results: upheld, durationMs }];
  for (const { task, isPassed, detail } of upheld) {
    const finding = recheckFinding(s.tasks.get(task)!, head, detail);
    const isOpen = s.health.findings.has(finding.signature);
    if (!isPassed && !isOpen) events.push({ type: 'finding.opened', finding });
    if (isPassed && isOpen) events.push({ type: 'finding.closed', signature: finding.signature, head });
  }
  return events;
}

/** A failure is blamed once, while it is there, and only on a landing that is known. */
function decideCulprit(
  s: OpenedState,
  c: Extract<HealingCommand, { type: 'nameCulprit' | 'missCulprit' }>,
): readonly Event[] | Refusal {
  const { signature } = c;
  if (!s.health.findings.has(signature)) return refuse('late', `${signature} is no longer found`);
  if (s.health.culprits.has(signature)) return refuse('illegal-move', `${signature} was looked into before`);
  if (c.type === 'missCulprit') return [{ type: 'culprit.missed', signature, why: c.why }];
  if (c.task && !s.tasks.has(c.task)) return refuse('unknown-task', `there is no ${c.task}`);
  return [{ type: 'culprit.found', signature, commit: c.commit, ...(c.task && { task: c.task }) }];
}

/** The pull request of a run nobody works on, at a person's word: opened, or brought up to date; what came of it is recorded. */
import { tellEvent } from '@swarm/core/views/telling';
import { Applier } from './apply.ts';
import { type Proposed, proposePulls } from './delivering/pull-delivery.ts';
import { writeReport } from './finish.ts';
import type { OrchestratorPorts } from './settings.ts';

type ProposePorts = Pick<OrchestratorPorts, 'journal' | 'clock' | 'log' | 'files'> &
  Required<Pick<OrchestratorPorts, 'pulls'>>;

/** The caller holds the repository's lock. A run that is not over has no delivery yet: then nothing is recorded. */
export async function proposeInRun(ports: ProposePorts): Promise<Proposed> {
  const { journal, clock, log, pulls } = ports;
  const applier = new Applier({
    journal,
    clock,
    tell: (entry, state) => {
      for (const event of entry.events) log.write(event.type, tellEvent(event, state));
    },
  });
  const state = applier.opened;
  const proposed = await proposePulls(state, pulls, clock, true);
  if (!state.closed) return proposed;
  applier.decide({ type: 'recordDelivery', to: 'pr', commit: state.head, ...proposed });
  await applier.flush();
  await writeReport(state, ports);
  return proposed;
}

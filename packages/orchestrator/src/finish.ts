import type { Command } from '@swarm/core/commands';
import type { OpenedState, State } from '@swarm/core/state';
import { report } from '@swarm/core/views/report';
import { renderReportMarkdown } from '@swarm/core/views/report-markdown';
import type { OrchestratorPorts } from './settings.ts';

/** Brings the result to where the operator wants it; the command says how that went. */
export async function deliver(
  state: OpenedState,
  ports: Pick<OrchestratorPorts, 'delivery'>,
): Promise<Command> {
  const { request } = state.run;
  const commit = state.head;
  const to = request.deliver;
  const hasLanded = state.landedCount > 0;
  if (to !== 'apply' || !hasLanded) {
    const detail = hasLanded ? '' : 'nothing landed, so there was nothing to deliver';
    return {
      type: 'recordDelivery',
      to,
      ref: request.remote ?? request.landOn,
      commit,
      outcome: 'done',
      detail,
    };
  }
  if (state.closed?.reason === 'cancelled') {
    const detail = 'the run was cancelled; swarm apply brings over what has landed';
    return { type: 'recordDelivery', to, ref: request.landOn, commit, outcome: 'refused', detail };
  }
  const applied = await ports.delivery.apply(commit);
  const isDone = applied.kind === 'done';
  return {
    type: 'recordDelivery',
    to,
    ref: `refs/heads/${request.target}`,
    commit,
    outcome: isDone ? 'done' : 'refused',
    detail: isDone ? '' : `${applied.why}; ${applied.fix}`,
  };
}

export async function writeReport(
  state: State,
  ports: Pick<OrchestratorPorts, 'files' | 'log'>,
): Promise<void> {
  const told = report(state);
  await ports.files.writeReport(`${JSON.stringify(told, null, 2)}\n`, renderReportMarkdown(told));
  ports.log.write('report.written', { msg: 'report.md and report.json are written' });
}

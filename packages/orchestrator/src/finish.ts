import type { Command } from '@swarm/core/commands';
import type { DeliverTo, Request } from '@swarm/core/model/request';
import type { OpenedState, State } from '@swarm/core/state';
import { report } from '@swarm/core/views/report';
import { renderReportMarkdown } from '@swarm/core/views/report-markdown';
import { proposePulls } from './delivering/pull-delivery.ts';
import type { OrchestratorPorts } from './settings.ts';

type Recorded = Extract<Command, { readonly type: 'recordDelivery' }>;
/** Where the result is, and what is to be said of how it got there. */
type Delivered = Pick<Recorded, 'ref' | 'outcome' | 'detail' | 'url'>;
type DeliveryPorts = Pick<OrchestratorPorts, 'delivery' | 'pulls' | 'clock'>;

/** What is left to do at the end, by where the operator wants the result. Each returns; a refusal is a value. */
const DELIVERIES: Readonly<
  Record<DeliverTo, (state: OpenedState, ports: DeliveryPorts) => Promise<Delivered>>
> = {
  branch: published,
  push: published,
  pr: propose,
  apply,
};

/** Brings the result to where the operator wants it. Returns the command that records how that went. */
export async function deliver(state: OpenedState, ports: DeliveryPorts): Promise<Command> {
  const to = state.run.request.deliver;
  const how = state.landedCount > 0 ? DELIVERIES[to] : nothingLanded;
  return { type: 'recordDelivery', to, commit: state.head, ...(await how(state, ports)) };
}

async function nothingLanded({ run }: OpenedState): Promise<Delivered> {
  const detail = 'nothing landed, so there was nothing to deliver';
  return { ref: publishedRef(run.request), outcome: 'done', detail };
}

/** Each landing was published there when it landed. */
async function published({ run }: OpenedState): Promise<Delivered> {
  return { ref: publishedRef(run.request), outcome: 'done', detail: '' };
}

/** Moves the operator's own branch. A cancelled run moves nothing by itself. */
async function apply({ run, head, closed }: OpenedState, ports: DeliveryPorts): Promise<Delivered> {
  const { landOn, target } = run.request;
  if (closed?.reason === 'cancelled') {
    const detail = 'the run was cancelled; swarm apply brings over what has landed';
    return { ref: landOn, outcome: 'refused', detail };
  }
  const applied = await ports.delivery.apply(head);
  const ref = `refs/heads/${target}`;
  if (applied.kind === 'done') return { ref, outcome: 'done', detail: '' };
  return { ref, outcome: 'refused', detail: `${applied.why}; ${applied.fix}` };
}

/** A cancelled run asks nobody to take over what it left. */
async function propose(state: OpenedState, { pulls, clock }: DeliveryPorts): Promise<Delivered> {
  const ref = publishedRef(state.run.request);
  if (state.closed?.reason === 'cancelled')
    return {
      ref,
      outcome: 'refused',
      detail: 'the run was cancelled; swarm pr opens a pull request of what has landed',
    };
  if (!pulls)
    return { ref, outcome: 'refused', detail: 'there is no forge here; swarm pr opens the pull request' };
  return proposePulls(state, pulls, clock);
}

const publishedRef = ({ remote, landOn }: Request): string => remote ?? landOn;

export async function writeReport(
  state: State,
  ports: Pick<OrchestratorPorts, 'files' | 'log'>,
): Promise<void> {
  const told = report(state);
  await ports.files.writeReport(`${JSON.stringify(told, null, 2)}\n`, renderReportMarkdown(told));
  ports.log.write('report.written', { msg: 'report.md and report.json are written' });
}

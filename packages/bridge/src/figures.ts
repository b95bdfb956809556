/** What there is to measure, as Prometheus text: families by name, each with its lines. */
import type { Calls } from './calls.ts';
import type { Registry } from './registry.ts';
import type { Topics } from './topics.ts';

export interface Family {
  readonly name: string;
  readonly kind: 'gauge' | 'counter';
  readonly help: string;
  readonly lines: readonly string[];
}

/** Names of workers are bounded words without quotes or backslashes. */
const labelled = (name: string, label: string, value: string, figure: number): string =>
  `${name}{${label}="${value}"} ${figure}`;

export function figures(registry: Registry, calls: Calls, topics: Topics, now: number): readonly Family[] {
  const workers = registry.all();
  const connected = workers.filter(({ link }) => link);
  return [
    {
      name: 'swarm_breaker_state',
      kind: 'gauge',
      help: '1 while nothing is sent there, else 0',
      lines: workers.map((worker) =>
        labelled(
          'swarm_breaker_state',
          'target',
          `worker/${worker.name}`,
          registry.stateOf(worker, now) === 'open' ? 1 : 0,
        ),
      ),
    },
    {
      name: 'swarm_bridge_workers',
      kind: 'gauge',
      help: 'workers that are connected to the bridge',
      lines: [`swarm_bridge_workers ${connected.length}`],
    },
    {
      name: 'swarm_bridge_active_calls',
      kind: 'gauge',
      help: 'calls each worker of the bridge works on',
      lines: connected.map(({ name, active }) =>
        labelled('swarm_bridge_active_calls', 'worker', name, active),
      ),
    },
    {
      name: 'swarm_bridge_calls_total',
      kind: 'counter',
      help: 'calls over the bridge by how they ended: answered, failed, nobody, unwell, full, gone, late, left',
      lines: [...calls.counts].map(([outcome, count]) =>
        labelled('swarm_bridge_calls_total', 'outcome', outcome, count),
      ),
    },
    {
      name: 'swarm_bridge_subscribers',
      kind: 'gauge',
      help: 'listeners to topics of the bridge',
      lines: [`swarm_bridge_subscribers ${topics.subscribers}`],
    },
  ];
}

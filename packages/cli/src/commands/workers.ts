/** `swarm workers`: the hosts of a live run. */
import { SwarmError } from '@swarm/core/errors';
import { durationText } from '@swarm/core/views/words';
import type { WorkerLine } from '@swarm/mesh';
import { askLive } from '../control/client.ts';
import { readRun } from '../finding/opened-run.ts';
import type { Context } from '../program/context.ts';
import type { WorkersOptions } from '../program/options.ts';
import { renderTable } from '../telling/table.ts';

export async function workers(options: WorkersOptions, context: Context): Promise<number> {
  if (options.setup !== undefined) {
    const { rotate, setUp } = await import('./workers-setup.ts');
    const todo = options.rotate === undefined ? setUp : rotate;
    return todo(options.setup, options, context);
  }
  const { file, state, paths } = await readRun(options, context);
  const reply = file.control
    ? await askLive(file.control, { v: 1, run: paths.run, get: 'state' })
    : undefined;
  const live = reply?.ok ? reply.state.hosts : undefined;
  if (live === undefined && !state.run?.request.hosted)
    throw new SwarmError({
      code: 'SW0108',
      what: `${paths.run} has no hosts: its attempts run where it runs`,
      fix: 'swarm run --hosts 3 "what you want done"',
    });
  if (options.json) {
    const told = [...state.hosts.values()].map(({ taken, ...host }) => ({ ...host, taken: taken.size }));
    context.output.json({ run: paths.run, live: live !== undefined, hosts: live ?? told });
    return 0;
  }
  context.output.result(
    live ? tableOf(live) : `${paths.run} is not live; its journal knows ${namesOf(state.hosts)}`,
  );
  return 0;
}

const namesOf = (hosts: ReadonlyMap<string, unknown>): string =>
  hosts.size === 0 ? 'no host' : [...hosts.keys()].join(', ');

function tableOf(hosts: readonly WorkerLine[]): string {
  if (hosts.length === 0) return 'no host has joined yet (swarm worker --nats … on other machines)';
  const rows = hosts.map((one) => [
    one.host,
    one.state,
    `${one.taken}/${one.slots}`,
    `${one.load} of ${one.cpus}`,
    one.version,
    Math.abs(one.skewMs) < 1_000
      ? 'right'
      : `${one.skewMs > 0 ? '+' : '-'}${durationText(Math.abs(one.skewMs))}`,
    `${durationText(one.silentMs)} ago`,
    one.capabilities.join(' '),
  ]);
  const head = ['host', 'state', 'slots', 'load', 'version', 'clock', 'seen', 'can do'];
  return renderTable(head, rows);
}

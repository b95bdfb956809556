/** `swarm workers`: the hosts of a live run; and, with `--setup`, what a message server needs to know of them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import { isHostName } from '@swarm/core/model/host';
import { durationText } from '@swarm/core/views/words';
import type { WorkerLine } from '@swarm/mesh';
import { askLive } from '../control/client.ts';
import { readRun } from '../finding/opened-run.ts';
import type { Context } from '../program/context.ts';
import type { WorkersOptions } from '../program/options.ts';
import { renderTable } from '../telling/table.ts';

export async function workers(options: WorkersOptions, context: Context): Promise<number> {
  if (options.setup !== undefined) return setUp(options.setup, options, context);
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

/** Each host's own file is for that host alone; home's is for whoever starts runs. */
async function setUp(
  folder: string,
  { host = [], listen }: WorkersOptions,
  context: Context,
): Promise<number> {
  const wrong = host.find((name) => !isHostName(name));
  if (host.length === 0 || wrong !== undefined)
    throw new SwarmError({
      code: 'SW0105',
      what: wrong === undefined ? 'no host is named' : `${JSON.stringify(wrong)} is no name for a host`,
      where: '--host',
      why: 'small letters, digits and -, at most 40',
      fix: 'swarm workers --setup ./nats --host builder-1 --host builder-2',
    });
  const { newIdentity, serverConfig } = await import('@swarm/mesh/nats');
  const at = resolve(context.cwd, folder);
  const home = newIdentity();
  const hosts = new Map(host.map((name) => [name, newIdentity()]));
  await mkdir(at, { recursive: true, mode: 0o700 });
  const config = serverConfig({
    listen: listen ?? '127.0.0.1:4222',
    store: join(at, 'streams'),
    home: home.publicKey,
    hosts: new Map([...hosts].map(([name, { publicKey }]) => [name, publicKey])),
  });
  // Never over what is there: those identities may be in use.
  const write = (name: string, text: string) =>
    writeFile(join(at, name), text, { mode: 0o600, flag: 'wx' }).catch((error: Error) => {
      throw new SwarmError({
        code: 'SW0701',
        what: `${join(at, name)} cannot be written`,
        why: error.message,
        fix: `swarm workers --setup ${folder}-new --host ${host[0]}`,
      });
    });
  await write('nats-server.conf', config);
  await write('home.seed', `${home.seed}\n`);
  for (const [name, { seed }] of hosts) await write(`${name}.seed`, `${seed}\n`);
  context.output.result(
    [
      `wrote nats-server.conf, home.seed and ${host.map((name) => `${name}.seed`).join(', ')} into ${at}`,
      `  nats-server -c ${join(at, 'nats-server.conf')}`,
      `  swarm worker --nats nats://… --name ${host[0]} --creds ${host[0]}.seed      (on ${host[0]})`,
      `  swarm run --nats nats://… --nats-creds ${join(at, 'home.seed')} "what you want done"`,
    ].join('\n'),
  );
  return 0;
}

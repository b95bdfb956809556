/** `swarm workers --setup`: what a message server needs to know of a home and its hosts, and who each of them is. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { SwarmError } from '@swarm/core/errors';
import { isHostName } from '@swarm/core/model/host';
import { newIdentity, serverConfig, withKeyOf } from '@swarm/mesh/nats';
import type { Context } from '../program/context.ts';
import type { WorkersOptions } from '../program/options.ts';
import { writeWhole } from '../running/run-files.ts';

const CONFIG = 'nats-server.conf';

/** Each host's own file is for that host alone; home's is for whoever starts runs. */
export async function setUp(
  folder: string,
  { host = [], listen, store }: WorkersOptions,
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
  const at = resolve(context.cwd, folder);
  const home = newIdentity();
  const hosts = new Map(host.map((name) => [name, newIdentity()]));
  await mkdir(at, { recursive: true, mode: 0o700 });
  const config = serverConfig({
    listen: listen ?? '127.0.0.1:4222',
    store: store ?? join(at, 'streams'),
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
  await write(CONFIG, config);
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

/** Another identity for one of them; the one it had is nobody's any more once the server has read its configuration. */
export async function rotate(
  folder: string,
  { rotate: name = '' }: WorkersOptions,
  context: Context,
): Promise<number> {
  const at = resolve(context.cwd, folder);
  const file = join(at, CONFIG);
  const config = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new SwarmError(
      {
        code: 'SW0701',
        what: 'the configuration of the message server cannot be read',
        where: file,
        why: cause.message,
        fix: `swarm workers --setup ${folder}-new --host builder-1`,
      },
      { cause },
    );
  });
  const { publicKey, seed } = newIdentity();
  const changed = withKeyOf(config, name === 'home' ? 'home' : `host ${name}`, publicKey);
  if (changed === undefined)
    throw new SwarmError({
      code: 'SW0105',
      what: `${JSON.stringify(name.slice(0, 80))} is nobody in this configuration`,
      where: file,
      why: 'it names home and each host in a comment before its key, as swarm workers --setup writes it',
      fix: `grep '# ' ${file}`,
    });
  // First who it is: a server with the new configuration knows nobody else of that name.
  await writeWhole(join(at, `${name}.seed`), `${seed}\n`, 0o600);
  await writeWhole(file, changed, 0o600);
  context.output.result(
    [
      `${name} has another identity, in ${join(at, `${name}.seed`)}`,
      ...(name === 'home'
        ? []
        : [`  put ${name}.seed where ${name} has it; swarm worker reads it again by itself`]),
      `  nats-server --signal reload       (the old one is refused from then on)`,
    ].join('\n'),
  );
  return 0;
}

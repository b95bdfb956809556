/** `--hosts N`: worker hosts that are processes of this machine, over a message server of their own. They end with us. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { newIdentity, serverConfig } from '@swarm/mesh/nats';
import type { Environment } from '../finding/paths.ts';
import { hostEnv } from './host-env.ts';
import type { HostsFile } from './hosts-file.ts';
import { messageServer, onPath, SERVER } from './message-server.ts';

export interface LocalAsk {
  readonly count: number;
  /** Slots of all together. */
  readonly slots: number;
  /** The repository's state directory. */
  readonly state: string;
  readonly sandbox: string;
  readonly env: Environment;
  /** Variables of it that commands are shown. */
  readonly shown: readonly string[];
  /** How this program is started, without its arguments. */
  readonly program: readonly string[];
  /** What hosts say, line by line. */
  readonly tell: (line: string) => void;
}

export interface LocalHosts {
  readonly hosts: HostsFile;
  /** Process ids by host's name, and the server's. */
  readonly pids: Readonly<Record<string, number>>;
  close(): Promise<void>;
}

const STOP_MS = 5_000;

/** Errors: SW0341 when there is no message server on this machine, SW0742 when it does not start. */
export async function startLocalHosts(ask: LocalAsk): Promise<LocalHosts> {
  const { count, slots, state, sandbox, env, shown, program, tell } = ask;
  const binary = messageServer(env);
  const folder = join(state, 'mesh');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const names = Array.from({ length: count }, (_, i) => `local-${i + 1}`);
  const home = newIdentity();
  const hosts = new Map(names.map((name) => [name, newIdentity()]));
  const port = await freePort();
  const config = serverConfig({
    listen: `127.0.0.1:${port}`,
    store: join(folder, 'streams'),
    home: home.publicKey,
    hosts: new Map([...hosts].map(([name, { publicKey }]) => [name, publicKey])),
  });
  const credsOf = (name: string): string => join(folder, `${name}.seed`);
  await writeFile(join(folder, 'server.conf'), config, { mode: 0o600 });
  for (const [name, { seed }] of [['home', home] as const, ...hosts]) {
    await writeFile(credsOf(name), `${seed}\n`, { mode: 0o600 });
    await chmod(credsOf(name), 0o600);
  }
  const children = new Map<string, ChildProcess>();
  const start = (name: string, argv: readonly string[]): void => {
    // A group of its own: a Ctrl-C at the terminal is the run's to act on, and theirs only when it has ended.
    const child = spawn(argv[0]!, argv.slice(1), {
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: hostEnv(env, shown),
    });
    children.set(name, child);
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n'))
        if (line.trim() !== '' && name !== SERVER) tell(`${name}: ${line}`);
    });
    child.once('error', (error) => tell(`${name}: ${error.message}`));
  };
  const url = `nats://127.0.0.1:${port}`;
  start(SERVER, [...withUs(env), binary, '-c', join(folder, 'server.conf')]);
  const each = Math.max(1, Math.ceil(slots / count));
  for (const name of names)
    start(name, [
      ...withUs(env),
      ...program,
      ...['worker', '--nats', url, '--name', name, '--slots', String(each)],
      ...['--creds', credsOf(name), '--state', join(folder, name), '--sandbox', sandbox],
    ]);
  const pids = Object.fromEntries([...children].flatMap(([name, { pid }]) => (pid ? [[name, pid]] : [])));
  return {
    hosts: { url, creds: credsOf('home'), local: count },
    pids,
    async close() {
      const workers = [...children].filter(([name]) => name !== SERVER).map(([, child]) => child);
      await Promise.all(workers.map(stop));
      await stop(children.get(SERVER)!);
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Where the system can, they die with us, also when we are killed. */
function withUs(env: Environment): readonly string[] {
  const setpriv = onPath('setpriv', env);
  return setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'KILL', '--'];
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await gone.finally(() => clearTimeout(late));
}

/** Free a moment ago: whoever takes it in between makes the server's start fail, which is told. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  probe.close();
  await once(probe, 'close');
  return port;
}

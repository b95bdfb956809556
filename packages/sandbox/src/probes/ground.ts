import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTree } from '../remove-tree.ts';
import type { Ground } from './attack.ts';

export interface MadeGround extends Ground {
  readonly workspace: string;
  close(): Promise<void>;
}

/** Makes what the attacks are aimed at: a secret file, listeners, a process. All of it is gone after `close`. */
export async function makeGround(perl: string): Promise<MadeGround> {
  const name = `swarm-probe-${process.pid}`;
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  const [hidden, workspace] = [join(folder, 'hidden'), join(folder, 'workspace')];
  await Promise.all([mkdir(hidden), mkdir(workspace)]);
  await writeFile(join(hidden, 'secret'), 'secret\n');
  const shared = join(existsSync('/dev/shm') ? '/dev/shm' : folder, `${name}.shared`);
  await writeFile(shared, 'shared\n');
  const socket = join(hidden, 'agent.sock');
  const [loopback, abstract, agent] = await Promise.all([
    listen({ host: '127.0.0.1', port: 0 }),
    listen({ path: `\0${name}` }),
    listen({ path: socket }),
  ]);
  await chmod(socket, 0o666);
  const bystander = spawn('/bin/sleep', ['600'], { stdio: 'ignore' });
  const segment = 0x53570000 + (process.pid & 0xffff);
  const IPC_CREAT = 0o1000;
  execFileSync(perl, ['-e', `shmget(${segment}, 16, ${IPC_CREAT | 0o666}) // die`]);
  return {
    hidden,
    workspace,
    socket,
    shared,
    segment,
    abstractName: name,
    pid: bystander.pid!,
    port: (loopback.address() as AddressInfo).port,
    async close() {
      bystander.kill('SIGKILL');
      for (const server of [loopback, abstract, agent]) server.close();
      execFileSync(perl, ['-e', `shmctl(shmget(${segment}, 16, 0), 0, 0)`]);
      await rm(shared, { force: true });
      await removeTree(folder);
    },
  };
}

function listen(
  at: { readonly host: string; readonly port: number } | { readonly path: string },
): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at, () => resolve(server));
  });
}

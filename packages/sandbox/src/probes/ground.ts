import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
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
export async function makeGround(): Promise<MadeGround> {
  const folder = await mkdtemp(join(tmpdir(), `swarm-probe-${process.pid}-`));
  const [hidden, workspace] = [join(folder, 'hidden'), join(folder, 'workspace')];
  await Promise.all([mkdir(hidden), mkdir(workspace)]);
  await writeFile(join(hidden, 'secret'), 'secret\n');
  const abstractName = `swarm-probe-${process.pid}`;
  const [loopback, abstract] = await Promise.all([
    listen({ host: '127.0.0.1', port: 0 }),
    listen({ path: `\0${abstractName}` }),
  ]);
  const bystander = spawn('/bin/sleep', ['600'], { stdio: 'ignore' });
  return {
    hidden,
    workspace,
    abstractName,
    pid: bystander.pid!,
    port: (loopback.address() as AddressInfo).port,
    async close() {
      bystander.kill('SIGKILL');
      loopback.close();
      abstract.close();
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

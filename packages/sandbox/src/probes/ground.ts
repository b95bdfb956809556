import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { removeTree } from '../remove-tree.ts';
import type { Ground } from './attack.ts';

export interface MadeGround extends Ground {
  readonly workspace: string;
  close(): Promise<void>;
}

/**
 * Makes what the attacks are aimed at: a secret file, listeners, a process. All of it is gone after `close`.
 * @param folder that is not there yet.
 */
export async function makeGround(perl: string, folder: string): Promise<MadeGround> {
  const name = `swarm-probe-${process.pid}`;
  await mkdir(folder, { mode: 0o700 });
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
  const key = makeKey(perl, name);
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
      if (key !== undefined) execFileSync(perl, ['-e', `syscall(${KEYCTL}, ${REVOKE}, ${key})`]);
      await rm(shared, { force: true });
      await removeTree(folder);
    },
  };
}

const [ADD_KEY, KEYCTL] = process.arch === 'x64' ? [248, 250] : [217, 219];
/** keyctl(2): linux, uapi/linux/keyctl.h */
const [REVOKE, SETPERM, SET_TIMEOUT] = [3, 5, 15];
const USER_KEYRING = -4;
const SEEN_BY_ALL = 0x3f010101;
/** Where we are killed it goes by itself. */
const KEY_SECONDS = 600;

/** A key of ours that everybody may see. Undefined where the kernel keeps none, or none for us. */
function makeKey(perl: string, name: string): number | undefined {
  const script = `
    my ($type, $name, $value) = ('user', '${name}', 'x');
    my $key = syscall(${ADD_KEY}, $type, $name, $value, 1, ${USER_KEYRING});
    exit if $key < 0;
    syscall(${KEYCTL}, ${SET_TIMEOUT}, $key, ${KEY_SECONDS});
    syscall(${KEYCTL}, ${SETPERM}, $key, ${SEEN_BY_ALL});
    print $key;`;
  return Number(execFileSync(perl, ['-e', script], { encoding: 'utf8' })) || undefined;
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

/** A remote on this machine, reached by git's own protocol, with a delay added to each connection. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export interface SlowRemote {
  readonly port: number;
  /** Connections so far. */
  connections(): number;
  close(): Promise<void>;
}

/** Serves the bare repositories in the folder of `origin`, pushes too: `git://127.0.0.1:<port>/<name>`. */
export async function slowRemote(origin: string, delayMs: number): Promise<SlowRemote> {
  const base = dirname(origin);
  let connections = 0;
  const server = createServer({ allowHalfOpen: true }, async (client) => {
    connections++;
    await pause(delayMs);
    const args = ['--inetd', '--export-all', '--enable=receive-pack', `--base-path=${base}`, base];
    const service = spawn('git', ['daemon', ...args], { stdio: ['pipe', 'pipe', 'ignore'] });
    for (const stream of [client, service.stdin]) stream.on('error', () => undefined);
    client.pipe(service.stdin);
    service.stdout.pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    close: async () => void (await Promise.all([once(server, 'close'), server.close()])),
  };
}

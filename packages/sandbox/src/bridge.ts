/**
 * The program that runs inside a sandbox without network: `node bridge.ts <socket> -- argv…`. It listens on a
 * free loopback port, pipes every connection to the gateway's unix socket, and runs the command with the
 * address in its environment. It ends as the command ends; signals it gets are passed on.
 *
 * Bind-mounted alone into the sandbox and bundled as a file of its own: imports of node: only, and nothing
 * may import it, because reading it runs it.
 */
import { spawn } from 'node:child_process';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

const PASSED_ON = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

async function main(args: readonly string[]): Promise<void> {
  const [socketPath, dashes, program, ...rest] = args;
  if (socketPath === undefined || dashes !== '--' || program === undefined) {
    return fail('usage: bridge <gateway socket> -- <program> [argument…]', 64);
  }
  const server = await listen(socketPath);
  run(program, rest, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

function listen(socketPath: string): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (client) => join(client, socketPath));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

/** Bytes go both ways untouched; when one side breaks, so does the other. */
function join(client: Socket, socketPath: string): void {
  const gateway = connect({ path: socketPath, allowHalfOpen: true });
  client.on('error', () => gateway.destroy());
  gateway.on('error', () => client.destroy());
  client.on('close', () => gateway.destroy());
  gateway.on('close', () => client.destroy());
  client.pipe(gateway);
  gateway.pipe(client);
}

function run(program: string, argv: readonly string[], url: string): void {
  const gateway = { SWARM_GATEWAY_URL: url, OPENAI_BASE_URL: `${url}/v1`, ANTHROPIC_BASE_URL: url };
  const child = spawn(program, argv, { stdio: 'inherit', env: { ...process.env, ...gateway } });
  for (const name of PASSED_ON) process.on(name, () => child.kill(name));
  child.on('error', (error) => fail(`cannot run ${program}: ${error.message}`, 127));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 0);
    // Ending by the same signal is how the command's own end is told on.
    for (const name of PASSED_ON) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

function fail(why: string, code: number): never {
  process.stderr.write(`swarm: ${why}\n`);
  process.exit(code);
}

await main(process.argv.slice(2));

/**
 * The program that runs inside a sandbox and is its way out: `node bridge.ts [gateway socket] [--out=socket] -- argv…`.
 * It listens on a free loopback port for each, pipes every connection to that unix socket, and runs the command with
 * the addresses in its environment: the gateway's, and the other one as the proxy for everything else. It ends as the command ends; signals it gets are passed on.
 *
 * Bind-mounted alone into the sandbox and bundled as a file of its own: imports of node: only, and nothing
 * may import it, because reading it runs it.
 */
import { spawn } from 'node:child_process';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { constants } from 'node:os';

const PASSED_ON = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

async function main(args: readonly string[]): Promise<void> {
  const dashes = args.indexOf('--');
  const sockets = args.slice(0, Math.max(dashes, 0));
  const [program, ...rest] = args.slice(dashes + 1);
  if (sockets.length === 0 || program === undefined) {
    return fail('usage: bridge [gateway socket] [--out=socket] -- <program> [argument…]', 64);
  }
  const out = sockets.find((socket) => socket.startsWith(OUT))?.slice(OUT.length);
  const gateway = sockets.find((socket) => !socket.startsWith(OUT));
  const env = {
    ...(gateway && gatewayVariables(await listen(gateway))),
    ...(out && proxyVariables(await listen(out))),
  };
  run(program, rest, env);
}

const OUT = '--out=';

const gatewayVariables = (port: number): Record<string, string> => {
  const url = `http://127.0.0.1:${port}`;
  return { SWARM_GATEWAY_URL: url, OPENAI_BASE_URL: `${url}/v1`, ANTHROPIC_BASE_URL: url };
};

/** Every spelling that package managers look for. Java knows none of them but its own. */
function proxyVariables(port: number): Record<string, string> {
  const url = `http://127.0.0.1:${port}`;
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'npm_config_proxy', 'npm_config_https_proxy'];
  const direct = 'localhost,127.0.0.1,::1';
  const java = ['http', 'https'].map((kind) => `-D${kind}.proxyHost=127.0.0.1 -D${kind}.proxyPort=${port}`);
  return {
    ...Object.fromEntries([...names, 'http_proxy', 'https_proxy', 'all_proxy'].map((name) => [name, url])),
    NO_PROXY: direct,
    no_proxy: direct,
    npm_config_noproxy: direct,
    YARN_HTTP_PROXY: url,
    YARN_HTTPS_PROXY: url,
    CARGO_HTTP_PROXY: url,
    PIP_PROXY: url,
    NODE_USE_ENV_PROXY: '1',
    JAVA_TOOL_OPTIONS: java.join(' '),
  };
}

/** The port on which this socket answers. */
function listen(socketPath: string): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (client) => join(client, socketPath));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
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

function run(program: string, argv: readonly string[], more: Readonly<Record<string, string>>): void {
  const child = spawn(program, argv, { stdio: 'inherit', env: { ...process.env, ...more } });
  for (const name of PASSED_ON) process.on(name, () => child.kill(name));
  child.on('error', (error) => fail(`cannot run ${program}: ${error.message}`, 127));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 0);
    // Ending by the same signal is how the command's own end is told on.
    for (const name of PASSED_ON) process.removeAllListeners(name);
    process.kill(process.pid, signal);
    // The first process of a container is not ended by itself.
    process.exit(128 + constants.signals[signal]);
  });
}

function fail(why: string, code: number): never {
  process.stderr.write(`swarm: ${why}\n`);
  process.exit(code);
}

await main(process.argv.slice(2));

/**
 * Second entry point: our agent, the child inside the sandbox. It meets the model only through the gateway, whose
 * socket and token it finds in its environment; keys, journal and hub are not here.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { readChildJob, runChildJob } from '@swarm/agent';
import { GATEWAY_SOCKET_VARIABLE } from '@swarm/core/ports/running';
import { createModel } from '@swarm/llm';
import { systemClock } from './running/clock.ts';
import { taken } from './telling/taken.ts';

const job = readChildJob(process.env);
const controller = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => controller.abort());

const A_DAY_MS = 24 * 60 * 60 * 1_000;
const { model: name, dialect = 'chat' } = job;
const model = createModel({
  endpoints: [
    {
      name: 'gateway',
      baseUrl: `${await listenFor(process.env[GATEWAY_SOCKET_VARIABLE] ?? '')}/v1`,
      apiKey: process.env.OPENAI_API_KEY ?? '',
      dialect,
      isGateway: true,
    },
  ],
  models: { planner: name, worker: name, reconciler: name, reviewer: name },
  prices: { asOf: '', currency: 'USD', perMillion: {} },
  clock: systemClock,
  rng: Math.random,
  // The gateway keeps the time of every call, and holds one while no endpoint answers; the attempt's own limit is the
  // agent's. A clock of its own here would give up what is only slow, and pay for it twice.
  deadlines: { firstByteMs: A_DAY_MS, idleMs: A_DAY_MS, totalMs: A_DAY_MS },
});

const env = Object.fromEntries(
  Object.entries(process.env).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && !isOurs(pair[0]),
  ),
);

await runChildJob(job, {
  model,
  clock: systemClock,
  signal: controller.signal,
  env,
  print: (line) => process.stdout.write(`${line}\n`),
  input: process.stdin,
});
// Its last words are heard; then at once: a timer of a call that was given up is nobody's any more.
await taken(process.stdout);
process.exit(0);

/** The way to the model is the agent's own; what its commands start has no business there. */
function isOurs(name: string): boolean {
  return /^(OPENAI_|ANTHROPIC_|SWARM_GATEWAY_|SWARM_AGENT_JOB$)/.test(name);
}

/** HTTP clients speak to addresses, the gateway listens on a socket: bytes pass between the two unread. */
async function listenFor(socket: string): Promise<string> {
  const server = createServer((client) => {
    const gateway = connect(socket);
    client.pipe(gateway).pipe(client);
    client.on('error', () => gateway.destroy());
    gateway.on('error', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** `swarm worker`: this machine works for runs of other machines, over a message server. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, mkdir } from 'node:fs/promises';
import { availableParallelism, hostname, loadavg } from 'node:os';
import { join } from 'node:path';
import { ERROR_CODES, SwarmError } from '@swarm/core/errors';
import { isHostName, SLOTS_MAX } from '@swarm/core/model/host';
import { capabilityProblem } from '@swarm/core/rules/capabilities';
import { openHeld } from '@swarm/journal';
import { WorkerHost } from '@swarm/mesh';
import { connectNats } from '@swarm/mesh/nats';
import { PROVIDER_NAMES, type ProviderName, probeSandbox } from '@swarm/sandbox';
import { findAgents } from '../agents/found.ts';
import { choicesOf } from '../config/sandbox-choice.ts';
import { type Environment, stateHome } from '../finding/paths.ts';
import { serveHealth } from '../hosts/health.ts';
import { ownEndpoints } from '../hosts/own-models.ts';
import { OWN_AGENTS, openWorkerRoom } from '../hosts/worker-room.ts';
import { programPlaces } from '../places.ts';
import type { Context } from '../program/context.ts';
import type { WorkerOptions } from '../program/options.ts';
import { systemClock } from '../running/clock.ts';
import { Escalation } from '../running/signals.ts';
import { traceHost } from '../running/tracing.ts';

/** How long what is here is kept for a home that is away. */
const KEEP_MS = 10 * 60_000;
const DRAIN_MS = 10 * 60_000;
/** As every program that was told to stop twice. */
const GIVEN_UP = 130;

export async function worker(options: WorkerOptions, context: Context): Promise<number> {
  const { env, output } = context;
  const name = options.name ?? hostname().split('.')[0]!.toLowerCase();
  const slots = options.slots ?? availableParallelism();
  const capabilities = await checked(name, slots, options, context);
  const sandbox = await sandboxFor(options.sandbox ?? 'auto', env);
  const places = programPlaces();
  const tell = (text: string): void => output.narrate(`${new Date().toISOString()} ${text}`);
  const own = options.ownModels ? await ownEndpoints(env) : undefined;
  if (options.check) {
    for (const line of [
      `name        ${name}`,
      `slots       ${slots}`,
      `version     ${places.version}`,
      `sandbox     ${sandbox}`,
      `can do      ${capabilities.join(', ')}`,
      `models      ${own ? own.config.map(({ name: one }) => one).join(', ') : 'those of each run’s home'}`,
    ])
      output.result(line);
  }
  const { ca, cert, key } = options;
  const connected = await connectNats({
    url: options.nats,
    name,
    ...(options.creds && { creds: options.creds }),
    ...((ca || cert || key) && { tls: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) } }),
    waits: !options.check,
    onState: (_, detail) => tell(detail),
  });
  if (options.check) {
    output.result(`server      ${options.nats.replace(/\/\/[^@/]*@/, '//')} answers`);
    await connected.close();
    return 0;
  }
  const state = options.state ?? join(stateHome(env), 'hosts', name);
  const held = await holdState(state, name);
  const tracing = await traceHost(env, places.version);
  const { tracer } = tracing;
  if (tracing.problem !== undefined) tell(`spans are not sent: ${tracing.problem}`);
  const left = Promise.withResolvers<void>();
  const host = new WorkerHost({
    wire: connected.wire,
    clock: systemClock,
    name,
    slots,
    capabilities,
    version: places.version,
    session: randomBytes(9).toString('base64url'),
    openRoom: (terms, home) =>
      openWorkerRoom(
        {
          host: name,
          state,
          sandbox,
          places,
          env,
          slots,
          ...(tracer && { tracer }),
          ...(own && { own }),
          log: {
            write: (event, { msg, level }) => {
              if (level === 'warn' || level === 'error') tell(`${event} ${msg}`);
            },
          },
        },
        terms,
        home,
      ),
    keepMs: KEEP_MS,
    load: () => ({ load: Math.round(loadavg()[0]! * 100) / 100, cpus: availableParallelism() }),
    tell: (event, msg) => tell(`${event} ${msg}`),
    onReplaced: (why) => left.reject(nameTaken(why, options, name)),
  });
  tell(`${name} offers ${slots} slots at ${options.nats.replace(/\/\/[^@/]*@/, '//')}`);
  const escalation = new Escalation();
  const health =
    options.healthPort === undefined
      ? undefined
      : await serveHealth(options.healthHost ?? '127.0.0.1', options.healthPort, {
          problem: () => (connected.isConnected() ? undefined : 'the message server'),
          isDraining: () => escalation.hasBegun,
          facts: () => ({ name, run: host.run ?? null, atWork: host.atWork, slots }),
        });
  let exitCode = 0;
  const stop = (): void => {
    const step = escalation.next(performance.now());
    if (step === 'exit') process.exit(GIVEN_UP);
    if (step === 'drain') void host.drain('it was told to stop', DRAIN_MS).then(left.resolve);
    if (step !== 'kill') return;
    exitCode = GIVEN_UP;
    tell('a second signal: what is at work here is given up; again to leave at once');
    host.giveUp();
  };
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, stop);
  try {
    await left.promise;
  } finally {
    health?.close();
    await connected.close();
    await tracing.end();
    await held.close();
  }
  return exitCode;
}

/** Two workers in one folder would end each other's commands and remove each other's workspaces. It is free once we are dead. */
async function holdState(state: string, name: string): Promise<FileHandle> {
  await mkdir(state, { recursive: true });
  const held = await openHeld(state, constants.O_RDONLY | constants.O_DIRECTORY);
  if (held) return held;
  throw new SwarmError({
    code: 'SW0501',
    what: 'another worker is at work in this folder',
    where: state,
    why: 'each would end what the other has at work there',
    fix: `ps -ef | grep 'swarm worker'   # or another one: --name ${name}-2`,
  });
}

const nameTaken = (why: string, { nats }: WorkerOptions, name: string): SwarmError =>
  new SwarmError({
    code: 'SW0741',
    what: `${why}, and this one stops`,
    where: '--name',
    why: 'both would do what one of them is asked',
    fix: `swarm worker --nats ${nats.replace(/\/\/[^@/]*@/, '//')} --name ${name}-2`,
  });

/** All that is wrong at once. */
async function checked(
  name: string,
  slots: number | string,
  { capability = [], healthPort }: WorkerOptions,
  { env }: Context,
): Promise<readonly string[]> {
  const problems = [
    ...(isHostName(name)
      ? []
      : [range('--name', name, 'small letters, digits and -, at most 40', 'builder-1')]),
    ...(typeof slots === 'number' && slots >= 1 && slots <= SLOTS_MAX
      ? []
      : [range('--slots', String(slots), `1 to ${SLOTS_MAX}`, '4')]),
    ...(healthPort === undefined || (typeof healthPort === 'number' && healthPort <= 65_535)
      ? []
      : [range('--health-port', String(healthPort), '0 to 65535', '8080')]),
    ...capability.flatMap((one) => {
      const why = capabilityProblem(one);
      return why === undefined ? [] : [range('--capability', one, why, 'gpu')];
    }),
  ];
  if (problems.length > 0) throw new SwarmError(problems);
  const { found } = await findAgents(env);
  return [...new Set([...OWN_AGENTS, ...found.map((agent) => agent.name), ...capability])];
}

const range = (flag: string, given: string, expected: string, example: string) => ({
  code: 'SW0105' as const,
  what: `${flag} is ${JSON.stringify(given)}: ${expected}`,
  where: flag,
  fix: `swarm worker --nats nats://127.0.0.1:4222 ${flag} ${example}`,
});

/** A host chooses its own sandbox: nothing of a run decides how this machine contains it. */
async function sandboxFor(word: string, env: Environment): Promise<ProviderName> {
  const names: readonly string[] = word === 'auto' ? ['bubblewrap', 'docker', 'podman'] : [word];
  const known = names.filter((one): one is ProviderName =>
    (PROVIDER_NAMES as readonly string[]).includes(one),
  );
  const failed: string[] = [];
  let fix = 'apt-get install bubblewrap';
  for (const provider of known) {
    const tried = await probeSandbox(provider, choicesOf({ endpoints: [] }, env, stateHome(env)));
    if (tried.kind === 'works') return provider;
    failed.push(`${provider}: ${tried.reason}`);
    fix = tried.fix;
  }
  throw new SwarmError({
    code: 'SW0304',
    what: `this host has no sandbox for what it is given to run: ${ERROR_CODES.SW0304.means}`,
    where: '--sandbox',
    why:
      failed.join('; ') ||
      `there is no sandbox ${JSON.stringify(word)}; there are ${PROVIDER_NAMES.join(', ')}`,
    fix,
  });
}

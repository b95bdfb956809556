/**
 * Second entry point: our agent, the child inside the sandbox. It meets the model only through the gateway, whose
 * address and token it finds in its environment; keys, journal and hub are not here.
 */
import { readChildJob, runChildJob } from '@swarm/agent';
import type { ModelRole } from '@swarm/core';
import { createModel } from '@swarm/llm';
import { systemClock } from './clock.ts';

const job = readChildJob(process.env);
const controller = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => controller.abort());

const models = Object.fromEntries(
  (['planner', 'worker', 'reconciler', 'reviewer'] as const).map((role) => [role, job.model]),
) as Record<ModelRole, string>;

const model = createModel({
  endpoints: [
    {
      name: 'gateway',
      baseUrl: `${process.env.SWARM_GATEWAY_URL ?? ''}/v1`,
      apiKey: process.env.OPENAI_API_KEY ?? '',
    },
  ],
  models,
  prices: { asOf: '', currency: 'USD', perMillion: {} },
  clock: systemClock,
  rng: Math.random,
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
});
// At once: a timer of a call that was given up is nobody's any more. Pipes are written synchronously.
process.exit(0);

/** The way to the model is the agent's own; what its commands start has no business there. */
function isOurs(name: string): boolean {
  return /^(OPENAI_|ANTHROPIC_|SWARM_GATEWAY_URL$|SWARM_AGENT_JOB$)/.test(name);
}

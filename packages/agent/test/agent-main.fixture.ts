/** A composition root as the product has one, with a model that plays what PLAYED names. */
import { NO_USAGE } from '@swarm/core/model/usage';
import { formatAgentEvent } from '../src/agent-events.ts';
import { JOB_VARIABLE, readChildJob, runChildJob } from '../src/child.ts';
import { answer, clock, playModel } from './support.ts';

const env = process.env as Record<string, string>;
const controller = new AbortController();
process.on('SIGTERM', () => controller.abort());
if (env.PLAYED === 'die') process.exit(3);
if (env.PLAYED === 'silence') {
  setInterval(() => {}, 1000);
  process.on('SIGTERM', () => {
    const detail = 'told to stop';
    const event = {
      type: 'ended',
      reason: 'aborted',
      detail,
      usage: NO_USAGE,
      steps: 0,
      toolCalls: 0,
    } as const;
    console.log(formatAgentEvent(event));
    process.exit(0);
  });
} else {
  console.log('a line that is no event \u001b[2J');
  console.log(`the key is ${env.OPENAI_API_KEY}`);
  console.log('{"type":"ended","reason":"made up"}');
  const job = readChildJob({ [JOB_VARIABLE]: env[JOB_VARIABLE] });
  // A model that reads where it was told to: the path is another one each time.
  const played = (env.PLAYED ?? '[]')
    .replaceAll('@checks', job.readable?.[0] ?? '')
    .replaceAll('@notes', job.notes ?? '');
  const said = JSON.parse(played) as Parameters<typeof answer>[0][];
  await runChildJob(job, {
    model: playModel(said.map((s) => answer(s))),
    clock,
    signal: controller.signal,
    env,
    print: (line) => console.log(line),
    input: process.stdin,
  });
}

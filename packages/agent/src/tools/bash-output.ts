/** bash_output: what a command in the background said, and its end. */
import * as z from 'zod';
import { cutMiddle } from '../context/shorten.ts';
import { type Tool, ToolFault } from './tool.ts';

const WAIT_MS = 1_000;
const WAIT_MAX_MS = 300_000;
/** The line that says how it stands. */
const LINE_CHARS = 120;

interface BashOutputArguments {
  readonly id: string;
  readonly waitMs?: number | undefined;
  readonly stop?: boolean | undefined;
}

export const bashOutput: Tool<BashOutputArguments> = {
  name: 'bash_output',
  description:
    'Gives what a background command has printed since you last asked, and whether it still runs. It waits until there is something to tell, for waitMs at most. With stop the command is ended first.',
  schema: z.strictObject({
    id: z.string().min(1).describe('As bash gave it, such as bg1.'),
    waitMs: z
      .number()
      .int()
      .min(0)
      .max(WAIT_MAX_MS)
      .optional()
      .describe(`Milliseconds; ${WAIT_MS} unless given, at most ${WAIT_MAX_MS}.`),
    stop: z.boolean().optional().describe('End the command and all it started.'),
  }),
  async run({ id, waitMs = WAIT_MS, stop }, { background, outputChars }, signal) {
    const running = background.all.get(id) ?? unknown(id, [...background.all.keys()]);
    if (stop) await running.stopped(signal);
    else await running.news(waitMs, signal);
    const text = running.read();
    const { end } = running;
    const head = end === undefined ? `${id} is running` : `${id} has ended: ${end}`;
    const output = `${head}\n${text === '' ? '(no new output)' : cutMiddle(text, outputChars - LINE_CHARS)}`;
    return { ok: true, output, ...(end === undefined && { isWaiting: true as const }) };
  },
};

function unknown(id: string, known: readonly string[]): never {
  const there = known.length > 0 ? `there are: ${known.join(', ')}` : 'none was started';
  throw new ToolFault(
    `bash_output: there is no background command ${id}; ${there}. They end when you hand in: start it again with bash and background.`,
  );
}

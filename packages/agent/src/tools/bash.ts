/** bash: any command, in the workspace. */
import { existsSync } from 'node:fs';
import * as z from 'zod';
import { type Background, RUNNING_MAX } from './background.ts';
import type { CommandResult } from './process.ts';
import { runCommand } from './process.ts';
import { argumentText, done, type Tool, ToolFault, type ToolOutcome } from './tool.ts';

const TIMEOUT_MS = 120_000;
const TIMEOUT_MAX_MS = 600_000;
/** Bytes of output, half from either end, unless the conversation has room for less. */
const KEEP_MAX = 32 * 1024;
/** The line that says how it ended, and the one where output is left out. */
const LINES_CHARS = 120;

interface BashArguments {
  readonly command: string;
  readonly timeoutMs?: number | undefined;
  readonly background?: boolean | undefined;
}

export const bash: Tool<BashArguments> = {
  name: 'bash',
  description:
    'Runs a shell command in the workspace and gives back its exit code and its output (stdout and stderr together; of long output the beginning and the end). No terminal and no input. Each call is a new shell: folder and variables do not carry over. Everything the command started ends with it. For a server, or for a run you do not want to wait for, give background: it goes on, and bash_output reads what it says.',
  schema: z.strictObject({
    command: argumentText(100_000).describe('The command line, as for sh -c.'),
    timeoutMs: z
      .number()
      .int()
      .min(1)
      .max(TIMEOUT_MAX_MS)
      .optional()
      .describe(
        `Milliseconds after which it is killed; ${TIMEOUT_MS} unless given, at most ${TIMEOUT_MAX_MS}.`,
      ),
    background: z
      .boolean()
      .optional()
      .describe('Start it and go on at once. It ends at the latest when you hand in.'),
  }),
  async run({ command, timeoutMs = TIMEOUT_MS, background: isBehind }, place, signal) {
    const { workspace, env, clock, background, outputChars } = place;
    const argv = [findShell(), '-c', command] as const;
    if (isBehind) return startBehind(background, { argv: [...argv], cwd: workspace, env });
    const half = Math.floor(Math.min(KEEP_MAX, outputChars - LINES_CHARS) / 2);
    const result = await runCommand({
      argv: [...argv],
      cwd: workspace,
      env,
      timeoutMs,
      keep: { head: half, tail: half },
      clock,
      signal,
    });
    return { ok: result.end === 'exited' && result.exitCode === 0, output: describe(result, timeoutMs) };
  },
};

function startBehind(background: Background, spec: Parameters<Background['start']>[0]): ToolOutcome {
  const id = background.start(spec);
  if (id === undefined)
    throw new ToolFault(
      `bash: ${RUNNING_MAX} commands run in the background already; end one with bash_output and stop`,
    );
  return done(`started ${id} in the background; bash_output {"id": "${id}"} gives what it says`);
}

const SHELLS = ['/bin/bash', '/usr/bin/bash', '/usr/local/bin/bash'];
const findShell = () => SHELLS.find((shell) => existsSync(shell)) ?? '/bin/sh';

function describe(result: CommandResult, timeoutMs: number): string {
  return `${headline(result, timeoutMs)}\n${result.output === '' ? '(no output)' : result.output}`;
}

function headline({ end, exitCode }: CommandResult, timeoutMs: number): string {
  if (end === 'timeout')
    return `killed after ${timeoutMs} ms with all it had started; give timeoutMs for longer`;
  if (end === 'output-limit') return 'killed: it printed more than 64 MiB; send output to a file or to tail';
  if (end === 'aborted') return 'killed: the attempt is over';
  if (end === 'cannot-run') return 'could not be started';
  return exitCode === undefined ? 'killed by a signal' : `exit code ${exitCode}`;
}

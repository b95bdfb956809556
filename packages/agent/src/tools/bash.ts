/** bash: any command, in the workspace. */
import { existsSync } from 'node:fs';
import { z } from 'zod';
import type { CommandResult } from './process.ts';
import { runCommand } from './process.ts';
import { argumentText, type Tool } from './tool.ts';

const TIMEOUT_MS = 120_000;
const TIMEOUT_MAX_MS = 600_000;
const KEEP = { head: 16 * 1024, tail: 16 * 1024 };

export const bash: Tool<{ command: string; timeoutMs?: number | undefined }> = {
  name: 'bash',
  description:
    'Runs a shell command in the workspace and gives back its exit code and its output (stdout and stderr together; of long output the first and last 16 KiB). No terminal and no input. Each call is a new shell: folder and variables do not carry over. Everything the command started ends with it, background processes too, so start a server and use it in the same call.',
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
  }),
  async run({ command, timeoutMs = TIMEOUT_MS }, { workspace, env, clock }, signal) {
    const argv = [findShell(), '-c', command] as const;
    const result = await runCommand({
      argv: [...argv],
      cwd: workspace,
      env,
      timeoutMs,
      keep: KEEP,
      clock,
      signal,
    });
    return { ok: result.end === 'exited' && result.exitCode === 0, output: describe(result, timeoutMs) };
  },
};

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

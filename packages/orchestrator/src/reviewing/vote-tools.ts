/** What a reviewer may look at and try: the repository at the commit, and commands in a sandbox on a clone of it. */
import type { Bench, CannotRun } from '@swarm/core/ports/bench';
import type { ToolCall, ToolSpec } from '@swarm/core/ports/models';
import type { SandboxResult } from '@swarm/core/ports/running';
import type { VoteWanted } from '@swarm/core/rules/reviewing';
import type { Context } from '../context.ts';
import type { Tools } from '../planning/looking.ts';
import { PLANNER_TOOLS, runPlannerTool } from '../planning/planner-tools.ts';
import { OUTPUT_BYTES_MAX } from '../settings.ts';
import { detailOf } from '../working/disk-full.ts';
import { setupOf } from '../working/setup-ask.ts';

const COMMAND_MS = 120_000;
const COMMAND_MS_MAX = 600_000;
const COMMAND_CHARS_MAX = 20_000;
/** Characters of one output that are shown, from both its ends. */
const OUTPUT_MAX = 16_000;

const BASH: ToolSpec = {
  name: 'bash',
  description:
    'Runs a shell command in a clone of the repository at the commit you judge, in a sandbox without network. Nothing you change there counts.',
  parameters: {
    type: 'object',
    properties: {
      command: { type: 'string', description: 'what to run' },
      timeoutMs: { type: 'integer', description: `at most ${COMMAND_MS_MAX}; ${COMMAND_MS} without it` },
    },
    required: ['command'],
    additionalProperties: false,
  },
};

export const VOTE_TOOLS: readonly ToolSpec[] = [...PLANNER_TOOLS, BASH];

/** A clone is made when the first command wants one. */
export class VoteRoom implements Tools {
  readonly specs = VOTE_TOOLS;
  readonly #context: Context<'host' | 'reader'>;
  readonly #wanted: VoteWanted;
  readonly #signal: AbortSignal;
  #bench: Bench | CannotRun | undefined;

  constructor(context: Context<'host' | 'reader'>, wanted: VoteWanted, signal: AbortSignal) {
    this.#context = context;
    this.#wanted = wanted;
    this.#signal = signal;
  }

  async run(call: ToolCall): Promise<string> {
    const { reader } = this.#context.ports;
    if (call.name !== BASH.name) return runPlannerTool(reader, this.#wanted.commit, call);
    const asked = readCommand(call.argumentsJson);
    if (typeof asked === 'string') return `error: ${asked}`;
    try {
      return await this.#shell(asked);
    } catch (error) {
      return `error: the command could not be run: ${detailOf(error)}`;
    }
  }

  async close(): Promise<void> {
    const bench = this.#bench;
    this.#bench = undefined;
    if (bench?.kind === 'bench') await bench.close();
  }

  async #shell({ command, timeoutMs }: Command): Promise<string> {
    this.#bench ??= await openBenchFor(this.#context, this.#wanted, this.#signal);
    if (this.#bench.kind === 'cannot-run')
      return `error: there is no clone to run it in: ${this.#bench.detail}`;
    const ran = await this.#bench.shell({
      name: benchName(this.#wanted),
      command,
      limits: { wallMs: timeoutMs, outputBytes: OUTPUT_BYTES_MAX },
      signal: this.#signal,
    });
    return resultText(ran);
  }
}

/** A clone of the repository at the commit that is voted on. */
export const openBenchFor = (
  context: Context<'host'>,
  wanted: VoteWanted,
  signal: AbortSignal,
  more: { readonly agentAs?: VoteWanted['attempt'] } = {},
): Promise<Bench | CannotRun> =>
  context.ports.host.open({
    name: benchName(wanted),
    base: wanted.commit,
    ...setupOf(context),
    ...more,
    signal,
  });

/** `review-t3-1-2`: the second reviewer of t3.1. */
export const benchName = ({ attempt, reviewer }: VoteWanted): string =>
  `review-${attempt.replace('.', '-')}-${reviewer.slice(reviewer.lastIndexOf('-') + 1)}`;

interface Command {
  readonly command: string;
  readonly timeoutMs: number;
}

function readCommand(json: string): Command | string {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    return `the arguments are not JSON: ${(error as Error).message}`;
  }
  const { command, timeoutMs } = Object(value) as Record<string, unknown>;
  if (typeof command !== 'string' || command.trim() === '') return 'bash needs a command';
  if (command.length > COMMAND_CHARS_MAX) return `a command has at most ${COMMAND_CHARS_MAX} characters`;
  if (command.includes('\0')) return 'a command holds no NUL';
  const wanted = Number(timeoutMs ?? COMMAND_MS);
  const ms = Number.isFinite(wanted) && wanted > 0 ? Math.min(wanted, COMMAND_MS_MAX) : COMMAND_MS;
  return { command, timeoutMs: Math.ceil(ms) };
}

function resultText({ end, exitCode, output }: SandboxResult): string {
  const how = end === 'exited' ? `exit code ${exitCode}` : `it ended as ${end}`;
  const text = output.trimEnd();
  const half = OUTPUT_MAX / 2;
  const shown =
    text.length <= OUTPUT_MAX
      ? text
      : `${text.slice(0, half)}\n[… ${text.length - OUTPUT_MAX} characters left out]\n${text.slice(-half)}`;
  return `${how}\n${shown}`.toWellFormed();
}

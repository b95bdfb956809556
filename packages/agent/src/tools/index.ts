/** The table of tools, and the one way a model's call becomes an action. */
import type { ToolCall, ToolSpec } from '@swarm/core/ports/models';
import * as z from 'zod';
import { cutText } from '../agent-events.ts';
import { cutMiddle } from '../context/shorten.ts';
import { readArguments, shapeLine, toolNameFor } from './arguments.ts';
import { Background } from './background.ts';
import { bash } from './bash.ts';
import { bashOutput } from './bash-output.ts';
import { edit, read, write } from './files.ts';
import { submitHandoff } from './handoff.ts';
import type { MoreTools } from './more.ts';
import { plan } from './plan.ts';
import { glob, grep } from './search.ts';
import { type Tool, ToolFault, type ToolOutcome, type ToolPlace } from './tool.ts';

// biome-ignore lint/suspicious/noExplicitAny: each tool checks its own arguments by its own schema
const TOOLS: readonly Tool<any>[] = [bash, bashOutput, read, write, edit, grep, glob, plan, submitHandoff];

const TOOL_NAMES = TOOLS.map(({ name }) => name);

/** The tool that a name means; undefined: none. */
export function toolMeant(said: string): string | undefined {
  const name = toolNameFor(said, TOOL_NAMES);
  return TOOL_NAMES.includes(name) ? name : undefined;
}

/** What the model is told of each tool. */
export const toolSpecs = (): readonly ToolSpec[] => {
  specs ??= TOOLS.map(({ name, description, schema }) => ({
    name,
    description,
    parameters: parametersOf(schema),
  }));
  return specs;
};
/** Made when they are asked for: who runs no such agent starts without them. */
let specs: readonly ToolSpec[] | undefined;

export interface Toolbox {
  readonly specs: readonly ToolSpec[];
  /**
   * Never rejects for anything a model can say; `wasRun` is false when the call itself was not usable.
   * @param outputChars the most characters of its output that there is room for.
   */
  run(call: ToolCall, signal: AbortSignal, outputChars?: number): Promise<CallOutcome>;
  /** Ends what runs in the background. */
  close(): void;
}
export interface CallOutcome extends ToolOutcome {
  readonly wasRun: boolean;
}

type ToolboxAsk = Pick<ToolPlace, 'workspace' | 'env' | 'clock'> &
  Partial<Pick<ToolPlace, 'readable'>> & {
    readonly more?: MoreTools | undefined;
    /** Tools it has besides its plan and handing in; absent: all. */
    readonly only?: readonly string[] | undefined;
  };

/** Whoever has few tools has these besides: they touch nothing. */
const ALWAYS: ReadonlySet<string> = new Set([plan.name, submitHandoff.name]);

function offeredBy(only: readonly string[] | undefined): ReadonlySet<string> {
  if (!only) return new Set(TOOL_NAMES);
  const isOffered = (name: string): boolean =>
    ALWAYS.has(name) || only.includes(name) || (name === bashOutput.name && only.includes(bash.name));
  return new Set(TOOL_NAMES.filter(isOffered));
}

export function createToolbox({ readable = [], more, only, ...place }: ToolboxAsk): Toolbox {
  const offered = offeredBy(only);
  const background = new Background(place.clock);
  const inner = { ...place, readable, background, env: commandEnv(place.env) };
  return {
    specs: [...toolSpecs().filter(({ name }) => offered.has(name)), ...(more?.specs ?? [])],
    async run(call, signal, outputChars = Number.POSITIVE_INFINITY) {
      const outcome = more?.specs.some(({ name }) => name === call.name)
        ? await runMore(more, call, signal)
        : await runToolCall(call, { ...inner, outputChars }, offered, signal);
      return { ...outcome, output: cutMiddle(outcome.output, outputChars) };
    },
    close: () => background.close(),
  };
}

/** Tools that change nothing: calls of them that stand side by side run at the same time. */
const READING: ReadonlySet<string> = new Set([read, grep, glob].map(({ name }) => name));
export const isReading = (said: string): boolean => READING.has(toolNameFor(said, TOOL_NAMES));

async function runToolCall(
  call: ToolCall,
  place: ToolPlace,
  offered: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<CallOutcome> {
  const name = toolNameFor(call.name, TOOL_NAMES);
  const tool = TOOLS.find((t) => t.name === name);
  // What is not offered is not there, whoever knows of it.
  if (!tool || !offered.has(name))
    return unusable(`there is no tool ${cutText(call.name, 60)}; there are: ${[...offered].join(', ')}`);
  const args = parseArguments(tool, call.argumentsJson);
  if ('problem' in args) return unusable(`${tool.name}: not run. ${args.problem}`);
  try {
    return { ...(await tool.run(args.value, place, signal)), wasRun: true };
  } catch (error) {
    const isTheSystems = error instanceof Error && 'syscall' in error;
    if (!(error instanceof ToolFault) && !isTheSystems) throw error;
    return {
      ok: false,
      output: isTheSystems ? `${tool.name}: ${error.message}` : error.message,
      wasRun: true,
    };
  }
}

/** Nothing is mended: what its arguments mean only its server knows. */
async function runMore(more: MoreTools, { name, argumentsJson }: ToolCall, signal: AbortSignal) {
  const said = argumentsJson.trim() === '' ? '{}' : argumentsJson;
  if (!isJsonObject(said)) return unusable(`${name}: not run. Its arguments are no JSON object`);
  return { ...(await more.run(name, said, signal)), wasRun: true };
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

const unusable = (output: string): CallOutcome => ({ ok: false, output, wasRun: false });

/** A call is run whole or not at all: nothing is guessed from half an arguments object. */
function parseArguments(tool: Tool<unknown>, json: string): { value: unknown } | { problem: string } {
  const parameters = parametersOf(tool.schema);
  const said = readArguments(json, parameters);
  const takes = `It takes: ${shapeLine(tool.name, parameters)}`;
  if ('problem' in said) return { problem: `${said.problem}. ${takes}` };
  const { success, data, error } = tool.schema.safeParse(said.value);
  if (success) return { value: data };
  const problems = error.issues.slice(0, 5).map((i) => `${i.path.join('.') || 'arguments'}: ${i.message}`);
  return { problem: `Its arguments do not fit: ${cutText(problems.join('; '), 1_000)}. ${takes}` };
}

function parametersOf(schema: z.ZodType): Readonly<Record<string, unknown>> {
  const { $schema: _, ...parameters } = z.toJSONSchema(schema, { io: 'input' }) as Record<string, unknown>;
  return parameters;
}

/** Names that are the agent's own: commands have no business with the model. */
const OWN_ENV = /^(OPENAI|ANTHROPIC)_|^SWARM_(AGENT_JOB|GATEWAY_URL)$/;
/** Tools of the trade that would wait for a person, or colour what a model reads. */
const PLAIN_ENV = { TERM: 'dumb', NO_COLOR: '1', PAGER: 'cat', GIT_PAGER: 'cat', GIT_TERMINAL_PROMPT: '0' };

function commandEnv(env: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(env).filter(([name]) => !OWN_ENV.test(name));
  return { ...Object.fromEntries(kept), ...PLAIN_ENV };
}

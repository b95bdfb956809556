/** Runs one tool call the way the loop does. */
import { createToolbox } from '../src/tools/index.ts';
import { clock } from './support.ts';

export async function callTool(
  workspace: string,
  name: string,
  args: unknown,
  over: { env?: Record<string, string>; signal?: AbortSignal } = {},
): Promise<{ ok: boolean; output: string }> {
  const env = over.env ?? { PATH: process.env.PATH ?? '' };
  const toolbox = createToolbox({ workspace, env, clock });
  const call = { id: 'c', name, argumentsJson: JSON.stringify(args) };
  const { ok, output } = await toolbox.run(call, over.signal ?? new AbortController().signal);
  return { ok, output };
}

/** The output of a call that must be refused. */
export async function refusedTool(workspace: string, name: string, args: unknown): Promise<string> {
  const { ok, output } = await callTool(workspace, name, args);
  if (ok) throw new Error(`${name} was not refused: ${output}`);
  return output;
}

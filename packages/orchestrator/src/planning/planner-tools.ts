/** The planner's read-only tools. They read git objects of one commit, never a checkout. */
import { SwarmError } from '@swarm/core/errors';
import type { CommitId } from '@swarm/core/model/ids';
import type { RepositoryReader } from '@swarm/core/ports/git';
import type { ToolCall, ToolSpec } from '@swarm/core/ports/models';

const OUTPUT_MAX = 24_000;
const LINES_MAX = 400;

export const PLANNER_TOOLS: readonly ToolSpec[] = [
  tool(
    'list',
    'Lists the files and folders in a folder of the repository.',
    { path: 'folder, relative; empty for the root' },
    [],
  ),
  tool('read', 'Reads a file of the repository.', { path: 'file, relative' }, ['path']),
  tool(
    'grep',
    'Searches the repository for a basic regular expression; gives path:line:text.',
    { pattern: 'what to look for', path: 'folder or file to search in; optional' },
    ['pattern'],
  ),
  tool(
    'git_log',
    'Shows the latest commits, one line each.',
    { path: 'only those that touch it; optional' },
    [],
  ),
];

function tool(
  name: string,
  description: string,
  properties: Record<string, string>,
  required: readonly string[],
): ToolSpec {
  return {
    name,
    description,
    parameters: {
      type: 'object',
      properties: Object.fromEntries(
        Object.entries(properties).map(([k, d]) => [k, { type: 'string', description: d }]),
      ),
      required,
      additionalProperties: false,
    },
  };
}

/** Always an answer for the model, an error in words included. */
export async function runPlannerTool(
  reader: RepositoryReader,
  commit: CommitId,
  call: ToolCall,
): Promise<string> {
  const read = readArguments(call.argumentsJson);
  if (typeof read === 'string') return `error: ${read}`;
  try {
    return cap(await dispatch(reader, commit, call.name, read));
  } catch (error) {
    if (error instanceof SwarmError) return `error: ${error.problems.map((p) => p.what).join('; ')}`;
    throw error;
  }
}

async function dispatch(
  reader: RepositoryReader,
  commit: CommitId,
  name: string,
  args: ReadonlyMap<string, string>,
): Promise<string> {
  const path = args.get('path');
  switch (name) {
    case 'list':
      return lines(await reader.list(commit, path ?? ''));
    case 'read':
      if (!path) return 'error: read needs a path';
      return (await reader.read(commit, path)) ?? `error: there is no file ${path}`;
    case 'grep': {
      const pattern = args.get('pattern');
      if (!pattern) return 'error: grep needs a pattern';
      return lines(await reader.grep(commit, pattern, path)) || 'nothing found';
    }
    case 'git_log':
      return lines(await reader.log(commit, 50, path));
    default:
      return `error: there is no tool ${name}; there are ${PLANNER_TOOLS.map((t) => t.name).join(', ')}`;
  }
}

function readArguments(json: string): ReadonlyMap<string, string> | string {
  let value: unknown;
  try {
    value = JSON.parse(json === '' ? '{}' : json);
  } catch (error) {
    return `the arguments are not JSON: ${(error as Error).message}`;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'the arguments must be an object';
  const pairs = Object.entries(value).filter((p): p is [string, string] => typeof p[1] === 'string');
  return new Map(pairs);
}

function lines(all: readonly string[]): string {
  const more = all.length > LINES_MAX ? [`[… ${all.length - LINES_MAX} more]`] : [];
  return [...all.slice(0, LINES_MAX), ...more].join('\n');
}

function cap(text: string): string {
  return text.length <= OUTPUT_MAX
    ? text
    : `${text.slice(0, OUTPUT_MAX)}\n[… ${text.length - OUTPUT_MAX} characters left out]`;
}

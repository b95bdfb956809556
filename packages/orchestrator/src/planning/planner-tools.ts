/** The planner's read-only tools. They read git objects of one commit, never a checkout. */
import { type Problem, SwarmError } from '@swarm/core/errors';
import type { CommitId } from '@swarm/core/model/ids';
import type { RepositoryReader } from '@swarm/core/ports/git';
import type { ToolCall, ToolSpec } from '@swarm/core/ports/models';
import { pageOf } from '@swarm/core/rules/paged-text';

const OUTPUT_MAX = 24_000;
const LINES_MAX = 400;
/** A page and what is told around it fit into one output. */
const PAGE_MAX = OUTPUT_MAX - 1_000;

interface Parameter {
  readonly type: 'string' | 'integer';
  readonly description: string;
}
const text = (description: string): Parameter => ({ type: 'string', description });
const number = (description: string): Parameter => ({ type: 'integer', description });

export const PLANNER_TOOLS: readonly ToolSpec[] = [
  tool(
    'list',
    'Lists the files and folders in a folder of the repository.',
    { path: text('folder, relative; empty for the root') },
    [],
  ),
  tool(
    'read',
    `Reads a file of the repository: one line that names the range, then each line behind its number and a tab. At most ${PAGE_MAX} characters at once; go on with offset.`,
    {
      path: text('file, relative'),
      offset: number('first line to read, counted from 1; optional'),
      limit: number('most lines to read; optional'),
    },
    ['path'],
  ),
  tool(
    'grep',
    'Searches the repository for an extended regular expression (| and + without a backslash, [0-9] rather than \\d); gives path:line:text.',
    { pattern: text('what to look for'), path: text('folder or file to search in; optional') },
    ['pattern'],
  ),
  tool(
    'git_log',
    'Shows the latest commits, one line each.',
    { path: text('only those that touch it; optional') },
    [],
  ),
];

function tool(
  name: string,
  description: string,
  properties: Readonly<Record<string, Parameter>>,
  required: readonly string[],
): ToolSpec {
  return {
    name,
    description,
    parameters: { type: 'object', properties, required, additionalProperties: false },
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
    if (error instanceof SwarmError) return `error: ${error.problems.map(reasonOf).join('; ')}`;
    throw error;
  }
}

type Arguments = ReadonlyMap<string, unknown>;

async function dispatch(
  reader: RepositoryReader,
  commit: CommitId,
  name: string,
  args: Arguments,
): Promise<string> {
  const path = textOf(args, 'path');
  switch (name) {
    case 'list':
      return lines(await reader.list(commit, path ?? '')) || nothingIn(path ?? '');
    case 'read':
      if (!path) return 'error: read needs a path';
      return readPage(reader, commit, path, args);
    case 'grep': {
      const pattern = textOf(args, 'pattern');
      if (!pattern) return 'error: grep needs a pattern';
      return lines(await reader.grep(commit, pattern, path)) || nothingLike(pattern);
    }
    case 'git_log':
      return lines(await reader.log(commit, 50, path)) || 'no commit touches it';
    default:
      return `error: there is no tool ${name}; there are ${PLANNER_TOOLS.map((t) => t.name).join(', ')}`;
  }
}

/** An "or" of basic expressions and a digit of Perl's match nothing in an extended one. */
function nothingLike(pattern: string): string {
  const meant = pattern.replaceAll('\\|', '|').replaceAll('\\d', '[0-9]');
  if (meant === pattern) return 'nothing found';
  return `nothing found: in an extended expression \\| is the bar itself, and \\d is no digit; perhaps ${meant} is meant`;
}

const nothingIn = (path: string): string =>
  path === '' ? '(the repository has no files yet)' : `error: there is no folder ${path}`;

async function readPage(
  reader: RepositoryReader,
  commit: CommitId,
  path: string,
  args: Arguments,
): Promise<string> {
  const found = await reader.read(commit, path);
  if (found === undefined) return `error: there is no text file ${path}; list shows what is in a folder`;
  const range = { offset: countOf(args, 'offset'), limit: countOf(args, 'limit') };
  const read = pageOf(path, found, range, PAGE_MAX);
  return 'problem' in read ? `error: ${read.problem}` : read.page;
}

const textOf = (args: Arguments, name: string): string | undefined => {
  const value = args.get(name);
  return typeof value === 'string' ? value : undefined;
};

/** A whole number from 1 on, as a number or as a string; anything else is as if it were not there. */
function countOf(args: Arguments, name: string): number | undefined {
  const n = Number(args.get(name) ?? Number.NaN);
  return Number.isInteger(n) && n >= 1 ? n : undefined;
}

function readArguments(json: string): Arguments | string {
  let value: unknown;
  try {
    value = JSON.parse(json === '' ? '{}' : json);
    // The whole object as a JSON text, once.
    if (typeof value === 'string') value = JSON.parse(value);
  } catch (error) {
    return `the arguments are not JSON: ${(error as Error).message}`;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return 'the arguments must be an object';
  return new Map(Object.entries(value));
}

const reasonOf = ({ what, why }: Problem): string => (why ? `${what}: ${why}` : what);

function lines(all: readonly string[]): string {
  const more = all.length > LINES_MAX ? [`[… ${all.length - LINES_MAX} more]`] : [];
  return [...all.slice(0, LINES_MAX), ...more].join('\n');
}

function cap(text: string): string {
  return text.length <= OUTPUT_MAX
    ? text
    : `${text.slice(0, OUTPUT_MAX)}\n[… ${text.length - OUTPUT_MAX} characters left out]`;
}

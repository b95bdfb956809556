/**
 * A call's arguments, as far as it is certain what was meant. Models write other tools' names for a parameter, numbers
 * as strings, one string for a list, JSON within JSON. What is mended here has one meaning; everything else is refused
 * with the tool's shape beside it.
 */
import { cutText } from '../agent-events.ts';

type Json = unknown;
interface Shape {
  readonly type?: string | readonly string[];
  readonly enum?: readonly Json[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
}

/** Other names of a parameter, in the order in which they count. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  path: [
    'file_path',
    'filePath',
    'filepath',
    'file',
    'filename',
    'target_file',
    'absolute_path',
    'relative_path',
  ],
  oldText: ['old_string', 'oldString', 'old_str', 'old_text'],
  newText: ['new_string', 'newString', 'new_str', 'new_text'],
  replaceAll: ['replace_all'],
  content: ['contents', 'file_text', 'text'],
  command: ['cmd', 'script'],
  timeoutMs: ['timeout_ms', 'timeout'],
  pattern: ['query', 'regex', 'search'],
  offset: ['start_line', 'startLine'],
  items: ['todos', 'steps', 'plan', 'tasks'],
  text: ['content', 'step', 'title'],
  id: ['bash_id', 'shell_id', 'process_id'],
  background: ['run_in_background', 'is_background'],
  stop: ['kill'],
};

/** What some tools take beside their work, and what changes nothing. */
const REMARKS = ['description', 'explanation', 'reason', 'thought', 'thoughts'];

/** Names other harnesses give to the same tools. */
const TOOL_ALIASES: Readonly<Record<string, readonly string[]>> = {
  bash: [
    ...['shell', 'sh', 'terminal', 'run_command', 'execute_command', 'exec_command'],
    ...['run_terminal_cmd', 'run_shell_command', 'execute_bash'],
  ],
  read: ['read_file', 'view_file', 'open_file', 'cat'],
  write: ['write_file', 'create_file', 'write_to_file'],
  edit: ['edit_file', 'str_replace', 'replace_in_file', 'search_replace'],
  grep: ['grep_search', 'search_files', 'ripgrep', 'search_file_content'],
  glob: ['find_files', 'file_search', 'glob_search'],
  plan: ['todowrite', 'todo_write', 'write_todos', 'update_plan'],
  bash_output: ['bashoutput', 'read_output', 'get_output'],
};

/** The name of ours that is meant; the name as it stands when none is. */
export function toolNameFor(said: string, ours: readonly string[]): string {
  const name = said.slice(Math.max(said.lastIndexOf('.'), said.lastIndexOf(':')) + 1).trim();
  for (const candidate of [said, name, name.toLowerCase()]) if (ours.includes(candidate)) return candidate;
  const meant = Object.entries(TOOL_ALIASES).find(([, names]) => names.includes(name.toLowerCase()));
  return meant && ours.includes(meant[0]) ? meant[0] : said;
}

/** @returns the arguments as they were meant, or what they are instead of JSON. */
export function readArguments(
  json: string,
  parameters: Readonly<Record<string, unknown>>,
): { readonly value: unknown } | { readonly problem: string } {
  let said: unknown;
  try {
    said = JSON.parse(json.trim() === '' ? '{}' : json);
    // The whole object as a JSON text, once.
    if (typeof said === 'string') said = JSON.parse(said);
  } catch (error) {
    return { problem: `Its arguments are not JSON: ${cutText((error as Error).message, 300)}` };
  }
  return { value: mended(said, parameters as Shape) };
}

function mended(said: unknown, { properties = {} }: Shape): unknown {
  if (typeof said !== 'object' || said === null || Array.isArray(said)) return said;
  const given = new Map(Object.entries(said));
  for (const [name, aliases] of Object.entries(ALIASES)) {
    if (!Object.hasOwn(properties, name) || given.has(name)) continue;
    const alias = aliases.find((a) => given.has(a) && !Object.hasOwn(properties, a));
    if (alias === undefined) continue;
    given.set(name, alias === 'timeout' ? inMs(given.get(alias)) : given.get(alias));
    given.delete(alias);
  }
  for (const name of REMARKS) if (!Object.hasOwn(properties, name)) given.delete(name);
  const pairs = [...given].map(([name, value]) => [name, fitted(value, properties[name])] as const);
  // `null` is how some models say that they leave a parameter out.
  return Object.fromEntries(pairs.filter(([, value]) => value !== null));
}

/** Elsewhere a `timeout` is in seconds as often as in milliseconds; a command of less than a second needs none. */
function inMs(value: unknown): unknown {
  const n = Number(value);
  return Number.isFinite(n) && n > 0 && n <= 600 ? n * 1_000 : value;
}

function fitted(value: unknown, shape: Shape | undefined): unknown {
  switch (shape?.type) {
    case 'integer':
    case 'number':
      return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : value;
    case 'boolean':
      return value === 'true' ? true : value === 'false' ? false : value;
    case 'string':
      return Array.isArray(value) && value.every((v) => typeof v === 'string') ? joined(value) : value;
    case 'array': {
      const list = typeof value === 'string' ? listOf(value, shape.items) : value;
      const { items } = shape;
      return Array.isArray(list) && items?.properties ? list.map((one) => mended(one, items)) : list;
    }
    default:
      return value;
  }
}

/** A command line as words. */
const joined = (words: readonly string[]): string =>
  words
    .map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');

function listOf(text: string, items: Shape | undefined): unknown {
  const trimmed = text.trim();
  if (trimmed.startsWith('[')) {
    try {
      const list: unknown = JSON.parse(trimmed);
      if (Array.isArray(list)) return list;
    } catch {
      // It only begins like one.
    }
  }
  if (items?.type !== undefined && items.type !== 'string') return text;
  return /^(none|n\/a|nothing|-)?\.?$/i.test(trimmed) ? [] : [text];
}

/** The shape of a tool's arguments in one line: `bash {command: string, timeoutMs?: integer}`. */
export function shapeLine(name: string, parameters: Readonly<Record<string, unknown>>): string {
  return `${name} ${shapeText(parameters as Shape)}`;
}

function shapeText(shape: Shape): string {
  if (shape.enum) return shape.enum.map((v) => JSON.stringify(v)).join(' | ');
  if (shape.properties) {
    const { required = [] } = shape;
    const parts = Object.entries(shape.properties).map(
      ([name, inner]) => `${name}${required.includes(name) ? '' : '?'}: ${shapeText(inner)}`,
    );
    return `{${parts.join(', ')}}`;
  }
  if (shape.type === 'array') return `[${shape.items ? shapeText(shape.items) : ''}, …]`;
  return typeof shape.type === 'string' ? shape.type : 'any';
}

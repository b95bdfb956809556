/** What a right value looks like, from the schema itself, so that a refusal's fix can be typed as it stands. */
import * as z from 'zod';
import { shellWord } from '../telling/shell.ts';
import { configSchema } from './schema.ts';

type Path = readonly PropertyKey[];

/** As much of a JSON Schema as is asked of it here. */
interface Node {
  readonly type?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly additionalProperties?: Node | boolean;
  /** Of a table whose keys are a closed list, with no key that has to be there. */
  readonly propertyNames?: { readonly enum?: readonly string[] };
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
}

/** For keys without a default, by key path. Each is accepted by the schema: held by a test. */
export const EXAMPLES: Readonly<Record<string, unknown>> = {
  target: 'main',
  'env.setup': 'npm ci',
  'sandbox.docker.image': 'node:24',
  'sandbox.docker.cpus': 2,
  'sandbox.command.create': ['docker', 'run', '--detach', '--name={id}', '{image}', 'sleep', 'infinity'],
  'sandbox.command.exec': ['docker', 'exec', '--interactive', '{id}'],
  'sandbox.command.destroy': ['docker', 'rm', '--force', '{id}'],
  'sandbox.command.image': 'node:24',
  'gate.command': 'npm test',
  'checks.command': 'npm test',
  'budget.usd': 5,
  'budget.tokens': 2_000_000,
  'budget.time': '2h',
  'budget.soft': 0.85,
  'budget.task_tokens': 500_000,
  'budget.task_usd': 1,
  'budget.roles': { planner: '20%' },
  'workers.usd': 1,
  ...Object.fromEntries(
    ['default', 'planner', 'worker', 'reconciler', 'reviewer'].map((role) => [`models.${role}`, 'gpt-5']),
  ),
  'models.profiles.*.window': 128_000,
  'models.profiles.*.max_output': 16_384,
  'models.profiles.*.max_output_field': 'max_completion_tokens',
  'models.profiles.*.reasoning_effort': 'low',
  'models.profiles.*.temperature': 0.2,
  'models.profiles.*.first_byte': '10m',
  'models.profiles.*.idle': '5m',
  'models.profiles.*.total': '30m',
  'models.profiles.*.stream_options': false,
  'models.profiles.*.parallel_tools': false,
  'models.profiles.*.text_tools': true,
  'models.profiles.*.cache': 'key',
  'models.profiles.*.extra_body': { service: 'standard' },
  'endpoints.name': 'openai',
  'endpoints.base_url': 'https://api.openai.com/v1',
  'endpoints.key_env': 'OPENAI_API_KEY',
  'endpoints.max_concurrent': 4,
  'endpoints.rate': 60,
  'endpoints.key_file': '~/.config/swarm/openai.key',
  'endpoints.key_command': ['secret-tool', 'lookup', 'service', 'openai'],
  'endpoints.auth': 'bearer',
  'endpoints.accounts': [{ name: 'work', key_env: 'OPENAI_API_KEY' }],
  'endpoints.accounts.name': 'work',
  'endpoints.accounts.key_env': 'OPENAI_API_KEY',
  'endpoints.accounts.key_file': '~/.config/swarm/openai.key',
  'endpoints.accounts.key_command': ['secret-tool', 'lookup', 'service', 'openai'],
  'endpoints.accounts.auth': 'bearer',
  'notify.command': ['notify-send', 'swarm'],
  'notify.webhook_env': 'SWARM_WEBHOOK',
  'roles.*.agent': 'codex',
  'roles.*.model': 'gpt-5',
  'roles.*.candidates': 3,
  'roles.*.agents': ['claude', 'codex'],
  'roles.*.models': ['gpt-5', 'gpt-5-mini'],
  'roles.*.tools': ['read', 'grep', 'glob', 'bash'],
  pipeline: ['researcher', 'coder', 'tester'],
  'distribute.workers.*.slots': 2,
  'distribute.workers.*.capabilities': ['coder@2.1'],
  'distribute.workers.*.agent': 'codex',
  'distribute.workers.*.model': 'gpt-5',
  'agent.acp.run': ['qwen', '--acp'],
  'agent.acp.mode': 'yolo',
  'agent.command.run': ['my-agent', '--prompt-file', '{prompt_file}'],
};

/** The schema's own node at a path; an index goes into the list. */
export function nodeAt(path: Path): Node | undefined {
  let at = z.toJSONSchema(configSchema, { io: 'input' }) as Node | undefined;
  for (const step of path)
    at = typeof step === 'number' ? at?.items : (at?.properties?.[String(step)] ?? anyIn(at));
  return at;
}

/** Of a table whose keys are names. */
const anyIn = (node: Node | undefined): Node | undefined =>
  typeof node?.additionalProperties === 'object' ? node.additionalProperties : undefined;

/** `a whole number from 1 to 1000`; undefined for what is no number. */
export function rangeAt(path: Path): string | undefined {
  const node = nodeAt(path);
  if (node?.type !== 'integer' && node?.type !== 'number') return undefined;
  const kind = node.type === 'integer' ? 'a whole number' : 'a number';
  const from = node.minimum === undefined ? `above ${node.exclusiveMinimum}` : `from ${node.minimum}`;
  return `${kind} ${from} ${node.minimum === undefined ? 'and at most' : 'to'} ${node.maximum}`;
}

/**
 * A right value under its name, as it is typed where the wrong one stood: a flag, a variable, a line of a file.
 * @param where names that place. @param meant is taken before any example.
 */
export function typed(path: Path, where: string, meant?: string): string {
  // One bad entry of a list: the whole list is shown.
  const key = typeof path.at(-1) === 'number' ? path.slice(0, -1) : path;
  const value = meant ?? nodeAt(key)?.default ?? EXAMPLES[exampleKey(key)];
  if (where === '--budget') return '--budget 5usd,2Mtok';
  if (where.startsWith('--')) return `${where} ${shellWord(String(value))}`;
  if (/^[A-Z_]+$/.test(where)) return `export ${where}=${shellWord(String(value))}`;
  return value === undefined || (isTable(value) && !isProfile(key))
    ? `[${z.core.toDotPath([...key])}]`
    : line(key, value);
}

/** An index is any, and so is the name of a profile or a role. */
const exampleKey = (path: Path): string =>
  path.flatMap((step, i) => (typeof step === 'number' ? [] : isName(path, i) ? ['*'] : [step])).join('.');

const isProfile = (path: Path): boolean => path[0] === 'models' && path[1] === 'profiles' && path.length > 2;

const isName = (path: Path, at: number): boolean =>
  (isProfile(path) && at === 2) ||
  (path[0] === 'roles' && at === 1) ||
  (path[0] === 'distribute' && path[1] === 'workers' && at === 2);

const inlineTable = (value: object): string =>
  `{ ${Object.entries(value)
    .map(([key, one]) => `${key} = ${JSON.stringify(one)}`)
    .join(', ')} }`;

/** A glob stands in quotes, as TOML wants it. */
function line(path: Path, value: unknown): string {
  const said = isTable(value) ? inlineTable(value as object) : JSON.stringify(value);
  if (isProfile(path)) return `[models.profiles.${JSON.stringify(path[2])}] ${String(path.at(-1))} = ${said}`;
  return `${z.core.toDotPath([...path])} = ${said}`;
}

const isTable = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

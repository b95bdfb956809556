/**
 * What a repository may choose. It is hostile until the operator trusted its content: keys that decide where
 * keys and code go count only then, and limits may only tighten.
 */
import { createHash } from 'node:crypto';
import { lstat, mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Problem, SwarmError } from '@swarm/core/errors';
import { type Environment, trustFile } from '../finding/paths.ts';
import { shellWord } from '../telling/shell.ts';
import type { CompleteConfig } from './schema.ts';
import { parseBytes, parseDurationMs } from './units.ts';

type Raw = Readonly<Record<string, unknown>>;

/** Keys that count only when trusted, as key paths. */
const TRUSTED_KEYS = [
  ...['endpoints', 'models', 'agent', 'roles', 'distribute', 'review', 'notify', 'workers.sandbox'],
  ...['sandbox', 'env.network', 'deliver', 'secrets', 'journal', 'budget.roles', 'planner', 'pipeline'],
];
/** Commands that run contained, unless nothing contains them. */
const COMMAND_KEYS = ['env.setup', 'gate.command', 'checks.command'];
const PROMPT_FILE = /^[a-z][a-z-]{0,40}\.md$/;
export const PROMPT_MAX_BYTES = 256 * 1024;

/** Prompt overrides a repository carries: text by file name. Links and oversized files are not prompts. */
export async function readPromptOverrides(repository: string): Promise<ReadonlyMap<string, string>> {
  const folder = join(repository, '.swarm', 'prompts');
  const names = (await isFolder(folder)) ? await readdir(folder) : [];
  const prompts = new Map<string, string>();
  for (const name of names.filter((n) => PROMPT_FILE.test(n)).sort()) {
    const facts = await lstat(join(folder, name));
    if (facts.isFile() && facts.size <= PROMPT_MAX_BYTES) {
      prompts.set(name, await readFile(join(folder, name), 'utf8'));
    }
  }
  return prompts;
}

const isFolder = async (path: string): Promise<boolean> =>
  (await lstat(path).catch(() => undefined))?.isDirectory() === true;

/** One hash over everything the operator is asked to trust. Hex. */
export function contentHash(toml: string, prompts: ReadonlyMap<string, string>): string {
  return createHash('sha256')
    .update(JSON.stringify([toml, ...prompts]))
    .digest('hex');
}

/** What in the repository's configuration needs trust, as key paths. */
export function keysNeedingTrust(
  raw: Raw,
  prompts: ReadonlyMap<string, string>,
  isContained: boolean,
): readonly string[] {
  const keys = isContained ? TRUSTED_KEYS : [...TRUSTED_KEYS, ...COMMAND_KEYS];
  const found = keys.filter((key) => at(raw, key) !== undefined);
  return prompts.size > 0 ? [...found, '.swarm/prompts'] : found;
}

const at = (raw: unknown, keyPath: string): unknown =>
  keyPath.split('.').reduce<unknown>((value, key) => (value as Raw | undefined)?.[key], raw);

export function untrusted(repository: string, keys: readonly string[]): Problem {
  return {
    code: 'SW0309',
    what: `the repository wants to choose ${keys.join(', ')}, and you have not trusted it`,
    where: keys.every((key) => key === '.swarm/prompts')
      ? join(repository, '.swarm', 'prompts')
      : join(repository, 'swarm.toml'),
    why: 'these decide where your keys, your code and your commands go; they count only once you have read them',
    fix: `less ${shellWord(join(repository, 'swarm.toml'))}; then the same command with --trust-repo   (remembered until the content changes)`,
  };
}

/** Reads the remembered trust. A file that cannot be read trusts nothing. */
export async function isTrusted(env: Environment, repository: string, hash: string): Promise<boolean> {
  return (await remembered(env)).get(repository) === hash;
}

export async function rememberTrust(env: Environment, repository: string, hash: string): Promise<void> {
  const file = trustFile(env);
  const trust = new Map([...(await remembered(env)), [repository, hash]]);
  const next = `${file}.${process.pid}`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(next, `${JSON.stringify(Object.fromEntries(trust), null, 2)}\n`, { mode: 0o600 });
    await rename(next, file);
  } catch (cause) {
    const why = (cause as Error).message;
    throw new SwarmError(
      { code: 'SW0701', what: 'the trust could not be remembered', where: file, why },
      { cause },
    );
  }
}

async function remembered(env: Environment): Promise<Map<string, unknown>> {
  try {
    return new Map(Object.entries(JSON.parse(await readFile(trustFile(env), 'utf8'))));
  } catch {
    return new Map();
  }
}

/** A limit an untrusted repository asked to widen, and what counts instead. */
export interface Clamp {
  readonly keyPath: string;
  readonly asked: string | number;
  readonly used: string | number;
}

/** Limits and how they compare: what may only shrink. */
const LIMITS: Readonly<Record<string, 'number' | 'duration' | 'bytes'>> = {
  'workers.max': 'number',
  'workers.attempts': 'number',
  'workers.steps': 'number',
  'workers.tokens': 'number',
  'workers.timeout': 'duration',
  'workers.memory': 'bytes',
  'workers.disk': 'bytes',
  'workers.processes': 'number',
  'gate.timeout': 'duration',
  'gate.parallel': 'number',
  'gate.flaky_retries': 'number',
  'gate.memory': 'bytes',
  'gate.disk': 'bytes',
  'gate.processes': 'number',
  'budget.usd': 'number',
  'budget.tokens': 'number',
  'budget.time': 'duration',
  'budget.soft': 'number',
  'budget.task_tokens': 'number',
  'budget.task_usd': 'number',
  'workers.usd': 'number',
};

/**
 * The repository's configuration with every limit at most what the operator's own allows.
 * @param raw valid: its durations parse. @param operator the configuration without the repository's part.
 */
export function tighten(
  raw: Raw,
  operator: CompleteConfig,
): { readonly raw: Raw; readonly clamps: readonly Clamp[] } {
  const copy = structuredClone(raw) as Record<string, Record<string, unknown>>;
  const clamps: Clamp[] = [];
  for (const [keyPath, unit] of Object.entries(LIMITS)) {
    const asked = at(raw, keyPath) as string | number | undefined;
    const allowed = at(operator, keyPath) as string | number | undefined;
    if (asked === undefined || allowed === undefined || size(asked, unit) <= size(allowed, unit)) continue;
    const [table, key] = keyPath.split('.') as [string, string];
    copy[table]![key] = allowed;
    clamps.push({ keyPath, asked, used: allowed });
  }
  const protect = at(raw, 'gate.protect');
  // More may be protected, never less: the operator's own globs stay.
  if (Array.isArray(protect)) copy.gate!.protect = [...new Set([...operator.gate.protect, ...protect])];
  return { raw: copy, clamps };
}

function size(value: string | number, unit: 'number' | 'duration' | 'bytes'): number {
  if (unit === 'number') return Number(value);
  return unit === 'duration' ? parseDurationMs(String(value))! : parseBytes(String(value))!;
}

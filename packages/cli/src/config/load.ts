/** From defaults, files, environment and flags to one configuration, and where each value came from. */

import { join } from 'node:path';
import { type Problem, SwarmError } from '@swarm/core/errors';
import { type Environment, operatorConfigFile } from '../finding/paths.ts';
import { readToml, type TomlFile } from './files.ts';
import { contradictionsIn, keysFromRepository, mistakesIn } from './mistakes.ts';
import { type Config, resolveConfig } from './resolved.ts';
import { isOpen } from './sandboxes.ts';
import { type CompleteConfig, configSchema } from './schema.ts';
import { shownProblems } from './shown.ts';
import * as trust from './trust.ts';

type Raw = Readonly<Record<string, unknown>>;

/** One source of configuration, in the written names. */
export interface Source {
  readonly raw: Raw;
  /** Names the place of a key path in this source. */
  readonly whereOf: (keyPath: string) => string;
  /** What could not even be put under a key. */
  readonly problems: readonly Problem[];
}

export interface LoadedConfig {
  readonly config: Config;
  /** The same in the written names, defaults filled in: what `swarm doctor --config` shows. */
  readonly written: CompleteConfig;
  /** Where each value that was set came from, by key path; what is not here is a default. */
  readonly origins: ReadonlyMap<string, string>;
  /** Limits the repository asked to widen and may not. */
  readonly clamps: readonly trust.Clamp[];
  /** The repository's prompts, text by file name; there are only trusted ones here. */
  readonly promptOverrides: ReadonlyMap<string, string>;
}

export interface LoadAsk {
  readonly env: Environment;
  /** Top of the work tree (real path); absent where there is none to read a swarm.toml from. */
  readonly repository?: string;
  readonly flags: Source;
  /** `--trust-repo`: trust what is there now, and remember it. */
  readonly isTrustGiven: boolean;
  /** Asks a person on a terminal; absent where nobody can be asked. */
  readonly askTrust?: (keys: readonly string[]) => Promise<boolean>;
}

export const NO_FLAGS: Source = { raw: {}, whereOf: () => 'the command line', problems: [] };

/** Errors: SW0102 and SW0105 for every mistake in any source, SW0309 without trust; all at once. */
export async function loadConfig(ask: LoadAsk): Promise<LoadedConfig> {
  const found = await gather(ask);
  const mistakes = allMistakes(found);
  const keys = trust.keysNeedingTrust(found.repository.raw, found.prompts, isContained(found, mistakes));
  const isTrusted = await decideTrust(ask, found, keys, mistakes);
  const refusal = keys.length > 0 && !isTrusted ? [trust.untrusted(ask.repository!, keys)] : [];
  if (mistakes.length + refusal.length > 0) throw new SwarmError([...mistakes, ...refusal]);

  const tightened = isTrusted
    ? { raw: found.repository.raw, clamps: [] }
    : trust.tighten(found.repository.raw, merge([found.operator]));
  const sources = inOrder({ ...found, repository: { ...found.repository, raw: tightened.raw } });
  const complete = merge(sources);
  const origins = originsOf(sources);
  const wrong = [...contradictionsIn(complete, origins), ...shownProblems(complete, ask.env, origins)];
  if (wrong.length > 0) throw new SwarmError(wrong);
  return {
    config: resolveConfig(complete, ask.env),
    written: complete,
    origins,
    clamps: tightened.clamps,
    promptOverrides: found.prompts,
  };
}

/** Defaults, for what can be looked at although the configuration is wrong. @param target as typed, used if it can be. */
export function defaults(target: string | undefined, env: Environment): LoadedConfig {
  const named = configSchema.safeParse(target === undefined ? {} : { target });
  const written = named.success ? named.data : configSchema.parse({});
  const config = resolveConfig(written, env);
  return { config, written, origins: new Map(), clamps: [], promptOverrides: new Map() };
}

interface Found {
  readonly operator: Source;
  readonly repository: Source;
  readonly environment: Source;
  readonly flags: Source;
  readonly prompts: ReadonlyMap<string, string>;
  /** Hash of everything of the repository's that can be trusted; absent when there is nothing. */
  readonly hash: string | undefined;
}

async function gather(ask: LoadAsk): Promise<Found> {
  const operatorFile = operatorConfigFile(ask.env);
  const repositoryFile = join(ask.repository ?? '/', 'swarm.toml');
  const operatorToml = await readToml(operatorFile, true);
  const repositoryToml: TomlFile = ask.repository
    ? await readToml(repositoryFile, false)
    : { kind: 'absent' };
  const prompts = ask.repository
    ? await trust.readPromptOverrides(ask.repository)
    : new Map<string, string>();
  const operator = fileSource(operatorToml, operatorFile);
  const repository = fileSource(repositoryToml, repositoryFile);
  const text = repositoryToml.kind === 'read' ? repositoryToml.text : '';
  return {
    operator,
    repository,
    environment: environmentSource(ask.env, [operator, repository]),
    flags: ask.flags,
    prompts,
    hash: text || prompts.size > 0 ? trust.contentHash(text, prompts) : undefined,
  };
}

function fileSource(file: TomlFile, path: string): Source {
  return {
    raw: file.kind === 'read' ? file.raw : {},
    whereOf: (keyPath) => `${path}: ${keyPath}`,
    problems: file.kind === 'wrong' ? [file.problem] : [],
  };
}

/**
 * `OPENAI_API_KEY` and `OPENAI_BASE_URL` make one endpoint where no file names any: a file's endpoint usually
 * takes its key from the same variable, and setting that must not replace it. `SWARM_MODEL` sets `models.default`.
 */
function environmentSource(env: Environment, files: readonly Source[]): Source {
  const isNamed = files.some((file) => file.raw.endpoints !== undefined);
  const hasEndpoint = !isNamed && Boolean(env.OPENAI_API_KEY || env.OPENAI_BASE_URL);
  const endpoint = {
    name: 'env',
    base_url: env.OPENAI_BASE_URL || 'https://api.openai.com/v1',
    ...(env.OPENAI_API_KEY && { key_env: 'OPENAI_API_KEY' }),
  };
  return {
    raw: {
      ...(hasEndpoint && { endpoints: [endpoint] }),
      ...(env.SWARM_MODEL && { models: { default: env.SWARM_MODEL } }),
    },
    whereOf: (keyPath) =>
      keyPath.startsWith('models')
        ? 'SWARM_MODEL'
        : env.OPENAI_BASE_URL
          ? 'OPENAI_BASE_URL'
          : 'OPENAI_API_KEY',
    problems: [],
  };
}

/** Later wins. */
const inOrder = (found: Found): readonly Source[] => [
  found.operator,
  found.repository,
  found.environment,
  found.flags,
];

const allMistakes = (found: Found): readonly Problem[] => [
  ...inOrder(found).flatMap((s) => [...s.problems, ...mistakesIn(s.raw, s.whereOf)]),
  ...keysFromRepository(found.repository.raw, found.repository.whereOf),
];

/** Whether commands of the repository's would run in a sandbox; its own word on that does not count. */
function isContained(found: Found, mistakes: readonly Problem[]): boolean {
  if (mistakes.length > 0) return true;
  return !isOpen(merge([found.operator, found.environment, found.flags]).workers.sandbox);
}

/** What has mistakes is never remembered as trusted: it will be another content once it is corrected. */
async function decideTrust(
  ask: LoadAsk,
  found: Found,
  keys: readonly string[],
  mistakes: readonly Problem[],
): Promise<boolean> {
  if (!ask.repository || !found.hash) return false;
  if (await trust.isTrusted(ask.env, ask.repository, found.hash)) return true;
  const canAsk = keys.length > 0 && mistakes.length === 0;
  const isGiven = ask.isTrustGiven || (canAsk && (await ask.askTrust?.(keys))) || false;
  if (isGiven && mistakes.length === 0) await trust.rememberTrust(ask.env, ask.repository, found.hash);
  return isGiven;
}

/** Tables are merged key by key; a list replaces the list before it. */
function merge(sources: readonly Source[]): CompleteConfig {
  const merged: Record<string, unknown> = {};
  for (const { raw } of sources) {
    for (const [key, value] of Object.entries(raw)) {
      merged[key] = isTable(value) ? { ...(merged[key] as object | undefined), ...value } : value;
    }
  }
  return configSchema.parse(merged);
}

const isTable = (value: unknown): value is Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function originsOf(sources: readonly Source[]): Map<string, string> {
  const origins = new Map<string, string>();
  for (const { raw, whereOf } of sources) {
    for (const [key, value] of Object.entries(raw)) {
      const paths = isTable(value) ? Object.keys(value).map((k) => `${key}.${k}`) : [key];
      for (const path of paths) origins.set(path, whereOf(path));
    }
  }
  return origins;
}

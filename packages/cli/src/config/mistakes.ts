/** What the schema finds wrong, as problems by key path. */
import type { Problem } from '@swarm/core/errors';
import { nearestWord } from '@swarm/core/rules/text';
import { z } from 'zod';
import { nodeAt, rangeAt, typed } from './example.ts';
import { type CompleteConfig, configSchema } from './schema.ts';
import { parseDurationMs } from './units.ts';

type Raw = Readonly<Record<string, unknown>>;
type Issue = z.core.$ZodIssue;

/** A value that may hold, or be mistaken for, a secret is never repeated. */
const SILENT_KEYS = new Set(['key_env', 'key_file', 'key_command', 'base_url']);
const SHOWN_MAX = 80;

/**
 * Every mistake in one source of configuration.
 * @param whereOf names the place of a key path in that source: a file and key, a variable, a flag.
 */
export function mistakesIn(raw: Raw, whereOf: (keyPath: string) => string): readonly Problem[] {
  const parsed = configSchema.safeParse(raw);
  const issues = parsed.success ? [] : parsed.error.issues;
  const problems = issues.flatMap((issue) => problemsFrom(issue, raw, whereOf));
  return [...onePerValue(problems), ...namedTwice(raw, whereOf), ...keyedTwice(raw, whereOf)];
}

/** A value may break several rules of its key (whole, and within bounds): it is told once. */
function onePerValue(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [`${problem.where}\n${problem.what}`, problem])).values()];
}

function problemsFrom(issue: Issue, raw: Raw, whereOf: (keyPath: string) => string): Problem[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => unknownKey(issue.path, key, whereOf));
  const keyPath = z.core.toDotPath(issue.path);
  const value = valueAt(raw, issue.path);
  const shown = SILENT_KEYS.has(String(issue.path.at(-1))) ? '' : ` = ${show(value)}`;
  const isRange = issue.code === 'too_small' || issue.code === 'too_big';
  const where = whereOf(keyPath);
  const what = value === undefined ? `\`${keyPath}\` is missing` : `\`${keyPath}${shown}\` cannot be used`;
  return [
    {
      code: isRange && typeof value === 'number' ? 'SW0105' : 'SW0102',
      what,
      where,
      why: whyOf(issue),
      fix: fixFor(issue, where, value),
    },
  ];
}

function unknownKey(path: Issue['path'], key: string, whereOf: (keyPath: string) => string): Problem {
  const table = z.core.toDotPath(path);
  const keyPath = table ? `${table}.${key}` : key;
  const known = keysAt(path);
  const meant = nearestWord(key, known);
  return {
    code: 'SW0102',
    what: `there is no key \`${keyPath}\``,
    where: whereOf(keyPath),
    why: meant ? `did you mean \`${meant}\`?` : `the keys here are: ${known.join(', ')}`,
    fix: meant ? `write \`${meant}\` for \`${key}\`` : `remove \`${key}\``,
  };
}

/** Keys a table of the schema has. */
function keysAt(path: Issue['path']): readonly string[] {
  const { properties, propertyNames } = nodeAt(path) ?? {};
  return properties ? Object.keys(properties) : (propertyNames?.enum ?? []);
}

function whyOf(issue: Issue): string {
  const range = rangeAt(issue.path);
  if (range) return `it is ${range}`;
  if (issue.code === 'invalid_value') return `it is one of: ${issue.values.join(', ')}`;
  return issue.message.replace(/^(Invalid input|Too small|Too big|Invalid string): /, '');
}

function fixFor(issue: Issue, where: string, value: unknown): string {
  const meant =
    issue.code === 'invalid_value' ? nearestWord(String(value), issue.values.map(String)) : undefined;
  return typed(issue.path, where, meant);
}

function valueAt(raw: unknown, path: Issue['path']): unknown {
  return path.reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown> | undefined)?.[step], raw);
}

function show(value: unknown): string {
  const text = JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? String(v) : v)) ?? String(value);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}

const KEY_SOURCES = ['key_env', 'key_file', 'key_command'] as const;
type Keyed = { readonly [source in 'name' | (typeof KEY_SOURCES)[number]]?: unknown };

const endpointsIn = (raw: Raw): readonly Keyed[] =>
  Array.isArray(raw.endpoints) ? (raw.endpoints as Keyed[]) : [];

/** One of them would be read and the other not, and nobody would see which. */
function keyedTwice(raw: Raw, whereOf: (keyPath: string) => string): Problem[] {
  return endpointsIn(raw).flatMap((endpoint, i): Problem[] => {
    const [first, ...more] = KEY_SOURCES.filter((source) => endpoint?.[source] !== undefined);
    if (first === undefined || more.length === 0) return [];
    return [
      {
        code: 'SW0102',
        what: `an endpoint has both \`${first}\` and \`${more[0]}\``,
        where: whereOf(`endpoints[${i}]`),
        why: 'its key comes from one place',
        fix: `remove \`${more[0]}\``,
      },
    ];
  });
}

/** Even a trusted repository chooses neither a program of this machine nor a file whose content goes to a server. */
export function keysFromRepository(raw: Raw, whereOf: (keyPath: string) => string): readonly Problem[] {
  const sources = KEY_SOURCES.filter((source) => source !== 'key_env');
  return endpointsIn(raw).flatMap((endpoint, i) =>
    sources
      .filter((source) => endpoint?.[source] !== undefined)
      .map((source) => ({
        code: 'SW0102' as const,
        what: `a repository cannot choose \`${source}\``,
        where: whereOf(`endpoints[${i}].${source}`),
        why: 'it would run a program, or send a file, of yours; it counts in your own configuration alone',
        fix: 'move the endpoint into ~/.config/swarm/config.toml',
      })),
  );
}

/** Names used twice within one source. */
function namedTwice(raw: Raw, whereOf: (keyPath: string) => string): Problem[] {
  const names = endpointsIn(raw)
    .map((e) => e?.name)
    .filter((name) => typeof name === 'string');
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return [...new Set(twice)].map((name) => ({
    code: 'SW0102',
    what: `two endpoints are called ${show(name)}`,
    where: whereOf('endpoints'),
    why: 'log and report tell endpoints apart by name',
    fix: `name = ${show(`${name}-2`)}`,
  }));
}

/** Values that are good alone and wrong together, whatever sources they came from. */
export function contradictionsIn(
  config: CompleteConfig,
  origins: ReadonlyMap<string, string>,
): readonly Problem[] {
  const where = (keyPath: string): string => origins.get(keyPath) ?? `${keyPath} (default)`;
  const { checks, agent } = config;
  const problems: Problem[] = [];
  if (parseDurationMs(checks.min_interval)! > parseDurationMs(checks.max_interval)!) {
    problems.push({
      code: 'SW0102',
      what: `\`checks.min_interval = "${checks.min_interval}"\` is longer than \`checks.max_interval = "${checks.max_interval}"\``,
      where: where('checks.min_interval'),
      fix: `checks.max_interval = "${checks.min_interval}"`,
    });
  }
  const commanded = [agent.driver, ...agent.fallback].find((name) => name === 'command' || name === 'acp');
  if (commanded !== undefined && !agent.command) {
    const key = commanded === agent.driver ? 'driver' : 'fallback';
    problems.push({
      code: 'SW0102',
      what: `\`agent.${key} = "${commanded}"\` has no command to run`,
      where: where(`agent.${key}`),
      fix: '[agent.command] run = ["my-agent", "--prompt-file", "{prompt_file}"]',
    });
  }
  return problems;
}

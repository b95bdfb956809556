/** What the schema finds wrong, as problems by key path. */
import { isAbsolute } from 'node:path';
import type { Problem } from '@swarm/core/errors';
import { nearestWord } from '@swarm/core/rules/text';
import * as z from 'zod';
import { endpointMistakes, keysOfRepository, type Raw } from './endpoint-mistakes.ts';
import { EXAMPLES, nodeAt, rangeAt, typed } from './example.ts';
import { roleContradictions } from './role-mistakes.ts';
import { type CompleteConfig, configSchema } from './schema.ts';
import { show } from './shown-value.ts';
import { parseDurationMs } from './units.ts';

type Issue = z.core.$ZodIssue;

/** A value that may hold, or be mistaken for, a secret is never repeated. */
const SILENT_KEYS = new Set(['key_env', 'key_file', 'key_command', 'accounts', 'base_url']);

/**
 * Every mistake in one source of configuration.
 * @param whereOf names the place of a key path in that source: a file and key, a variable, a flag.
 */
export function mistakesIn(raw: Raw, whereOf: (keyPath: string) => string): readonly Problem[] {
  const parsed = configSchema.safeParse(raw);
  const issues = parsed.success ? [] : parsed.error.issues;
  const problems = issues.flatMap((issue) => problemsFrom(issue, raw, whereOf));
  return [...onePerValue(problems), ...endpointMistakes(raw, whereOf)];
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
  // A key of a table whose keys are names: what is wrong with the name is said inside.
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? issue.message;
  const range = rangeAt(issue.path);
  if (range) return `it is ${range}`;
  if (issue.code === 'invalid_value') return `it is one of: ${issue.values.join(', ')}`;
  return issue.message.replace(/^(Invalid input|Too small|Too big|Invalid string): /, '');
}

function fixFor(issue: Issue, where: string, value: unknown): string {
  if (issue.code === 'invalid_key') return `[${z.core.toDotPath([...issue.path.slice(0, -1), 'poet'])}]`;
  const meant =
    issue.code === 'invalid_value' ? nearestWord(String(value), issue.values.map(String)) : undefined;
  return typed(issue.path, where, meant);
}

function valueAt(raw: unknown, path: Issue['path']): unknown {
  return path.reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown> | undefined)?.[step], raw);
}

/** Even a trusted repository chooses neither a program of this machine nor a file whose content goes to a server. */
export function keysFromRepository(raw: Raw, whereOf: (keyPath: string) => string): readonly Problem[] {
  const isBox = (raw.sandbox as Raw | undefined)?.command !== undefined;
  const box: Problem = {
    code: 'SW0102',
    what: 'a repository cannot choose `sandbox.command`',
    where: whereOf('sandbox.command'),
    why: 'it would run programs of yours; it counts in your own configuration alone',
    fix: 'move [sandbox.command] into ~/.config/swarm/config.toml',
  };
  const ofServers = raw.mcp === undefined ? [] : [mcpProblem(whereOf('mcp'))];
  return [...(isBox ? [box] : []), ...keysOfRepository(raw, whereOf), ...ofServers];
}

const mcpProblem = (where: string): Problem => ({
  code: 'SW0102',
  what: 'a repository cannot choose MCP servers',
  where,
  why: 'they run programs, and send what agents say, as you; they count in your own configuration alone',
  fix: 'move [mcp] into ~/.config/swarm/config.toml',
});

/** A part of a whole that has no limit bounds nobody. */
function sharesOfNothing({ budget }: CompleteConfig, where: (keyPath: string) => string): readonly Problem[] {
  if (budget.usd !== undefined || budget.tokens !== undefined) return [];
  const shares = Object.entries(budget.roles).filter(([, part]) => part.trim().endsWith('%'));
  return shares.map(([role, part]) => ({
    code: 'SW0102',
    what: `\`budget.roles.${role} = "${part}"\` is a share of a budget, and there is none`,
    where: where(`budget.roles.${role}`),
    fix: '--budget 5usd,2Mtok',
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
  const wanted = [agent.driver, ...agent.fallback].find(
    (name) => (name === 'command' || name === 'acp') && !agent[name],
  );
  if (wanted !== undefined) {
    const key = wanted === agent.driver ? 'driver' : 'fallback';
    problems.push({
      code: 'SW0102',
      what: `\`agent.${key} = "${wanted}"\` has no command to run`,
      where: where(`agent.${key}`),
      fix: `[agent.${wanted}] run = ${listOf(EXAMPLES[`agent.${wanted}.run`] as readonly string[])}`,
    });
  }
  problems.push(...sharesOfNothing(config, where));
  const { create, exec, destroy, image } = config.sandbox.command ?? {};
  const programs = [create, exec, destroy];
  if ((image ?? programs.find(Boolean)) !== undefined && !programs.every(Boolean)) {
    problems.push({
      code: 'SW0102',
      what: '`sandbox.command` needs `create`, `exec` and `destroy`',
      where: where('sandbox.command'),
      fix: 'destroy = ["docker", "rm", "--force", "{id}"]   # see docs/sandboxes.md',
    });
  }
  return [
    ...problems,
    ...roleContradictions(config, where),
    ...reviewContradictions(config, where),
    ...mcpContradictions(config, where),
  ];
}

/** A quorum that can never be met would hold everything. */
function reviewContradictions(
  { review: { reviewers, quorum } }: CompleteConfig,
  where: (keyPath: string) => string,
): readonly Problem[] {
  if (reviewers === 0 || quorum <= reviewers) return [];
  return [
    {
      code: 'SW0102',
      what: `a quorum of ${quorum} can never be met by ${reviewers === 1 ? 'one reviewer' : `${reviewers} reviewers`}`,
      where: where('review.quorum'),
      why: `\`review.reviewers\` (${where('review.reviewers')}) is ${reviewers}: nothing would ever land`,
      fix: `--reviewers ${quorum}   # or [review] quorum = ${reviewers}`,
    },
  ];
}

const listOf = (words: readonly string[]): string =>
  `[${words.map((word) => JSON.stringify(word)).join(', ')}]`;

/** Of each server: one way to it, and one that can be gone. */
function mcpContradictions({ mcp }: CompleteConfig, where: (keyPath: string) => string): Problem[] {
  const wrong = (what: string, fix: string): Problem[] => [
    { code: 'SW0102', what, where: where('mcp.servers'), fix },
  ];
  return Object.entries(mcp.servers).flatMap(([name, { run, url, where: place, key_env }]) => {
    const table = `mcp.servers.${name}`;
    const fix = `[${table}] run = ["/usr/local/bin/my-server"]`;
    const [program = ''] = run ?? [];
    if ((run === undefined) === (url === undefined))
      return wrong(`\`${table}\` needs one of \`run\` and \`url\``, fix);
    if (run !== undefined && key_env !== undefined)
      return wrong(
        `\`${table}.key_env\` goes with \`url\`, and there is none`,
        `[${table}] env = ["${key_env}"]`,
      );
    if (place === 'outside' && program.includes('/') && !isAbsolute(program))
      return wrong(
        `\`${table}.run\` names ${show(program)}, and a server outside starts in a folder of its own`,
        fix,
      );
    return [];
  });
}

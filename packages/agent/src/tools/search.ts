/** grep, glob: finding things in the workspace. */
import { accessSync, constants } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import * as z from 'zod';
import { compileGlob, type GlobMatcher } from './globs.ts';
import { resolveReadable } from './paths.ts';
import { type CommandResult, runCommand } from './process.ts';
import { argumentText, done, type Tool, ToolFault } from './tool.ts';

const MATCHES_MAX = 200;
const MATCH_CHARS_MAX = 400;
const GREP_MS = 30_000;
const PATHS_MAX = 500;
/** Directory entries one glob looks at. */
const ENTRIES_MAX = 200_000;
const SKIPPED = ['.git', 'node_modules'];

export const grep: Tool<{ pattern: string; path?: string | undefined }> = {
  name: 'grep',
  description: `Searches file contents for an extended regular expression (use [0-9] rather than \\d) and gives back path:line:text, at most ${MATCHES_MAX} matches. Skips .git, node_modules and binary files.`,
  schema: z.strictObject({
    pattern: argumentText(10_000).describe('The regular expression, case-sensitive.'),
    path: z
      .string()
      .min(1)
      .optional()
      .describe('File or folder to search; the whole workspace unless given.'),
  }),
  // Always in a process of its own with a deadline: a model's expression may backtrack for ever.
  async run({ pattern, path = '.' }, { workspace, readable, env, clock }, signal) {
    const { shown } = await resolveReadable(workspace, readable, path);
    const target = shown === '.' || isAbsolute(shown) ? shown : `./${shown}`;
    const argv = hasRipgrep(env.PATH) ? ripgrep(pattern, target) : plainGrep(pattern, target);
    const keep = { head: 1024 * 1024, tail: 0 };
    return done(
      matches(await runCommand({ argv, cwd: workspace, env, timeoutMs: GREP_MS, keep, clock, signal })),
    );
  },
};

export const glob: Tool<{ pattern: string }> = {
  name: 'glob',
  description: `Lists files by path pattern, such as src/**/*.ts or {lib,test}/*.js: * and ? stay inside one folder, ** spans folders. Sorted, at most ${PATHS_MAX}. Skips .git and node_modules.`,
  schema: z.strictObject({
    pattern: z.string().min(1).max(1_000).describe('Pattern relative to the workspace.'),
  }),
  async run({ pattern }, { workspace }, signal) {
    const { paths, isWhole } = await walk(workspace, matcher(pattern), signal);
    if (paths.length === 0) return done(`no file matches ${pattern}${isWhole ? '' : ` (${STOPPED})`}`);
    const shown = paths.slice(0, PATHS_MAX);
    const more = paths.length > PATHS_MAX || !isWhole;
    return done(
      shown.join('\n') + (more ? `\n[more files match; ${isWhole ? 'narrow the pattern' : STOPPED}]` : ''),
    );
  },
};

const STOPPED = `stopped after ${ENTRIES_MAX} entries; narrow the pattern`;

function ripgrep(pattern: string, target: string): [string, ...string[]] {
  const skip = SKIPPED.flatMap((name) => ['--glob', `!${name}`]);
  const form = [
    '--line-number',
    '--with-filename',
    '--no-heading',
    '--color=never',
    '--sort=path',
    '--hidden',
  ];
  return ['rg', '--no-config', ...form, ...skip, '-e', pattern, '--', target];
}

function plainGrep(pattern: string, target: string): [string, ...string[]] {
  const skip = SKIPPED.map((name) => `--exclude-dir=${name}`);
  return ['grep', '-rnHEIs', '--color=never', ...skip, '-e', pattern, '--', target];
}

function hasRipgrep(path = ''): boolean {
  return path.split(':').some((folder) => {
    try {
      accessSync(join(folder, 'rg'), constants.X_OK);
      return folder !== '';
    } catch {
      return false;
    }
  });
}

function matches({ end, exitCode, output }: CommandResult): string {
  if (end === 'timeout')
    throw new ToolFault(`grep: stopped after ${GREP_MS / 1000} s; search a smaller path`);
  if (end === 'cannot-run') throw new ToolFault(`grep: cannot be started: ${output}`);
  if (end === 'exited' && exitCode === 1) return 'no matches';
  if (end === 'exited' && exitCode !== 0) throw new ToolFault(`grep: ${output.slice(0, 2_000).trim()}`);
  const lines = output.split('\n').filter((line) => line !== '');
  const shown = lines
    .slice(0, MATCHES_MAX)
    .map((line) => line.replace(/^\.\//, '').slice(0, MATCH_CHARS_MAX));
  if (lines.length > MATCHES_MAX)
    shown.push(`[more than ${MATCHES_MAX} matches; narrow the pattern or the path]`);
  return shown.join('\n');
}

function matcher(pattern: string): GlobMatcher {
  if (pattern.startsWith('/') || pattern.split('/').includes('..')) {
    throw new ToolFault(`glob: ${pattern} leads out of the workspace; give a pattern relative to it`);
  }
  try {
    return compileGlob(pattern);
  } catch (error) {
    throw new ToolFault(`glob: ${(error as Error).message}; use a simpler pattern`);
  }
}

/** Links are listed and never followed. */
async function walk(root: string, matches: GlobMatcher, signal: AbortSignal) {
  const paths: string[] = [];
  const folders = [''];
  let entries = 0;
  while (folders.length > 0 && paths.length <= PATHS_MAX && entries < ENTRIES_MAX && !signal.aborted) {
    const folder = folders.pop()!;
    const found = await readdir(join(root, folder), { withFileTypes: true }).catch(() => []);
    entries += found.length;
    for (const entry of found) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (!entry.isDirectory()) {
        if (matches(path)) paths.push(path);
      } else if (!SKIPPED.includes(entry.name)) folders.push(path);
    }
  }
  return { paths: paths.sort(), isWhole: entries < ENTRIES_MAX };
}

/**
 * Files that decide what is tested, or that run on somebody's machine later: settings of agents, editors, hooks and
 * CI, and whatever the gate itself runs. They come from the base; a task changes one only when its scope names it, path by path.
 */
import type { TaskSource } from '../model/task.ts';
import { type GateParts, gateParts } from './gate-command.ts';
import { patternsMeet, patternsOf } from './glob.ts';
import { type ChangedText, isTestPath } from './weakened.ts';

/** Always protected, as globs. */
export const PROTECTED_PATHS: readonly string[] = [
  'swarm.toml',
  '.swarm/**',
  '.github/workflows/**',
  '.github/actions/**',
  '.gitlab-ci.yml',
  '.circleci/**',
  'azure-pipelines.yml',
  'Jenkinsfile',
  '.husky/**',
  '.githooks/**',
  '.pre-commit-config.yaml',
  '.claude/**',
  '.cursor/**',
  '.codex/**',
  '.gemini/**',
  '.mcp.json',
  '.vscode/tasks.json',
  '.vscode/settings.json',
  '.devcontainer/**',
  '.gitmodules',
  '.lfsconfig',
  '**/.gitattributes',
  '**/.envrc',
];

/** What a program of the gate reads besides the code: protected where the gate starts it. */
const READ_BY: Readonly<Record<string, readonly string[]>> = {
  make: ['Makefile', 'makefile', 'GNUmakefile', '**/*.mk'],
  just: ['justfile', '.justfile'],
  task: ['Taskfile.yml', 'Taskfile.yaml'],
  tox: ['tox.ini'],
  nox: ['noxfile.py'],
  cargo: ['.cargo/**'],
  npm: ['**/.npmrc'],
  pnpm: ['**/.npmrc', '**/.pnpmfile.cjs', '**/.pnpmfile.mjs'],
  yarn: ['**/.npmrc', '**/.yarnrc.yml', '**/.yarn/releases/**'],
  bun: ['**/.npmrc', '**/bunfig.toml'],
};

/** Scripts that a package manager runs by itself on the machine it installs on. */
const LIFECYCLE = [
  'preinstall',
  'install',
  'postinstall',
  'prepare',
  'prepublish',
  'prepublishOnly',
  'prepack',
];

export interface ProtectedAsk {
  /** Paths the change touches. */
  readonly paths: readonly string[];
  readonly scope: readonly string[];
  readonly source: TaskSource;
  readonly gate: string | undefined;
  /** More globs, the operator's own. */
  readonly protect: readonly string[];
  /** Every changed package.json. */
  readonly manifests: readonly ChangedText[];
  /** The request holds words of outsiders: a scope that names what is protected may be theirs. */
  readonly hasOutsiders?: boolean;
}

export interface Held {
  readonly path: string;
  readonly why: string;
}

/** What is protected in a run, for whoever is to keep to it. */
export function protectedGlobs(
  gate: string | undefined,
  protect: readonly string[],
): { readonly named: readonly string[]; readonly byGate: readonly string[] } {
  const parts = gateParts(gate ?? '');
  const files = parts.files.filter((file) => !isTestPath(file));
  const programs = parts.programs.flatMap((program) => READ_BY[program] ?? []);
  return { named: [...PROTECTED_PATHS, ...protect], byGate: [...new Set([...files, ...programs])] };
}

/** What the change may not do, path by path; none when it may land. */
export function protectedChanges(ask: ProtectedAsk): readonly Held[] {
  // A person who asks for a branch by name has chosen what is in it.
  if (ask.source.by === 'land') return [];
  const parts = gateParts(ask.gate ?? '');
  const isNamed = (path: string): boolean => ask.scope.some((e) => e.toLowerCase() === path.toLowerCase());
  const byOperator = ask.source.by === 'plan' || ask.source.by === 'operator';
  return [...protectedFiles(ask, parts), ...scriptChanges(ask.manifests, parts)].filter(
    ({ path, isGate }) => !isNamed(path) || ((isGate || ask.hasOutsiders === true) && !byOperator),
  );
}

/** What of a change the gate runs or goes by, or acts on other people’s machines, whether it may land or not. */
export function touchedChanges(
  ask: Pick<ProtectedAsk, 'paths' | 'gate' | 'protect' | 'manifests'>,
): readonly Held[] {
  const parts = gateParts(ask.gate ?? '');
  const all = [...protectedFiles(ask, parts), ...scriptChanges(ask.manifests, parts)];
  return all.map(({ path, why }) => ({ path, why }));
}

/** A change of what the gate itself runs: a planner's word is not enough for it. */
interface Found extends Held {
  readonly isGate: boolean;
}

function protectedFiles(ask: Pick<ProtectedAsk, 'paths' | 'protect'>, parts: GateParts): readonly Found[] {
  const files = parts.files.filter((file) => !isTestPath(file));
  const programs = parts.programs.flatMap((program) => READ_BY[program] ?? []);
  const kinds = [
    { isIt: fits(PROTECTED_PATHS), why: 'it acts on other people’s machines', isGate: false },
    { isIt: fits(ask.protect), why: 'protected by the configuration', isGate: false },
    { isIt: fits(files), why: 'the gate runs it', isGate: true },
    { isIt: fits(programs), why: 'the gate goes by it', isGate: true },
  ];
  return ask.paths.flatMap((path) => {
    const kind = kinds.findLast(({ isIt }) => isIt(path));
    return kind ? [{ path, why: kind.why, isGate: kind.isGate }] : [];
  });
}

/** Without regard to case, as some file systems keep names. */
function fits(globs: readonly string[]): (path: string) => boolean {
  const patterns = globs.flatMap((glob) => patternsOf(glob.toLowerCase()));
  return (path) => {
    const names = path.toLowerCase().split('/');
    return patterns.some((pattern) => patternsMeet(pattern, names));
  };
}

// ───────────────────────── scripts of package.json ─────────────────────────

type Scripts = Readonly<Record<string, string>>;

/** Only what changed in the scripts that matter: a manifest may gain dependencies freely. */
function scriptChanges(manifests: readonly ChangedText[], parts: GateParts): readonly Found[] {
  // A new package tests nothing that was tested before.
  return manifests.flatMap((m) => (m.before === undefined ? [] : changesOf(m, parts)));
}

function changesOf({ path, before, after }: ChangedText, parts: GateParts): readonly Found[] {
  const [was, is] = [scriptsIn(before), scriptsIn(after)];
  if (was === undefined) return [];
  if (is === undefined) return [{ path, why: 'its scripts cannot be read any more', isGate: true }];
  const run = reached(parts.scripts, was, is);
  const names = new Set([...Object.keys(was), ...Object.keys(is)].filter((name) => was[name] !== is[name]));
  return [...names].flatMap((name) => {
    const isGate = run.has(name);
    if (!isGate && !LIFECYCLE.includes(name)) return [];
    const now = is[name] === undefined ? 'is gone' : `is now ${JSON.stringify(is[name])}`;
    return [
      { path, why: `scripts.${name} ${now}${isGate ? ', and the gate runs it' : ''}`.slice(0, 300), isGate },
    ];
  });
}

/** @returns undefined when the text is no manifest. */
function scriptsIn(text: string | undefined): Scripts | undefined {
  try {
    const { scripts = {} } = JSON.parse(text ?? '') as { scripts?: Record<string, unknown> };
    return Object.fromEntries(
      Object.entries(scripts).filter((e): e is [string, string] => typeof e[1] === 'string'),
    );
  } catch {
    return undefined;
  }
}

/** Scripts the gate comes by, on either side: those it names, what they name in turn, and what runs before and after. */
function reached(names: readonly string[], ...sides: readonly Scripts[]): ReadonlySet<string> {
  const found = new Set<string>();
  const queue = [...names];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    for (const scripts of sides) {
      if (scripts[name] === undefined) continue;
      queue.push(`pre${name}`, `post${name}`, ...gateParts(scripts[name] ?? '').scripts);
    }
  }
  return found;
}

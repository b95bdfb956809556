/** Who may import whom, start what, and read the outside world: held by reading every line of every package. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { test } from 'node:test';

const PACKAGES = join(import.meta.dirname, '..', '..');
const ADAPTERS = ['journal', 'git', 'sandbox', 'llm', 'agent', 'mesh', 'telemetry', 'dashboard'];

/** What of ours each package's product code may import; a package that is not named here fails the first test. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  verify: [],
  ...Object.fromEntries(ADAPTERS.map((name) => [name, ['core']])),
  orchestrator: ['core'],
  testkit: ['core', 'journal', 'orchestrator'],
  cli: ['core', 'verify', 'orchestrator', ...ADAPTERS],
};

/** Product files that start git; everything else goes through them. */
const STARTS_GIT = {
  'git/src/git.ts': 'the one runner',
  'verify/src/git.ts': 'the checker shares no code with what it checks',
  'cli/src/commands/demo.ts': 'makes the made-up project as a person would, before swarm sees it',
};

/** Product files outside cli that read the environment or the arguments. */
const READS_PROCESS = {
  'sandbox/src/bridge.ts': 'is a program of its own, inside the sandbox: what it gets it can only get so',
  'verify/src/git.ts': 'finds git on PATH by itself, because nothing of ours may hand it anything',
};

/** Files of cli that read the environment or the arguments; every other one is handed a Context. */
const READS_PROCESS_IN_CLI = {
  'cli/src/main.ts': 'the program',
  'cli/src/running/launched.ts': 'whether the launcher started the program',
  'cli/src/agent-main.ts': 'the program inside the sandbox',
  'cli/src/finding/paths.ts': 'the home folder where HOME is not set',
  'cli/src/commands/demo.ts': 'PATH for the git that makes the made-up project',
};

interface Source {
  /** Relative to packages/, with `/`. */
  readonly file: string;
  readonly owner: string;
  /** Tests, and the helpers only tests import, may use what the product may not. */
  readonly isTest: boolean;
  readonly text: string;
  readonly imports: readonly string[];
}

const sources = readdirSync(PACKAGES).flatMap((owner) =>
  ['src', 'test', 'golden'].flatMap((folder) => sourcesIn(join(PACKAGES, owner, folder), owner)),
);
const product = sources.filter((source) => !source.isTest);

function sourcesIn(folder: string, owner: string): Source[] {
  return entriesOf(folder).flatMap((name) => {
    const file = relative(PACKAGES, join(folder, name)).split(sep).join('/');
    const text = readFileSync(join(folder, name), 'utf8');
    const isTest =
      !file.startsWith(`${owner}/src/`) ||
      /(^|\/)(testing|contract|golden|example)\.ts$|\.test\.ts$/.test(file);
    return [{ file, owner, isTest, text, imports: importsOf(text) }];
  });
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Static imports, re-exports, dynamic imports, types in `import('…')`. */
function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*(['"])([^'"\n]+)\1/g)].map((match) => match[2]!);
}

const ourPackage = (specifier: string): string | undefined => /^@swarm\/([^/]+)/.exec(specifier)?.[1];
/** `file: specifier`, for everything that matches. */
const where = (list: readonly Source[], isWrong: (specifier: string, source: Source) => boolean): string[] =>
  list.flatMap((source) =>
    source.imports.filter((s) => isWrong(s, source)).map((s) => `${source.file}: ${s}`),
  );

test('this test reads the sources: every package, and imports of every form', () => {
  assert.deepEqual(new Set(sources.map((s) => s.owner)), new Set(readdirSync(PACKAGES)));
  assert.ok(product.length > 150, `${product.length} files`);
  const forms = `import a from 'a'; export * from "b"; await import('c'); let x: import('d').X; import 'e';`;
  assert.deepEqual(importsOf(forms), ['a', 'b', 'c', 'd', 'e']);
});

test('a package imports only the packages of ours it may', () => {
  const wrong = where(product, (specifier, { owner }) => {
    const named = ourPackage(specifier);
    return named !== undefined && named !== owner && !(MAY_IMPORT[owner] ?? []).includes(named);
  });
  assert.deepEqual(wrong, []);
  assert.deepEqual(
    readdirSync(PACKAGES).filter((name) => !MAY_IMPORT[name]),
    [],
  );
});

test('no relative import leaves its package', () => {
  const wrong = where(sources, (specifier, { file, owner }) => {
    if (!specifier.startsWith('.')) return false;
    return !join(file, '..', specifier).startsWith(`${owner}${sep}`);
  });
  assert.deepEqual(wrong, []);
});

test('what a package imports of ours stands in its package.json, and testkit only among what development needs', () => {
  for (const owner of readdirSync(PACKAGES)) {
    const manifest = JSON.parse(readFileSync(join(PACKAGES, owner, 'package.json'), 'utf8')) as Manifest;
    assert.equal(manifest.name, `@swarm/${owner}`);
    const needed = Object.keys(manifest.dependencies ?? {}).flatMap((name) => ourPackage(name) ?? []);
    assert.deepEqual(
      needed.filter((name) => !MAY_IMPORT[owner]!.includes(name)),
      [],
      owner,
    );
  }
});

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

test('the core touches nothing outside itself: no node module, no clock, no chance, no process', () => {
  const core = product.filter((source) => source.owner === 'core');
  assert.deepEqual(
    where(
      core,
      (specifier) => specifier.startsWith('node:') || !(specifier.startsWith('.') || specifier === 'zod'),
    ),
    [],
  );
  const impure =
    /\b(Date\.now\(|new Date\(\)|Math\.random\(|performance\.now\(|process\.|setTimeout\(|fetch\()/;
  assert.deepEqual(naming(core, impure), []);
});

test('only the git package and the checker start git', () => {
  assert.deepEqual(
    naming(product, /\b(exec|execa|execFile|execFileSync|spawn|spawnSync)\(\s*['"]git['"]/),
    Object.keys(STARTS_GIT).sort(),
  );
});

test('only the composition root reads the environment, the arguments and the home folder', () => {
  const reads = /\bprocess\.(env|argv)\b|\bhomedir\(/;
  const allowed = [...Object.keys(READS_PROCESS), ...Object.keys(READS_PROCESS_IN_CLI)];
  assert.deepEqual(naming(product, reads), allowed.sort());
});

/** Files whose code, comments aside, matches. */
function naming(list: readonly Source[], pattern: RegExp): string[] {
  return list
    .filter(({ text }) => pattern.test(withoutComments(text)))
    .map(({ file }) => file)
    .sort();
}

/** Only those that begin a line: what looks like a comment elsewhere may stand in a string, as in `'*.test.ts'` after a slash. */
const withoutComments = (text: string): string =>
  text.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/^\s*\/\/.*$/gm, '');

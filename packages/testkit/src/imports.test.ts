/** Who may import whom, start what, and read the outside world: held by reading every line of every package. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { test } from 'node:test';
import { circlesIn } from './circles.ts';
import {
  importsOf,
  leadsTo,
  type Manifest,
  ourPackage,
  PACKAGES,
  readManifest,
  readSources,
  type Source,
  sourceOf,
} from './sources.ts';

const ADAPTERS = [
  'journal',
  'git',
  'sandbox',
  'llm',
  'agent',
  'mesh',
  'bridge',
  'forge',
  'telemetry',
  'dashboard',
];

/** What of ours each package's product code may import; a package that is not named here fails the first test. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  verify: [],
  'worker-sdk': [],
  ...Object.fromEntries(ADAPTERS.map((name) => [name, ['core']])),
  orchestrator: ['core'],
  testkit: ['core', 'journal', 'orchestrator', 'mesh'],
  eval: ['cli', 'testkit'],
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
  'agent/src/tools/process.ts': 'SWARM_PORTABLE: what systems other than Linux get, tried on Linux',
  'journal/src/portable.ts': 'the same',
  'sandbox/src/platform/here.ts': 'the same',
  'sandbox/src/bridge.ts': 'is a program of its own, inside the sandbox: what it gets it can only get so',
  'testkit/src/locks/managers.ts': 'starts the package managers that are on PATH',
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

/** What one person reads at a sitting. */
const LINES_MAX = 400;

const sources = readSources();
const product = sources.filter((source) => !source.isTest);

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

/** Imports of a package of ours that the importing package may not have. */
const trespasses = (list: readonly Source[]): string[] =>
  where(list, (specifier, { owner }) => {
    const named = ourPackage(specifier);
    return named !== undefined && named !== owner && !(MAY_IMPORT[owner] ?? []).includes(named);
  });

test('a package imports only the packages of ours it may', () => {
  assert.deepEqual(trespasses(product), []);
  assert.deepEqual(
    readdirSync(PACKAGES).filter((name) => !MAY_IMPORT[name]),
    [],
  );
});

test('an adapter that imports another, by value, by type or from one of its rooms, is told', () => {
  const planted = [
    `import { openHub } from '@swarm/git';`,
    `import type { Room } from '@swarm/sandbox/room';`,
    `type Model = import('@swarm/llm').Model;`,
  ].join('\n');
  assert.deepEqual(trespasses([sourceOf('agent/src/planted.ts', 'agent', planted)]), [
    'agent/src/planted.ts: @swarm/git',
    'agent/src/planted.ts: @swarm/sandbox/room',
    'agent/src/planted.ts: @swarm/llm',
  ]);
  assert.deepEqual(trespasses([sourceOf('cli/src/planted.ts', 'cli', planted)]), []);
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
    const manifest = manifestOf(owner);
    assert.equal(manifest.name, `@swarm/${owner}`);
    const needed = Object.keys(manifest.dependencies ?? {}).flatMap((name) => ourPackage(name) ?? []);
    assert.deepEqual(
      needed.filter((name) => !MAY_IMPORT[owner]!.includes(name)),
      [],
      owner,
    );
  }
});

const manifests = new Map<string, Manifest>();
function manifestOf(owner: string): Manifest {
  const manifest = manifests.get(owner) ?? readManifest(owner);
  manifests.set(owner, manifest);
  return manifest;
}

/** From each of these files to the files of ours it imports, types among them. */
const graphOf = (list: readonly Source[]): Map<string, readonly string[]> =>
  new Map(
    list.map(({ file, imports }) => [
      file,
      imports.flatMap((specifier) => leadsTo(file, specifier, manifestOf) ?? []),
    ]),
  );

test('every import of ours leads to a file that is there, so that no way is hidden from the search for circles', () => {
  const known = new Set(sources.map(({ file }) => file));
  const lost = [...graphOf(product)].flatMap(([file, to]) =>
    to.filter((one) => !known.has(one)).map((one) => `${file}: ${one}`),
  );
  assert.deepEqual(lost, []);
});

test('no product file reaches itself by imports, types among them', () => {
  assert.deepEqual(circlesIn(graphOf(product)), []);
});

test('a planted circle is found through types, through dynamic imports and through the rooms of a package', () => {
  const planted = [
    sourceOf('git/src/one.ts', 'git', `import type { Two } from './deep/two.ts';`),
    sourceOf('git/src/deep/two.ts', 'git', `export const three = () => import('../three.ts');`),
    sourceOf('git/src/three.ts', 'git', `export * from './one.ts';`),
    sourceOf('core/src/fold.ts', 'core', `export * from './views/board.ts';`),
    sourceOf('core/src/views/board.ts', 'core', `import type { Fold } from '@swarm/core/fold';`),
  ];
  assert.deepEqual(circlesIn(graphOf(planted)), [
    ['core/src/fold.ts', 'core/src/views/board.ts'],
    ['git/src/deep/two.ts', 'git/src/one.ts', 'git/src/three.ts'],
  ]);
});

/** A member that only the compiler hides can be read all the same, so there is one way to write one: `#name`. */
const HALF_HIDDEN = /^\s*private (?!constructor\b)/m;

test('a private member is written with #, and only a constructor with the word', () => {
  assert.deepEqual(
    sources.filter(({ text }) => HALF_HIDDEN.test(text)).map(({ file }) => file),
    [],
  );
  assert.ok(HALF_HIDDEN.test('class A {\n  private readonly hub: Hub;\n}'));
});

/** Pieces put together on the spot only keep the formatter from giving each member its line. */
const PIECED = /\.\.\.\{/;

test('an object is written as one, not spread from pieces of itself', () => {
  assert.deepEqual(
    sources.filter(({ text }) => PIECED.test(text)).map(({ file }) => file),
    [],
  );
  assert.ok(PIECED.test(`{ ..${'.{'} a: 1 }, b }`));
});

test('no product file is longer than 400 lines', () => {
  const long = product.flatMap(({ file, text }) => {
    const lines = text.split('\n').length - 1;
    return lines > LINES_MAX ? [`${file}: ${lines}`] : [];
  });
  assert.deepEqual(long, []);
});

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

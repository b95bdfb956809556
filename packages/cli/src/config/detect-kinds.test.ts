/** One row a kind of project: manifests in the shape such projects have, and what is proposed for them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectCommands, KINDS } from './detect.ts';
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

const rows: [string, Files, string | undefined, string | undefined][] = [
  // npm
  ['npm', { 'package.json': TESTED, 'package-lock.json': '' }, 'npm test', 'npm ci'],
  ['no lockfile and no dependencies', { 'package.json': TESTED }, 'npm test', undefined],
  [
    'dependencies and no lockfile',
    {
      'package.json': manifest({ scripts: { test: 'xo && ava && tsd' }, devDependencies: { ava: '^5.2.0' } }),
    },
    'npm test',
    'npm install --no-package-lock',
  ],
  [
    'npm workspaces',
    { 'package.json': manifest({ workspaces: ['p/*'] }), 'package-lock.json': '' },
    'npm test --workspaces --if-present',
    'npm ci',
  ],
  ['the test script npm init writes', { 'package.json': UNTESTED }, undefined, undefined],
  [
    'a test script that does nothing',
    { 'package.json': manifest({ scripts: { test: 'echo none yet' } }) },
    undefined,
    undefined,
  ],
  ['a package.json that is no JSON', { 'package.json': '{' }, undefined, undefined],
  // pnpm
  ['pnpm', { 'package.json': TESTED, 'pnpm-lock.yaml': '' }, 'pnpm test', 'pnpm install --frozen-lockfile'],
  [
    'a pin of pnpm beside a lockfile that npm left',
    { 'package.json': pinned('pnpm@9.1.0+sha512.x'), 'pnpm-lock.yaml': '', 'package-lock.json': '' },
    'pnpm test',
    'pnpm install --frozen-lockfile',
  ],
  [
    'a pin of a version that is not out yet',
    { 'package.json': pinned('pnpm@10.14.0-0+sha512.2cd4'), 'pnpm-lock.yaml': '' },
    'pnpm test',
    'pnpm install --frozen-lockfile',
  ],
  [
    'a pin and no lockfile',
    { 'package.json': pinned('pnpm@9.1.0', { a: '1' }) },
    'pnpm test',
    'pnpm install --no-lockfile',
  ],
  [
    'a pnpm workspace whose packages have the tests',
    { 'package.json': '{}', 'pnpm-lock.yaml': '', 'pnpm-workspace.yaml': '' },
    'pnpm -r --if-present test',
    'pnpm install --frozen-lockfile',
  ],
  // yarn, bun, deno
  ['yarn', { 'package.json': TESTED, 'yarn.lock': '' }, 'yarn test', 'yarn install --frozen-lockfile'],
  [
    'a pin of a later yarn',
    { 'package.json': pinned('yarn@4.2.2'), 'yarn.lock': '' },
    'yarn test',
    'yarn install --immutable',
  ],
  [
    'a yarn that the repository carries',
    {
      'package.json': TESTED,
      'yarn.lock': '',
      '.yarnrc.yml': 'nodeLinker: node-modules\n\nyarnPath: .yarn/releases/yarn-4.2.2.cjs\n',
      '.yarn/releases/yarn-4.2.2.cjs': '',
    },
    'node .yarn/releases/yarn-4.2.2.cjs test',
    'node .yarn/releases/yarn-4.2.2.cjs install --immutable',
  ],
  ['bun', { 'package.json': TESTED, 'bun.lock': '' }, 'bun run test', 'bun install --frozen-lockfile'],
  [
    'bun’s own tests',
    { 'package.json': manifest({}), 'bun.lock': '', 'bunfig.toml': '[test]\npreload = ["./setup.ts"]\n' },
    'bun test',
    'bun install --frozen-lockfile',
  ],
  [
    'deno',
    { 'deno.json': '{"tasks":{"test":"deno test"}}', 'deno.lock': '' },
    'deno task test',
    'deno install --frozen',
  ],
  ['deno without a task', { 'deno.jsonc': '{ // ours\n}' }, 'deno test -A', 'deno install'],
  // compiled
  [
    'cargo',
    { 'Cargo.toml': CRATE, 'Cargo.lock': '' },
    'cargo test --locked --no-fail-fast',
    'cargo fetch --locked',
  ],
  ['cargo without a lockfile', { 'Cargo.toml': CRATE }, 'cargo test --no-fail-fast', 'cargo fetch'],
  [
    'a cargo workspace whose top is a crate too',
    { 'Cargo.toml': `${CRATE}\n[workspace]\nmembers = ["derive"]\n` },
    'cargo test --workspace --no-fail-fast',
    'cargo fetch',
  ],
  ['go', { 'go.mod': MODULE }, 'go test ./...', 'go mod download'],
  ['go that requires nothing', { 'go.mod': 'module example.com/shop\n' }, 'go test ./...', undefined],
  [
    'go that carries what it requires',
    { 'go.mod': MODULE, 'vendor/modules.txt': '' },
    'go test ./...',
    undefined,
  ],
  [
    'a go workspace',
    { 'go.work': 'go 1.22\n\nuse (\n\t./shop\n\t./tools/lint\n\t../elsewhere\n)\n' },
    'go test ./shop/... ./tools/lint/...',
    'go mod download',
  ],
  [
    'maven',
    { 'pom.xml': '' },
    'mvn -B -o test',
    'mvn -B -q -DskipTests test-compile surefire:help dependency:go-offline',
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
  [
    'gradle and its wrapper',
    { 'settings.gradle': '', gradlew: '' },
    'sh gradlew --no-daemon --offline --continue test',
    'sh gradlew --no-daemon testClasses',
  ],
  ['dotnet', { 'Shop.sln': '' }, 'dotnet test --no-restore', 'dotnet restore'],
  ['mix', { 'mix.exs': '' }, 'mix test', 'mix local.hex --force && mix local.rebar --force && mix deps.get'],
  // ruby, php
  [
    'bundler and rspec',
    { Gemfile: '', '.rspec': '' },
    'bundle exec rspec',
    'bundle config set --local path vendor/bundle && bundle install',
  ],
  [
    'bundler and minitest without a Rakefile',
    { Gemfile: '', 'test/test_price.rb': '' },
    `bundle exec ruby -Ilib -Itest -e 'Dir["./test/**/{test_*,*_test}.rb"].sort.each { |f| require f }'`,
    'bundle config set --local path vendor/bundle && bundle install',
  ],
  [
    'composer and phpunit',
    { 'composer.json': '{}', 'phpunit.xml.dist': '' },
    'vendor/bin/phpunit',
    'composer install --no-interaction --no-progress',
  ],
  [
    'composer and a script',
    { 'composer.json': '{"scripts":{"test":["@lint","phpunit"]}}' },
    'composer test',
    'composer install --no-interaction --no-progress',
  ],
  // python
  [
    'uv',
    { 'uv.lock': '', 'pyproject.toml': FLIT },
    'uv run --no-sync pytest -q',
    'uv sync --locked --all-extras',
  ],
  [
    'poetry',
    { 'poetry.lock': '', 'tests/conftest.py': '' },
    'poetry run pytest -q',
    'poetry install --no-interaction --all-extras',
  ],
  ['pdm', { 'pdm.lock': '', 'pytest.ini': '' }, 'pdm run pytest -q', 'pdm sync --dev'],
  ['pipenv', { 'Pipfile.lock': '', 'pytest.ini': '' }, 'pipenv run pytest -q', 'pipenv sync --dev'],
  [
    'hatch and a script',
    { 'pyproject.toml': '[project]\nname = "shop"\n[tool.hatch.envs.default.scripts]\ntest = "pytest"\n' },
    'hatch run test',
    'hatch env create',
  ],
  [
    'hatch and its own test environment',
    {
      'pyproject.toml':
        '[project]\nname = "shop"\n[tool.hatch.envs.hatch-test]\nextra-dependencies = ["attrs"]\n',
    },
    'hatch test',
    'hatch env create hatch-test',
  ],
  ['tox', { 'tox.ini': '[testenv]\ncommands = x' }, 'tox run --skip-pkg-install', 'tox run --notest'],
  [
    'pytest in pyproject.toml',
    { 'pyproject.toml': '[tool.pytest.ini_options]' },
    'python3 -m pytest -q',
    undefined,
  ],
  ['pytest in setup.cfg', { 'setup.cfg': '[tool:pytest]' }, 'python3 -m pytest -q', undefined],
  [
    'pytest in .pytest.ini',
    { '.pytest.ini': '', 'pyproject.toml': SETUPTOOLS },
    PYTEST,
    `${VENV} -e . pytest`,
  ],
  [
    'pytest in a group, without a lockfile',
    { 'pyproject.toml': FLIT },
    PYTEST,
    `${VENV} -e . freezegun 'pytest>=8'`,
  ],
  [
    'pytest in an extra',
    {
      'pyproject.toml':
        '[project]\nname = "shop"\n[project.optional-dependencies]\ndocs = ["sphinx"]\ntest = ["pytest", "attrs"]\n',
    },
    PYTEST,
    `${VENV} -e '.[test]' pytest`,
  ],
  [
    'pytest among lists of requirements',
    { 'requirements.txt': 'flask\n', 'requirements-dev.txt': 'mypy\npytest==8.1\n' },
    PYTEST,
    `${VENV} -r requirements.txt -r requirements-dev.txt pytest`,
  ],
  [
    'unittest',
    { 'tests/test_price.py': '', 'tests/__init__.py': '' },
    "python3 -m unittest discover -s tests -t . -p 'test_*.py'",
    undefined,
  ],
  [
    'unittest and a package',
    { 'test_price.py': '', 'setup.py': '' },
    ".venv/bin/python -m unittest discover -p 'test_*.py'",
    `${VENV} -e .`,
  ],
  // recipes
  ['make', { Makefile: 'all:\n\ntest: all\n\tsh t' }, 'make test', undefined],
  ['make check', { Makefile: 'check: all\n' }, 'make check', undefined],
  ['make, a variable called test', { Makefile: 'test := 1\n' }, undefined, undefined],
  ['just', { justfile: 'test *args:\n  x\n' }, 'just test', undefined],
  [
    'CMake',
    { 'CMakeLists.txt': 'project(shop)\nenable_testing()\n' },
    'cmake -S . -B "$HOME/build" && cmake --build "$HOME/build" && ctest --test-dir "$HOME/build" --output-on-failure',
    undefined,
  ],
  [
    'node without tests beside make',
    { 'package.json': UNTESTED, 'package-lock.json': '', Makefile: 'test:\n' },
    'make test',
    'npm ci',
  ],
  ['nothing', {}, undefined, undefined],
];
for (const [name, files, gate, setup] of rows) {
  test(`gate and setup of a repository with ${name}: ${gate ?? 'no gate'}, ${setup ?? 'no setup'}`, () => {
    const found = detectCommands([folderOf(files)], EVERY);
    assert.deepEqual([found.gate, found.setup], [gate, setup]);
    assert.ok(found.why.length > 0);
  });
}

test('every kind in the table is tried by a row', () => {
  const seen = new Set(
    KINDS.filter((kind) => rows.some(([, files]) => kind.propose(folderOf(files), []).length > 0)),
  );
  assert.deepEqual(
    KINDS.filter((kind) => !seen.has(kind)).map(({ name }) => name),
    [],
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detectCommands, type ListingReader } from './detect.ts';

const repositoryOf = (files: Record<string, string>): ListingReader => ({
  has: async (path) => Object.hasOwn(files, path),
  read: async (path) => (Object.hasOwn(files, path) ? files[path] : undefined),
});
const TESTED = JSON.stringify({ scripts: { test: 'node --test' } });
const UNTESTED = JSON.stringify({ scripts: { test: 'echo "Error: no test specified" && exit 1' } });

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
];
for (const [name, files, gate, setup] of rows) {
  test(`gate and setup of a repository with ${name}: ${gate ?? 'no gate'}, ${setup ?? 'no setup'}`, async () => {
    const found = await detectCommands(repositoryOf(files));
    assert.deepEqual([found.gate, found.setup], [gate, setup]);
    assert.ok(found.why.length > 0);
  });
}

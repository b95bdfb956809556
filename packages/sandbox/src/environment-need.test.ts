import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setupNeed } from './environment-need.ts';
import { temporary } from './testing.ts';

async function treeOf(t: TestContext, files: Record<string, string>): Promise<string> {
  const folder = await temporary(t);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

const PROJECT = {
  'package.json': '{"name":"p"}',
  'packages/a/package.json': '{"name":"a"}',
  'package-lock.json': '{}',
  'src/main.js': 'main()',
};

test('the need is the setup command, and name and content of every lockfile and manifest', async (t) => {
  const need = await setupNeed(await treeOf(t, PROJECT), 'npm ci');
  const with_ = async (files: Record<string, string>, setup = 'npm ci') =>
    (await setupNeed(await treeOf(t, { ...PROJECT, ...files }), setup)).hash === need.hash;
  assert.match(need.hash, /^[0-9a-f]{16}$/);
  assert.equal(await with_({}), true);
  assert.equal(await with_({ 'src/main.js': 'other()', 'node_modules/x/package.json': '{}' }), true);
  assert.equal(await with_({}, 'npm install'), false);
  for (const path of ['packages/a/package.json', 'requirements-dev.txt', '.cargo/config.toml', 'x/y.patch'])
    assert.equal(await with_({ [path]: '{"name":"changed"}' }), false, path);
});

const SCRIPTS: [string, string, Record<string, string>, string][] = [
  ['the command names', 'sh tools/setup.sh', { 'tools/setup.sh': 'true' }, 'tools/setup.sh'],
  ['a named script names, from the top', './a.sh', { 'a.sh': '. lib/b.sh', 'lib/b.sh': '' }, 'lib/b.sh'],
  ['a named script names, beside it', 'sh x/a.sh', { 'x/a.sh': '. ./b.sh', 'x/b.sh': '' }, 'x/b.sh'],
  [
    'an install script of a package names',
    'npm ci',
    { 'packages/a/package.json': '{"scripts":{"postinstall":"node build.js"}}', 'packages/a/build.js': '' },
    'packages/a/build.js',
  ],
  ['make reads', 'make deps', { Makefile: 'deps:\n\ttrue' }, 'Makefile'],
];
for (const [what, setup, files, changed] of SCRIPTS) {
  test(`a file that ${what} is a part of the need`, async (t) => {
    const before = await setupNeed(await treeOf(t, { ...PROJECT, ...files }), setup);
    const after = await setupNeed(await treeOf(t, { ...PROJECT, ...files, [changed]: 'curl evil' }), setup);
    assert.notEqual(after.hash, before.hash);
  });
}

const KNOWN: [string, string, Record<string, string>, boolean][] = [
  ['npm ci', 'npm ci', {}, true],
  ['pnpm install', 'pnpm install --frozen-lockfile', {}, true],
  ['cargo fetch', 'cargo fetch --locked', {}, true],
  [
    'a package manager that npm brings in a version',
    'npm install --global --prefix "$HOME/.local" pnpm@10.33.4 && pnpm install --frozen-lockfile',
    {},
    true,
  ],
  ['what npm brings besides', 'npm install --global --prefix "$HOME/.local" ./own@1 && sh x', {}, false],
  ['a script', 'sh tools/setup.sh', {}, false],
  ['two commands', 'npm ci && npm run build', {}, false],
  [
    'npm with a manifest that names a prepare script',
    'npm ci',
    { 'package.json': '{"scripts":{"prepare":"x"}}' },
    false,
  ],
  ['npm with a manifest that is no JSON', 'npm ci', { 'packages/a/package.json': '{' }, false],
  ['pnpm with a hook', 'pnpm install', { '.pnpmfile.cjs': '' }, false],
  ['yarn that the tree brings itself', 'yarn install', { '.yarnrc.yml': 'yarnPath: .yarn/x.cjs' }, false],
];
for (const [what, setup, files, isKnown] of KNOWN) {
  test(`${what} ${isKnown ? 'reads nothing but lists' : 'may read any file'} of the tree`, async (t) => {
    assert.equal((await setupNeed(await treeOf(t, { ...PROJECT, ...files }), setup)).isKnown, isKnown);
  });
}

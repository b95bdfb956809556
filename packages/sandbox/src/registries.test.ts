import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { registriesNamed, registriesOf } from './registries.ts';
import { temporary } from './testing.ts';

async function tree(
  t: TestContext,
  ...files: readonly string[]
): Promise<(setup: string) => Promise<string>> {
  const workspace = await temporary(t);
  for (const file of files) {
    await mkdir(dirname(join(workspace, file)), { recursive: true });
    await writeFile(join(workspace, file), '');
  }
  return async (setup) =>
    (await registriesOf({ workspace, argv: ['/bin/sh', '-c', setup], env: {} })).join(' ');
}

test('setup has the registries of the programs it names and of the manifests at the top', async (t) => {
  const empty = await tree(t);
  assert.equal(await empty('npm ci'), 'registry.npmjs.org registry.yarnpkg.com repo.yarnpkg.com');
  assert.equal(await empty('cargo fetch --locked'), 'index.crates.io static.crates.io crates.io');
  assert.equal(
    await empty('python3 -m venv .venv && .venv/bin/pip3.12 install -e .'),
    'pypi.org files.pythonhosted.org',
  );
  assert.equal(
    await empty('cd web;./gradlew build -x test').then((all) => all.includes('plugins.gradle.org')),
    true,
  );
  assert.equal(await empty('echo going'), '');
  const mixed = await tree(t, 'go.mod', 'web/package.json', 'fixtures/Gemfile');
  assert.equal(await mixed('make deps'), 'proxy.golang.org sum.golang.org');
  assert.match(await mixed('make deps && (cd web && npm ci)'), /registry\.npmjs\.org.*proxy\.golang\.org/);
});

test('where neither the command nor the top tells, the manifests below do', async (t) => {
  const below = await tree(t, 'Makefile', 'services/api/requirements.txt');
  assert.equal(await below('make deps'), 'pypi.org files.pythonhosted.org');
});

test('a registry that a variable of the operator’s names is one of them', () => {
  const env = {
    npm_config_registry: 'https://npm.shop.example:4873/path/',
    PIP_INDEX_URL: 'https://me:secret@pypi.shop.example/simple',
    GOPROXY: 'https://goproxy.shop.example,http://goproxy.shop.example:8081|direct',
    CARGO_REGISTRIES_SHOP_INDEX: 'sparse+https://cargo.shop.example/index/',
    HTTPS_PROXY: 'http://proxy.shop.example:3128',
    HOMEPAGE: 'https://else.example/',
  };
  assert.deepEqual(registriesNamed(env), [
    ...['npm.shop.example:4873', 'pypi.shop.example:443'],
    ...['goproxy.shop.example:443', 'goproxy.shop.example:8081', 'cargo.shop.example:443'],
  ]);
});

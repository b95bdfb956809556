import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostsWanted } from './hosts.ts';
import { type Files, folderOf, manifest } from './testing.ts';

const wanted = (files: Files): readonly string[] => hostsWanted([folderOf(files)]).map(({ host }) => host);
const GITHUB = ['github.com', 'codeload.github.com'];

const rows: readonly (readonly [string, Files, readonly string[]])[] = [
  [
    'registries alone',
    { 'package.json': manifest({ dependencies: { a: '^1.0.0', b: 'npm:c@1', d: 'workspace:*' } }) },
    [],
  ],
  ['owner/name', { 'package.json': manifest({ dependencies: { a: 'left/pad#v1' } }) }, GITHUB],
  ['github:', { 'package.json': manifest({ devDependencies: { a: 'github:left/pad' } }) }, GITHUB],
  [
    'git+https',
    { 'package.json': manifest({ dependencies: { a: 'git+https://git.shop.example:8443/a.git#main' } }) },
    ['git.shop.example:8443'],
  ],
  [
    'a package that fetches',
    { 'package.json': manifest({ devDependencies: { cypress: '^13' } }) },
    ['download.cypress.io'],
  ],
  [
    '.npmrc',
    {
      '.npmrc':
        '//x/:_authToken=TOKEN\n@shop:registry = https://npm.shop.example/\nregistry=https://registry.npmjs.org/\n',
    },
    ['npm.shop.example'],
  ],
  ['.yarnrc.yml', { '.yarnrc.yml': 'npmRegistryServer: "https://npm.shop.example"\n' }, ['npm.shop.example']],
  [
    'requirements.txt',
    {
      'requirements.txt':
        '--extra-index-url https://pypi.shop.example/simple\na @ git+https://github.com/a/a\nb==1 # see https://docs.example/\n',
    },
    ['pypi.shop.example', 'github.com'],
  ],
  [
    'pyproject.toml',
    {
      'pyproject.toml':
        '[project.urls]\nurl = "https://home.example"\n[[tool.uv.index]]\nurl = "https://pypi.shop.example/simple"\n',
    },
    ['pypi.shop.example'],
  ],
  [
    'Cargo.toml',
    {
      'Cargo.toml':
        '[package]\nrepository = "https://github.com/a/b"\n[dependencies]\na = { git = "https://gitlab.com/a/a" }\n',
    },
    ['gitlab.com'],
  ],
  ['composer.json', { 'composer.json': '{}' }, ['api.github.com', 'codeload.github.com']],
  ['gradlew', { gradlew: '' }, ['github.com', 'release-assets.githubusercontent.com']],
];
for (const [what, files, hosts] of rows)
  test(`by ${what} setup needs ${hosts.join(', ') || 'nothing more'}`, () =>
    assert.deepEqual(wanted(files), hosts));

test('no address, no neighbour of this machine and nothing odd is ever offered, and not more than a few', () => {
  const odd = [
    'http://169.254.169.254/',
    'http://localhost:8080/',
    'http://2130706433/',
    'http://[::1]/',
    'http://metadata.google.internal/',
  ];
  const more = [
    'https://router.lan/',
    'https://printer.local/',
    'https://intranet/',
    'ftp://a.example/',
    'https://x\u0007.example/',
  ];
  for (const url of [...odd, ...more]) assert.deepEqual(wanted({ '.npmrc': `registry=${url}\n` }), [], url);
  const many = Object.fromEntries(
    Array.from({ length: 50 }, (_, n) => [`p${n}`, `https://h${n}.example/a.tgz`]),
  );
  assert.equal(wanted({ 'package.json': manifest({ dependencies: many }) }).length, 16);
});

test('a host of the repository’s own choosing is not among those that everybody fetches from', () => {
  const said = hostsWanted([folderOf({ '.npmrc': 'registry=https://npm.evil.example/\n', gradlew: '' })]);
  assert.deepEqual(
    said.map(({ host, isCommon }) => [host, isCommon]),
    [
      ['npm.evil.example', false],
      ['github.com', true],
      ['release-assets.githubusercontent.com', true],
    ],
  );
});

import assert from 'node:assert/strict';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { offerFor, toolchainVariables } from './toolchains.ts';

const HOME = '/home/o';
const ANY = (folder: string): boolean => !folder.startsWith('/run/');

/** Where a program is found on PATH, what that leads to, and the folders that have to be shown. */
const rows: [string, string, string, readonly string[]][] = [
  ['nvm', '~/.nvm/versions/node/v24.1.0/bin/node', '~/.nvm/versions/node/v24.1.0/bin/node', ['~/.nvm']],
  [
    'fnm',
    '/run/user/1000/fnm_multishells/7_1/bin/node',
    '~/.local/share/fnm/node-versions/v24.1.0/installation/bin/node',
    ['~/.local/share/fnm'],
  ],
  ['volta', '~/.volta/bin/node', '~/.volta/bin/volta-shim', ['~/.volta']],
  ['pyenv', '~/.pyenv/shims/python3', '~/.pyenv/shims/python3', ['~/.pyenv']],
  ['rustup', '~/.cargo/bin/cargo', '~/.cargo/bin/rustup', ['~/.cargo/bin', '~/.rustup']],
  [
    'sdkman',
    '~/.sdkman/candidates/java/current/bin/java',
    '~/.sdkman/candidates/java/21/bin/java',
    ['~/.sdkman'],
  ],
  [
    'mise',
    '~/.local/share/mise/installs/go/1.24/bin/go',
    '~/.local/share/mise/installs/go/1.24/bin/go',
    ['~/.local/share/mise'],
  ],
  ['asdf', '~/.asdf/shims/mix', '~/.asdf/shims/mix', ['~/.asdf']],
  ['pnpm', '~/.local/share/pnpm/pnpm', '~/.local/share/pnpm/pnpm', ['~/.local/share/pnpm']],
  ['npm', '~/.npm-global/bin/yarn', '~/.npm-global/lib/node_modules/yarn/bin/yarn.js', ['~/.npm-global']],
  ['go', '~/sdk/go1.24/bin/go', '~/sdk/go1.24/bin/go', ['~/sdk']],
  ['bun', '~/.bun/bin/bun', '~/.bun/bin/bun', ['~/.bun/bin']],
  ['deno', '~/.deno/bin/deno', '~/.deno/bin/deno', ['~/.deno/bin']],
  ['~/.local/bin', '~/.local/bin/uv', '~/.local/bin/uv', ['~/.local/bin']],
  [
    'pipx',
    '~/.local/bin/poetry',
    '~/.local/share/pipx/venvs/poetry/bin/poetry',
    ['~/.local/bin', '~/.local/share/pipx'],
  ],
  ['/opt/go/bin', '/opt/go/bin/go', '/opt/go/bin/go', ['/opt/go']],
];
const inHome = (path: string): string => path.replace(/^~/, HOME);

for (const [name, file, real, folders] of rows) {
  test(`a program of ${name} runs once ${folders.join(' and ')} ${folders.length > 1 ? 'are' : 'is'} shown`, () => {
    const at = { program: 'x', file: inHome(file), real: inHome(real), folder: dirname(inHome(file)) };
    const offer = offerFor(at, HOME, ANY);
    assert.deepEqual(offer?.folders, folders.map(inHome));
    assert.equal(offer?.name, inHome(name));
  });
}

test('a folder on PATH that is a link of one session is not shown, but what it leads to', () => {
  const held = `${HOME}/.local/share/fnm/node-versions/v24.1.0/installation/bin`;
  const file = `${HOME}/.local/state/fnm_multishells/7_1/bin/node`;
  const at = { program: 'node', file, real: `${held}/node`, folder: held };
  assert.deepEqual(offerFor(at, HOME, ANY)?.folders, [`${HOME}/.local/share/fnm`]);
});

test('nothing is offered that may not be shown, and the folder above a tool only where it may', () => {
  const at = { program: 'x', file: `${HOME}/bin/x`, real: `${HOME}/bin/x`, folder: `${HOME}/bin` };
  assert.deepEqual(offerFor(at, HOME, (folder) => folder !== HOME)?.folders, [`${HOME}/bin`]);
  assert.equal(
    offerFor(at, HOME, () => false),
    undefined,
  );
});

test('programs of a shown toolchain are told where it lies, as the home inside is another', () => {
  const told = toolchainVariables(['/home/o/.rustup', '/opt/py'], HOME, {
    PYENV_ROOT: '/opt/py/env',
    VOLTA_HOME: '/v',
  });
  assert.deepEqual(told, { RUSTUP_HOME: '/home/o/.rustup', PYENV_ROOT: '/opt/py/env' });
});

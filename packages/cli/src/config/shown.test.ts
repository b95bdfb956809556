import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import { type LoadedConfig, loadConfig, NO_FLAGS } from './load.ts';

let home = '';
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'swarm-shown-'));
  for (const folder of [
    '.nvm/bin',
    '.claude',
    '.ssh',
    '.config/swarm',
    '.local/state/swarm/x',
    '.m2/repository',
    'shop',
  ]) {
    await mkdir(join(home, folder), { recursive: true });
  }
  await symlink('.ssh', join(home, 'harmless'));
});
after(() => rm(home, { recursive: true }));

async function load(toml: string, repositoryToml?: string): Promise<LoadedConfig> {
  await writeFile(join(home, '.config/swarm/config.toml'), toml);
  await writeFile(join(home, 'shop', 'swarm.toml'), repositoryToml ?? '');
  const repository = join(home, 'shop');
  return loadConfig({ env: { HOME: home }, repository, flags: NO_FLAGS, isTrustGiven: false });
}

async function refused(toml: string, repositoryToml?: string): Promise<string> {
  const error = await load(toml, repositoryToml).then(
    () => assert.fail(`accepted: ${toml}${repositoryToml ?? ''}`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof SwarmError, String(error));
  return error.problems.map((p) => `${p.code} ${p.what}: ${p.why}`.replaceAll(home, '<home>')).join('\n');
}

test('a toolchain below the home folder is shown where it lies, and variables are named', async () => {
  const { config } = await load(
    '[sandbox]\nmounts = ["~/.nvm:ro"]\nenv = ["NVM_DIR"]\nsetup_env = ["NPM_TOKEN", "HTTPS_PROXY"]\negress = ["npm.shop.example:4873"]',
  );
  assert.deepEqual(config.shown, {
    mounts: [join(home, '.nvm')],
    env: ['NVM_DIR'],
    setupEnv: ['NPM_TOKEN', 'HTTPS_PROXY'],
    egress: ['npm.shop.example:4873'],
    agentEgress: [],
  });
});

const mounts: [string, string, RegExp][] = [
  ['a folder that is not there', '~/.cargo', /SW0102 .*<home>\/.cargo does not exist/],
  ['the home folder', '~/', /holds the whole home folder/],
  ['a folder above it', '/', /holds the whole home folder/],
  ['keys', '~/.ssh', /it would show <home>\/.ssh/],
  ['the home of an agent that is logged in', '~/.claude', /it would show <home>\/.claude\/.credentials.json/],
  ['a folder that holds keys', '~/.config', /it would show <home>\/.config\/gcloud/],
  ['a repository of a build with its keys beside it', '~/.m2', /it would show <home>\/.m2\/settings.xml/],
  ['a link to keys', '~/harmless:ro', /it would show <home>\/.ssh/],
  ['records of other runs', '~/.local/state/swarm/x', /it would show <home>\/.local\/state\/swarm/],
  ['the host’s processes', '/proc/1', /\/proc is the sandbox’s own/],
  ['a writable folder', '~/.nvm:rw', /nothing is shown writable/],
  ['a relative path', 'tools', /expected an absolute path or one below `~\/`/],
];
for (const [what, path, said] of mounts) {
  test(`showing ${what} is refused, with the reason`, async () => {
    assert.match(await refused(`[sandbox]\nmounts = [${JSON.stringify(path)}]`), said);
  });
}

const KEYED = '[[endpoints]]\nname = "a"\nbase_url = "http://localhost/v1"\nkey_env = "MY_KEY"\n';
const variables: [string, string, RegExp][] = [
  ['an endpoint’s key', 'MY_KEY', /MY_KEY .*holds the key of a model endpoint/],
  ['a provider’s key nobody configured', 'ANTHROPIC_API_KEY', /belongs to a model provider/],
  ['the address of models', 'OPENAI_BASE_URL', /belongs to a model provider/],
  ['what the sandbox sets itself', 'PATH', /the sandbox sets it itself/],
  ['what loads code into every program', 'LD_PRELOAD', /the sandbox sets it itself/],
  ['something that is no name', 'A=B', /expected the name of an environment variable/],
];
for (const [what, name, said] of variables) {
  for (const key of ['env', 'setup_env']) {
    test(`passing ${what} in sandbox.${key} is refused`, async () => {
      assert.match(await refused(`${KEYED}[sandbox]\n${key} = ["${name}"]`), said);
    });
  }
}

const hosts = [
  ...['*.docs.rs', '*:443', 'https://docs.rs', 'docs.rs/x', 'me@docs.rs', 'docs.rs:0', 'docs.rs:65536'],
  ...['docs..rs', '-docs.rs', 'd\u043ecs.rs', '256.1.1.1', '[::1', '', ' docs.rs'],
];
for (const key of ['egress', 'agent_egress'])
  test(`what is no exact host is refused in sandbox.${key}, and one in any form is taken`, async () => {
    for (const host of hosts)
      assert.match(
        await refused(`[sandbox]\n${key} = [${JSON.stringify(host)}]`),
        /expected a host such as "docs\.rs"/,
        host,
      );
    await load(
      `[sandbox]\n${key} = ["*", "docs.rs", "Docs.RS:8443", "10.0.0.5:80", "[::1]:80", "my_host.example"]`,
    );
  });

test('a repository shows nothing of the operator’s machine until it is trusted', async () => {
  assert.match(await refused('', '[sandbox]\nmounts = ["~/.nvm"]'), /SW0309 .* wants to choose sandbox,/);
});

/** The first minute with a repository. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { MAIN } from './support/program.ts';
import { contained, World } from './support/world.ts';

const PROJECT = {
  'package.json': '{"scripts":{"test":"node --test"}}\n',
  'package-lock.json': '{}\n',
};
const fileOf = (world: World): Promise<string> => readFile(join(world.repository, 'swarm.toml'), 'utf8');

test('init --yes writes what it found, says the next command, and the doctor takes the file without being asked to trust it', async (t) => {
  const world = await World.with(t, PROJECT);
  const ended = await world.swarm(['init', '--yes']);
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stdout, /^wrote .*\/swarm.toml\nnext: swarm doctor · /);
  assert.match(await fileOf(world), /^command = "npm test" {3}# found by package-lock\.json, scripts\.test/m);
  const { config } = JSON.parse((await world.swarm(['doctor', '--config', '--json'])).stdout);
  const gate = config.find((row: { key: string }) => row.key === 'gate.command');
  assert.deepEqual([gate.value, gate.source], ['npm test', `${world.repository}/swarm.toml: gate.command`]);
});

test('a swarm.toml that is there is never replaced without --force', async (t) => {
  const world = await World.with(t, { ...PROJECT, 'swarm.toml': '# mine\n' });
  const refused = await world.swarm(['init', '--yes']);
  assert.deepEqual([refused.code, await fileOf(world)], [2, '# mine\n']);
  assert.match(
    refused.stderr,
    /error\[SW0102\]: there is a swarm\.toml already[\s\S]*fix +swarm init --force/,
  );
  assert.equal((await world.swarm(['init', '--yes', '--force'])).code, 0);
  assert.match(await fileOf(world), /npm test/);
});

test('where nobody can be asked, init without --yes refuses and writes nothing', async (t) => {
  const world = await World.with(t, PROJECT);
  const refused = await world.swarm(['init']);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /nobody can be asked: this is no terminal[\s\S]*fix +swarm init --yes/);
  await assert.rejects(fileOf(world), /ENOENT/);
});

test('without a gate to be found the file says where one belongs', async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const ended = await world.swarm(['init', '--yes']);
  assert.equal(ended.code, 0);
  assert.match(ended.stderr, /no gate was found: write one into \[gate\]/);
  assert.match(await fileOf(world), /^# command = "make test"$/m);
});

test('on a terminal each answer can be taken with Enter or typed over, and a no writes nothing', async (t) => {
  const world = await World.with(t, PROJECT);
  const typed = await onTerminal(world, ['make check', '', 'n']);
  assert.match(typed, /must pass before a change lands \[npm test\]/);
  assert.match(typed, /nothing was written/);
  await assert.rejects(fileOf(world), /ENOENT/);
  assert.match(await onTerminal(world, ['make check', '', 'y']), /next: swarm doctor/);
  assert.match(await fileOf(world), /^command = "make check"$/m);
});

// ───────────── toolchains ─────────────

const ELIXIR = { 'mix.exs': 'defmodule Shop.MixProject do\nend\n' };

/** A world whose operator has a toolchain below the home folder: it finds the rest of itself by its own variable. */
async function withAsdf(t: TestContext) {
  const world = await World.with(t, ELIXIR);
  const asdf = join(world.root, 'home', '.asdf');
  await mkdir(join(asdf, 'shims'), { recursive: true });
  await writeFile(join(asdf, 'mix'), 'exit 0\n');
  await writeFile(join(asdf, 'shims', 'mix'), '#!/bin/sh\n. "$ASDF_DATA_DIR/mix"\n', { mode: 0o755 });
  await writeFile(configOf(world), '# mine\n[models]\ndefault = "a"\n');
  return { world, env: { PATH: `${asdf}/shims:${world.environment().PATH}` } };
}

const configOf = (world: World): string => join(world.root, 'config', 'swarm', 'config.toml');

test(
  'a toolchain below the home folder is shown on a yes, in the operator’s own file, and then the gate runs',
  contained,
  async (t) => {
    const { world, env } = await withAsdf(t);
    const before = await world.swarm(['doctor'], { env });
    assert.match(before.stdout, /programs +FAILED +the sandbox has no mix, which the gate starts/);
    assert.match(before.stdout, /^ +\[sandbox\]\n +mounts = \["~\/\.asdf:ro"\]$/m);

    const ended = await world.swarm(['init', '--yes', '--run-gate'], { env });
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stderr, /~\/\.asdf:ro is shown read-only in every sandbox from now on/);
    assert.match(ended.stderr, /programs: the sandbox has mix/);
    assert.match(ended.stderr, /setup run: passed on the base[\s\S]*gate run: passed on the base/);
    assert.equal(
      await readFile(configOf(world), 'utf8'),
      '# mine\n[models]\ndefault = "a"\n\n[sandbox]\nmounts = ["~/.asdf:ro"]\n',
    );
    assert.match(await fileOf(world), /^command = "mix test"/m);
    assert.match((await world.swarm(['doctor'], { env })).stdout, /programs +ok +the sandbox has mix/);
  },
);

test(
  'a program of a version manager goes before one of the same name that the system has',
  contained,
  async (t) => {
    const world = await World.with(t, PROJECT);
    const bin = join(world.root, 'home', '.nvm', 'versions', 'node', 'v24.0.0', 'bin');
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, 'npm'), '#!/bin/sh\necho "the npm of nvm: $*"\n', { mode: 0o755 });
    const env = { PATH: `${bin}:${world.environment().PATH}` };
    const before = await world.swarm(['doctor'], { env });
    assert.match(
      before.stdout,
      /programs +note +the sandbox starts \/usr\/\S*npm, and you \S*\.nvm\/\S*npm; swarm init/,
    );
    assert.match(await onTerminal(world, ['n', '', '', 'n'], env), /and not your own \S*\.nvm\/\S*npm/);
    const ended = await world.swarm(['init', '--yes', '--run-gate'], { env });
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stderr, /~\/\.nvm:ro is shown read-only in every sandbox from now on/);
  },
);

test('a no shows nothing, and the file of the operator stays as it is', contained, async (t) => {
  const { world, env } = await withAsdf(t);
  const typed = await onTerminal(world, ['n', '', '', 'y'], env);
  assert.match(typed, /Show it read-only from now on/);
  assert.match(typed, /the sandbox has no mix: apt-get install -y elixir/);
  assert.equal(await readFile(configOf(world), 'utf8'), '# mine\n[models]\ndefault = "a"\n');
});

test(
  'a gate that wants the network is told so, with what to do, and init ends as the gate did',
  contained,
  async (t) => {
    const asks =
      'fetch("http://registry.shop.example").catch((e) => { console.log(e.cause.message); process.exit(1); })';
    const world = await World.with(t, {
      'package.json': JSON.stringify({ scripts: { test: `node -e '${asks}'` } }),
    });
    const ended = await world.swarm(['init', '--yes', '--run-gate']);
    assert.equal(ended.code, 80);
    assert.match(
      ended.stderr,
      /gate run: the gate `npm test` fails on the base[\s\S]*EAI_AGAIN[\s\S]*fix: gates have no network: let setup fetch/,
    );
    await world.commit({ 'swarm.toml': await fileOf(world) }, 'What swarm knows');
    const run = await world.swarm(await world.plan([{ title: 'Write a', description: 'echo a > a' }]));
    assert.equal(run.code, 80, run.stderr);
    assert.match(run.stderr, /gates have no network: let setup fetch[^\n]*the gate failed on the base/);
  },
);

test('in a folder with a manifest of its own, that is the one that is found', async (t) => {
  const world = await World.with(t, {
    ...PROJECT,
    'tools/lint/go.mod': 'module example.com/lint\n',
    'tools/lint/main.go': '',
    'tools/docs/readme.md': '',
  });
  const found = async (folder: string) => {
    const { stdout } = await world.swarm(['init', '--yes', '--force', '--json'], {
      cwd: join(world.repository, folder),
    });
    const { gate, setup, written } = JSON.parse(stdout);
    assert.equal(written, join(world.repository, 'swarm.toml'));
    return [gate, setup];
  };
  assert.deepEqual(await found('tools/lint'), ['cd tools/lint && go test ./...', null]);
  assert.deepEqual(await found('tools/docs'), ['npm test', 'npm ci']);
});

// ───────────── hosts ─────────────

const WANTING = {
  ...PROJECT,
  'package.json':
    '{"scripts":{"test":"node --test"},"dependencies":{"a":"github:shop/a","b":"https://files.evil.example/b.tgz"}}\n',
};

test('init --yes lets setup reach what everybody fetches from, and only tells of a host of the repository’s own', async (t) => {
  const world = await World.with(t, WANTING);
  await writeFile(configOf(world), '# mine\n[sandbox]\negress = ["npm.shop.example"]\n');
  const ended = await world.swarm(['init', '--yes']);
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(
    ended.stderr,
    /setup may not reach files\.evil\.example \(b of package\.json\); where it should, write/,
  );
  assert.match(ended.stderr, /setup may reach github\.com, codeload\.github\.com from now on/);
  assert.equal(
    await readFile(configOf(world), 'utf8'),
    '# mine\n[sandbox]\negress = ["npm.shop.example","github.com","codeload.github.com"]\n',
  );
  const again = await world.swarm(['init', '--yes', '--force', '--json']);
  assert.deepEqual(JSON.parse(again.stdout).egress, [], 'what is reached is not asked for again');
});

test('on a terminal each host is named with who wants it, and a no lets nothing through', async (t) => {
  const world = await World.with(t, WANTING);
  const before = await readFile(configOf(world), 'utf8');
  const typed = await onTerminal(world, ['n', '', '', 'n']);
  assert.match(
    typed,
    /Setup needs github\.com \(a of package\.json\), [^?]*files\.evil\.example \(b of[^?]*Let it/,
  );
  assert.equal(await readFile(configOf(world), 'utf8'), before);
});

/** What a terminal shows while these lines are typed, each once a question has been asked. */
function onTerminal(
  world: World,
  answers: readonly string[],
  env: Record<string, string> = {},
): Promise<string> {
  const command = `${process.execPath} --conditions=swarm-src ${MAIN} init`;
  return new Promise((resolve, reject) => {
    let shown = '';
    let asked = 0;
    const child = execFile('script', ['-qec', command, '/dev/null'], {
      cwd: world.repository,
      env: world.environment({ TERM: 'dumb', ...env }),
      timeout: 60_000,
    });
    child.stdout!.on('data', (chunk: string) => {
      shown += chunk;
      const questions =
        shown.match(/\[(npm test|mix test|mix local[^\]]*|none|npm ci|y\/N)\] /g)?.length ?? 0;
      for (; asked < questions; asked++) child.stdin!.write(`${answers[asked]}\r`);
    });
    child.on('error', reject).on('close', () => resolve(shown));
  });
}

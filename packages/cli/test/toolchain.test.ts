/** Toolchains and variables of the operator's machine, as gates, agents and setup meet them in the sandbox. */
import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { contained, World } from './support/world.ts';

const TOKEN = 'registry-token-9f8e7d';

/** A world whose operator has a toolchain in a folder of his own, on his PATH, and shows it. */
async function withToolchain(t: TestContext, mounts: string) {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  const bin = join(world.root, 'tools', 'bin');
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'shoptool'), '#!/bin/sh\ntest "$SHOPTOOL_HOME" = there && test -f "$1"\n');
  await chmod(join(bin, 'shoptool'), 0o755);
  await world.configure(`[sandbox]\n${mounts}\nenv = ["SHOPTOOL_HOME"]\nsetup_env = ["REGISTRY_TOKEN"]`);
  const PATH = `${bin}:${world.environment().PATH}`;
  return { world, env: { PATH, SHOPTOOL_HOME: 'there', REGISTRY_TOKEN: TOKEN } };
}

const shown = (root = ''): string => `mounts = ["${root}/tools:ro"]`;
const TASK = { title: 'Write a', description: 'echo a > a.txt; env > env.txt', scope: ['a.txt', 'env.txt'] };

test('a toolchain that is shown runs in the gate; one that is not is not there', contained, async (t) => {
  const { world, env } = await withToolchain(t, '');
  const plan = await world.plan([TASK], '--gate', 'shoptool README.md');
  const without = await world.swarm(plan, { env });
  assert.equal(without.code, 80, without.stderr);
  assert.match(without.stderr, /shoptool: not found/);

  const config = join(world.root, 'config', 'swarm', 'config.toml');
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replace('[sandbox]', `[sandbox]\n${shown(world.root)}`));
  const run = await world.swarm(plan, { env });
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /1 landed/);
});

test('what setup alone is given is met by setup, by no agent and no gate, and stands in no record', async (t) => {
  const { world, env } = await withToolchain(t, '');
  const setup = `test "$REGISTRY_TOKEN" = ${TOKEN} && touch prepared`;
  const gate = 'test -f prepared && test -z "$REGISTRY_TOKEN"';
  const run = await world.swarm(await world.plan([TASK], '--setup', setup, '--gate', gate), { env });
  assert.equal(run.code, 0, run.stderr);
  const seen = await world.git('show', `${await world.branch()}:env.txt`);
  assert.match(seen, /^SHOPTOOL_HOME=there$/m);
  assert.doesNotMatch(seen, /REGISTRY_TOKEN/);
});

test('a token that a failing setup prints is taken out before it is told or written down', async (t) => {
  const { world, env } = await withToolchain(t, '');
  const run = await world.swarm(await world.plan([TASK], '--setup', 'env; exit 3', '--gate', 'true'), {
    env,
  });
  assert.equal(run.code, 78, run.stderr);
  assert.match(run.stderr, /REGISTRY_TOKEN=\[redacted\]/);
  const folder = await world.runFolder();
  for (const file of ['journal.ndjson', 'log.ndjson', 'run.json', 'report.json']) {
    assert.doesNotMatch(await readFile(join(folder, file), 'utf8'), new RegExp(TOKEN), file);
  }
});

/** What package managers leave in the home: a program, a cache, a token. */
const FILLS_HOME = `mkdir -p ~/.local/bin ~/.m2/repository ~/.cache/tool ~/.npm/_cacache
  printf '#!/bin/sh\\ncat ~/.m2/repository/jar ~/.cache/tool/index ~/.npm/_cacache/index' > ~/.local/bin/shoptool
  chmod +x ~/.local/bin/shoptool; echo jar > ~/.m2/repository/jar; echo index > ~/.cache/tool/index
  echo store > ~/.npm/_cacache/index; echo ${TOKEN} > ~/.npmrc`;
const READS_HOME = 'test "$(shoptool | tr -d "\\n")" = jarindexstore && test ! -e ~/.npmrc';

test(
  'what setup left in its home is met by the agent, verify, the gate and the checks alike',
  contained,
  async (t) => {
    const world = await World.with(t, { 'README.md': 'shop\n' });
    await world.configure(`[checks]\ncommand = ${JSON.stringify(`${READS_HOME} && echo checked`)}`);
    const task = { title: 'Write a', description: `${READS_HOME} && shoptool > a.txt`, verify: READS_HOME };
    const run = await world.swarm(await world.plan([task], '--setup', FILLS_HOME, '--gate', READS_HOME));
    assert.equal(run.code, 0, run.stderr);
    assert.equal(await world.git('show', `${await world.branch()}:a.txt`), 'jar\nindex\nstore');
  },
);

test('what one attempt writes into its home is met by no other and by no gate', contained, async (t) => {
  const world = await World.with(t, { 'README.md': 'shop\n' });
  // Its own bench it may spoil: nobody else is to see that.
  await world.configure('[workers]\npre_gate = false');
  const poison =
    'test "$(cat ~/.m2/repository/jar)" = jar && echo poison > ~/.m2/repository/jar && echo "exit 0" > ~/.local/bin/ls';
  const tasks = ['a', 'b'].map((name) => ({
    title: `Write ${name}`,
    description: `${poison}; echo ${name} > ${name}.txt`,
  }));
  const run = await world.swarm(
    await world.plan(tasks, '--setup', FILLS_HOME, '--gate', READS_HOME, '--workers', '1'),
  );
  assert.equal(run.code, 0, run.stderr);
  assert.match(run.stdout, /2 landed/);
});

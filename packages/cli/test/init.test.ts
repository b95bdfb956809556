/** The first minute with a repository. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { MAIN } from './support/program.ts';
import { World } from './support/world.ts';

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

/** What a terminal shows while these lines are typed, each once a question has been asked. */
function onTerminal(world: World, answers: readonly string[]): Promise<string> {
  const command = `${process.execPath} --conditions=swarm-src ${MAIN} init`;
  return new Promise((resolve, reject) => {
    let shown = '';
    let asked = 0;
    const child = execFile('script', ['-qec', command, '/dev/null'], {
      cwd: world.repository,
      env: world.environment({ TERM: 'dumb' }),
      timeout: 60_000,
    });
    child.stdout!.on('data', (chunk: string) => {
      shown += chunk;
      const questions = shown.match(/\[(npm test|none|npm ci|y\/N)\] /g)?.length ?? 0;
      for (; asked < questions; asked++) child.stdin!.write(`${answers[asked]}\r`);
    });
    child.on('error', reject).on('close', () => resolve(shown));
  });
}

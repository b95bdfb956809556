/** What lands is signed as the operator's own git signs; the key is tried before anything begins. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { userState } from './support/untouched.ts';
import { type PlanTask, World } from './support/world.ts';

const exec = promisify(execFile);
const WHO = 'ann@shop.test';
const FILES = { 'README.md': 'shop\n' };
const add = (name: string, description = `echo ${name} > ${name}.txt`): PlanTask => ({
  id: name,
  title: `Add ${name}`,
  description,
  scope: [`${name}.txt`],
});

/** An operator whose commits are signed with a key of this kind. */
async function signsWith(world: World, type: 'ed25519' | 'ecdsa', passphrase = ''): Promise<void> {
  const home = join(world.root, 'home');
  const key = join(home, 'key');
  await exec('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', 'test', '-f', key]);
  await writeFile(join(home, 'allowed'), `${WHO} ${await readFile(`${key}.pub`, 'utf8')}`);
  await writeFile(
    join(home, '.gitconfig'),
    `[user]\n\tname = Ann\n\temail = ${WHO}\n\tsigningKey = ~/key.pub\n[commit]\n\tgpgSign = true\n` +
      '[gpg]\n\tformat = ssh\n[gpg "ssh"]\n\tallowedSignersFile = ~/allowed\n',
  );
}

/** Rejects where git finds one without a good signature by the operator. */
async function allSigned(world: World, range: string): Promise<number> {
  const commits = (await world.git('rev-list', range)).split('\n');
  for (const commit of commits) await world.git('verify-commit', commit);
  return commits.length;
}

/** Without ssh-keygen there is no key to sign with: skipped aloud. */
const isThere = spawnSync('ssh-keygen', ['-?']).error === undefined;
const ssh: { readonly skip?: string } = isThere ? {} : { skip: 'there is no ssh-keygen here' };

test(
  'every commit that lands is signed, a batch’s and an undo’s too, and agents see no key',
  ssh,
  async (t) => {
    const world = await World.with(t, FILES);
    await signsWith(world, 'ed25519');
    await world.configure('[workers]\nmax = 4\npre_gate = false\n');
    const names = ['a', 'b', 'c', 'd'];
    const tasks = [...names.map((name) => add(name)), add('env', 'env > env.txt')];
    const args = await world.plan(tasks, '--gate', 'sleep 1');
    const env = { SSH_AUTH_SOCK: join(world.root, 'agent') };

    const run = await world.swarm(args, { env });

    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stderr, /^signed: what lands, by commit\.gpgsign \(ssh\)$/m);
    const branch = await world.branch();
    assert.doesNotMatch(await world.git('show', `${branch}:env.txt`), /SSH_AUTH_SOCK|SSH_ASKPASS|GNUPG/);
    assert.ok((await allSigned(world, `main..${branch}`)) >= tasks.length);
    assert.notEqual(await world.git('rev-list', '--merges', `main..${branch}`), '', 'a batch landed');
    assert.equal((await world.swarm(['undo', 't1'])).code, 0);
    assert.equal(await world.git('log', '-1', '--format=%s %G?', branch), 'Undo t1: Add a G');
    assert.equal((await world.swarm(['verify'])).code, 0);
  },
);

test(
  'killed at any point and resumed, each task has landed once, though no signature is the same twice',
  ssh,
  async (t) => {
    const world = await World.with(t, FILES);
    await signsWith(world, 'ecdsa');
    await world.configure('[workers]\npre_gate = false\n');
    const gate = `[ ! -e b.txt ] || until [ -e ${world.root}/go ]; do sleep 0.05; done`;
    const args = await world.plan(
      [add('a'), add('b')],
      '--gate',
      gate,
      '--sandbox',
      'none',
      '--workers',
      '1',
    );
    const run = world.start(args);
    await run.line(/landed t1/);
    await run.line(/t2\.1 delivered/);
    run.kill('SIGKILL');
    await run.ended;
    await world.release();
    const config = join(world.root, 'home', '.gitconfig');
    await rename(config, `${config}.away`);
    const without = await world.swarm(['resume']);
    assert.equal(without.code, 78, 'a run that signs lands nothing unsigned');
    assert.match(without.stderr, /error\[SW0313\][\s\S]*fix +git config --global commit\.gpgsign true/);
    await rename(`${config}.away`, config);

    const resumed = await world.swarm(['resume']);

    assert.equal(resumed.code, 0, resumed.stderr);
    const branch = await world.branch();
    assert.equal(await allSigned(world, `main..${branch}`), 2);
    assert.equal((await world.swarm(['verify'])).code, 0);
  },
);

test(
  'a key that is locked is refused before anything begins, with what to do; sign = "never" goes without',
  ssh,
  async (t) => {
    const world = await World.with(t, FILES);
    await signsWith(world, 'ed25519', 'secret');
    const args = await world.plan([add('a')], '--gate', 'true');
    const before = await userState(world);

    const refused = await world.swarm(args);

    assert.equal(refused.code, 78, refused.stderr);
    assert.match(refused.stderr, /error\[SW0313\]: a commit cannot be signed[\s\S]*fix +ssh-add/);
    assert.deepEqual(await userState(world), before);
    assert.deepEqual(await readdir(join(world.root, 'state')), []);
    const doctor = await world.swarm(['doctor']);
    assert.match(doctor.stdout, /^signing +FAILED +a commit cannot be signed/m);
    await world.configure('[deliver]\nsign = "never"\n');
    const unsigned = await world.swarm(args);
    assert.equal(unsigned.code, 0, unsigned.stderr);
    await assert.rejects(allSigned(world, `main..${await world.branch()}`));
  },
);

test('a program a repository names for signing is never started', ssh, async (t) => {
  const world = await World.with(t, FILES);
  const evil = join(world.root, 'evil');
  await writeFile(evil, `#!/bin/sh\ntouch ${world.root}/owned\n`, { mode: 0o755 });
  for (const key of ['gpg.program', 'gpg.ssh.program', 'gpg.ssh.defaultKeyCommand'])
    await world.git('config', key, evil);
  await world.git('config', 'commit.gpgsign', 'true');
  const args = await world.plan([add('a')], '--gate', 'true');

  const asked = await world.swarm(args);

  assert.equal(asked.code, 0, asked.stderr);
  assert.match(asked.stderr, /commit\.gpgsign is set in the repository, where it does not count/);
  assert.ok(!(await readdir(world.root)).includes('owned'));
  await signsWith(world, 'ed25519');
  const signed = await world.swarm(args);
  assert.equal(signed.code, 0, signed.stderr);
  assert.match(signed.stderr, /^signed: what lands/m);
  assert.ok(!(await readdir(world.root)).includes('owned'));
});

/** Signed landings, with keys made for the test and git's own word on every signature. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import type { CommitId } from '@swarm/core/model/ids';
import {
  commitOf,
  git,
  IDENTITY,
  LAND,
  landing,
  makeRepo,
  RUN,
  tempDir,
  type World,
  work,
  world,
} from '../test/world.ts';
import { openHub } from './hub.ts';
import { nameOf } from './loose.ts';
import { readSigning, type Signing, trySigning } from './signing.ts';

const PATH = process.env.PATH!;
const run = (program: string, args: readonly string[], env: Record<string, string> = {}): string =>
  execFileSync(program, args, { env: { PATH, ...env }, encoding: 'utf8', stdio: 'pipe' });

interface Key {
  readonly home: string;
  readonly signing: Signing;
  readonly env: Record<string, string>;
}

/** @param passphrase empty: whoever has the file can sign. */
function sshKey(t: TestContext, type = 'ed25519', passphrase = ''): Key {
  const home = tempDir(t);
  const file = join(home, 'key');
  run('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', 'test', '-f', file]);
  writeFileSync(join(home, 'allowed'), `${IDENTITY.email} ${readFileSync(`${file}.pub`, 'utf8')}`);
  const signing = { format: 'ssh', config: ['gpg.format=ssh', `user.signingkey=${file}`] };
  return { home, signing, env: { PATH, HOME: home } };
}

const signed = (t: TestContext, { signing, env }: Key): Promise<World> =>
  world(t, undefined, { sign: { signing, env } });

/** Fails where git does not find a good signature by one of the allowed signers. */
function isVerified({ stateDir }: World, { home }: Key, commit: string): void {
  const allowed = ['-c', `gpg.ssh.allowedSignersFile=${join(home, 'allowed')}`];
  git(join(stateDir, 'hub.git'), ...allowed, 'verify-commit', commit);
}

const candidate = (w: World, onto: CommitId, from: CommitId, name = 't1.1') =>
  w.hub.buildCandidate({ onto, work: from, message: () => landing(name), atSeconds: 1_700_000_000 });

async function built(w: World, onto: CommitId, from: CommitId, name?: string) {
  const made = await candidate(w, onto, from, name);
  assert(made.kind === 'clean');
  return { parent: onto, commit: made.commit, tree: made.tree };
}

/** Without the program that makes the key there is nothing to try: skipped aloud. */
function without(program: string): { readonly skip?: string } {
  const isMissing = spawnSync(program, ['--help']).error !== undefined;
  return isMissing ? { skip: `there is no ${program} here` } : {};
}
const ssh = without('ssh-keygen');

test(
  'landings, the members of a batch, its merge and undos are signed; git finds each signature good',
  ssh,
  async (t) => {
    const key = sshKey(t);
    const w = await signed(t, key);
    const [a, b] = [
      await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }),
      await work(w, 't2.1', w.base, { 'b.txt': 'two\n' }),
    ];

    const first = await built(w, w.base, a);
    const second = await built(w, first.commit, b, 't2.1');
    const seal = await w.hub.sealBatch({
      onto: w.base,
      tip: second.commit,
      message: () => 'Land 2 tasks: t1, t2\n',
      atSeconds: 1_700_000_000,
    });
    assert.equal((await w.hub.publish({ parent: w.base, ...seal })).kind, 'published');
    const undo = await w.hub.buildRevert({
      onto: seal.commit,
      commits: [first.commit],
      message: () => 'Undo t1\n',
      atSeconds: 1_700_000_000,
    });
    assert(undo.kind === 'clean');

    for (const commit of [first.commit, second.commit, seal.commit, undo.commit]) isVerified(w, key, commit);
    assert.throws(() => isVerified(w, key, a), 'an attempt’s own commits are not');
    assert.deepEqual(
      (await w.hub.landedSince(w.base, commitOf(await w.hub.targetHead()))).map((mark) => mark.task),
      ['t1', 't2'],
    );
  },
);

test('what is signed is the very commit that would be made unsigned', ssh, async (t) => {
  const w = await signed(t, sshKey(t));
  const plain = await openHub({
    stateDir: join(w.dir, 'plain'),
    repository: w.repo,
    run: RUN,
    target: 'main',
    landOn: LAND,
    identity: IDENTITY,
  });
  const { commit } = await built(w, w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }));
  const { commit: unsigned } = await built(
    { ...w, ...plain },
    w.base,
    await work(plain, 't1.1', w.base, { 'a.txt': 'two\n' }),
  );
  const whole = git(join(w.stateDir, 'hub.git'), 'cat-file', 'commit', commit);
  const without = whole.replace(/^gpgsig .*\n(?: .*\n)*/m, '');
  assert.notEqual(whole, without);
  assert.equal(nameOf({ type: 'commit', body: Buffer.from(`${without}\n`) }, 'sha1'), unsigned);
});

for (const type of ['ed25519', 'ecdsa']) {
  test(
    `a ${type} candidate that is built again is the same until a restart, and lands once after it`,
    ssh,
    async (t) => {
      const key = sshKey(t, type);
      const w = await signed(t, key);
      const from = await work(w, 't1.1', w.base, { 'a.txt': 'two\n' });
      const first = await built(w, w.base, from);
      assert.equal((await built(w, w.base, from)).commit, first.commit);
      assert.equal((await w.hub.publish(first)).kind, 'published');

      // As after a `kill -9` between publication and record: the target's trailers are the truth.
      const again: World = { ...w, ...(await w.reopen()) };
      const second = await built(again, w.base, from);
      assert.equal(
        second.commit === first.commit,
        type === 'ed25519',
        'only some signatures are the same twice',
      );
      assert.equal(second.tree, first.tree);
      assert.deepEqual(
        await again.hub.publish(second),
        type === 'ed25519' ? { kind: 'published' } : { kind: 'moved', head: first.commit },
      );
      const marks = await again.hub.landedSince(w.base, first.commit);
      assert.deepEqual(
        marks.map((mark) => mark.task),
        ['t1'],
      );
      isVerified(again, key, first.commit);
    },
  );
}

test('a key an agent holds signs, though its file needs a passphrase', ssh, async (t) => {
  const key = sshKey(t, 'ed25519', 'secret');
  const socket = join(key.home, 'agent');
  const pid = /SSH_AGENT_PID=(\d+)/.exec(run('ssh-agent', ['-s', '-a', socket]))![1]!;
  t.after(() => void process.kill(Number(pid)));
  writeFileSync(join(key.home, 'ask'), '#!/bin/sh\necho secret\n');
  chmodSync(join(key.home, 'ask'), 0o700);
  const asked = { SSH_AUTH_SOCK: socket, SSH_ASKPASS: join(key.home, 'ask'), SSH_ASKPASS_REQUIRE: 'force' };
  run('ssh-add', ['-q', join(key.home, 'key')], asked);

  await trySigning(key.signing, IDENTITY, { ...key.env, SSH_AUTH_SOCK: socket });
  const w = await world(t, undefined, {
    sign: { signing: key.signing, env: { ...key.env, SSH_AUTH_SOCK: socket } },
  });
  isVerified(w, key, (await built(w, w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }))).commit);
});

test(
  'a key that is locked, or not there, is one refusal that says how to unlock it; nobody is asked',
  ssh,
  async (t) => {
    const locked = sshKey(t, 'ed25519', 'secret');
    const gone = { ...locked.signing, config: ['gpg.format=ssh', 'user.signingkey=/nonexistent/key'] };
    const noProgram = {
      ...locked.signing,
      config: [...locked.signing.config, 'gpg.ssh.program=/nonexistent'],
    };
    for (const signing of [locked.signing, gone, noProgram]) {
      await assert.rejects(trySigning(signing, IDENTITY, locked.env), (error) => {
        assert(error instanceof SwarmError);
        const [problem] = error.problems;
        assert.deepEqual([problem?.code, error.kind], ['SW0313', 'preflight']);
        assert.match(problem?.fix ?? '', /^ssh-add, .*deliver\.sign = "never"/);
        assert.notEqual(problem?.why, 'git said nothing');
        return true;
      });
    }
    await assert.rejects(signed(t, locked), /SW0313/, 'a hub is not opened for landings it could not sign');
  },
);

test('a gpg key signs too', without('gpg'), async (t) => {
  const home = join(tempDir(t), 'gnupg');
  mkdirSync(home, { mode: 0o700 });
  const env = { PATH, HOME: home, GNUPGHOME: home };
  const who = `${IDENTITY.name} <${IDENTITY.email}>`;
  run('gpg', ['--batch', '--quiet', '--passphrase', '', '--quick-gen-key', who, 'ed25519', 'sign'], env);
  t.after(() => void run('gpgconf', ['--kill', 'all'], env));
  const w = await world(t, undefined, { sign: { signing: { format: 'openpgp', config: [] }, env } });

  const { commit } = await built(w, w.base, await work(w, 't1.1', w.base, { 'a.txt': 'two\n' }));

  const verify = ['-C', join(w.stateDir, 'hub.git'), 'verify-commit', commit];
  execFileSync('git', verify, { env: { ...env, GIT_CONFIG_NOSYSTEM: '1' }, stdio: 'pipe' });
});

test('whether, how and with what is signed is the operator’s to say, never the repository’s', async (t) => {
  const dir = tempDir(t);
  const repo = makeRepo(dir, { 'a.txt': 'one\n' });
  const env = { PATH, HOME: join(dir, 'home'), XDG_CONFIG_HOME: join(dir, 'config') };
  mkdirSync(env.HOME);
  mkdirSync(join(dir, 'config', 'git'), { recursive: true });
  const read = () => readSigning(join(repo, '.git'), env);
  assert.deepEqual(await read(), { signing: undefined, isAskedHere: false });

  for (const [key, value] of [
    ['commit.gpgsign', 'true'],
    ['gpg.program', '/tmp/evil'],
    ['gpg.ssh.program', '/tmp/evil'],
    ['user.signingkey', 'evil'],
  ] as const)
    git(repo, 'config', key, value);
  assert.deepEqual(await read(), { signing: undefined, isAskedHere: true });

  writeFileSync(join(env.HOME, '.gitconfig'), '[commit]\n\tgpgSign\n');
  assert.deepEqual(await read(), { signing: { format: 'openpgp', config: [] }, isAskedHere: false });

  const mine = `[includeIf "gitdir:${repo}/"]\n\tpath = mine\n`;
  writeFileSync(join(dir, 'config', 'git', 'config'), mine);
  writeFileSync(
    join(dir, 'config', 'git', 'mine'),
    '[gpg]\n\tformat = ssh\n[user]\n\tsigningKey = ~/.ssh/id\n',
  );
  assert.deepEqual((await read()).signing, {
    format: 'ssh',
    config: ['gpg.format=ssh', 'user.signingkey=~/.ssh/id'],
  });
  git(repo, 'config', 'commit.gpgsign', 'false');
  assert.equal((await read()).signing?.format, 'ssh', 'the repository cannot turn it off either');
  writeFileSync(join(env.HOME, '.gitconfig'), '[commit]\n\tgpgSign = false\n');
  assert.deepEqual(await read(), { signing: undefined, isAskedHere: false });
});

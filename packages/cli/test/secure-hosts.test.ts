/** Hosts over TLS with identities of their own: who is let in, who is not, and an identity that is changed while work goes on. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { messageServer, noServer, openServer } from './support/message-server.ts';
import { World } from './support/world.ts';

test(
  'home and hosts meet over TLS, each as itself and nobody else; identities are changed while a run goes on, and no attempt is lost',
  noServer,
  async (t) => {
    const world = await World.with(t, { 'README.md': 'shop\n' });
    const server = await messageServer(t, world, { hosts: ['a', 'b'], hasTls: true });
    const { url, ca, otherCa, credsOf } = server;
    const check = (...flags: string[]) =>
      world.swarm(['worker', '--check', '--sandbox', 'none', '--nats', url, ...flags]);
    const open = await openServer(t);
    const [known, strange, without, anothers, nobody, stripped] = await Promise.all([
      check('--name', 'b', '--creds', credsOf('b'), '--ca', ca),
      check('--name', 'b', '--creds', credsOf('b'), '--ca', otherCa),
      check('--name', 'b', '--creds', credsOf('b')),
      check('--name', 'b', '--creds', credsOf('a'), '--ca', ca),
      check('--name', 'b', '--ca', ca),
      world.swarm(['worker', '--check', '--sandbox', 'none', '--name', 'b', '--nats', open]),
    ]);
    assert.match(known.stdout, /^server +tls:.* answers$/m, known.stderr);
    for (const one of [strange, without]) {
      assert.equal(one.code, 74, one.stderr);
      assert.match(
        one.stderr,
        /error\[SW0742\]: the message server at .* cannot be used\n.*certificate[\s\S]*fix +--ca ca\.pem/,
      );
    }
    assert.equal(anothers.code, 74);
    assert.match(
      anothers.stderr,
      /error\[SW0742\]: the message server does not let these credentials be b[\s\S]*swarm\.to\.b[\s\S]*--creds b\.seed/,
    );
    assert.match(nobody.stderr, /error\[SW0742\]: .* cannot be used\n.*uthoriz/);

    // Whoever sits between and says that there is no TLS is told nothing.
    assert.match(stripped.stderr, /error\[SW0742\]: .* cannot be used\n.*does not support 'tls'/);

    const worker = await server.worker('a', '--slots', '2');
    const plan = ['a', 'b'].map((name) => ({
      title: `Write ${name}`,
      description: `touch ${world.root}/at-${name}; until test -e ${world.root}/go; do sleep 0.05; done; echo ${name} > ${name}.txt`,
      scope: [`${name}.txt`],
    }));
    const asHome = ['--gate', 'true', '--sandbox', 'none', ...server.asHome];
    const run = world.start(await world.plan(plan, ...asHome));
    for (const name of ['a', 'b']) await world.until(() => existsSync(join(world.root, `at-${name}`)));
    for (const name of ['a', 'home']) {
      const old = join(world.root, `old-${name}.seed`);
      await copyFile(credsOf(name), old);
      const rotated = await world.swarm(['workers', '--setup', server.folder, '--rotate', name]);
      assert.equal(rotated.code, 0, rotated.stderr);
      assert.notEqual(await readFile(old, 'utf8'), await readFile(credsOf(name), 'utf8'));
      server.reload();
      if (name === 'home') continue;
      await worker.line(/the message server is away/);
      await worker.line(/the message server is there again/);
      const refused = await check('--name', 'a', '--creds', old, '--ca', ca);
      assert.match(refused.stderr, /error\[SW0742\]: .* cannot be used\n.*uthoriz/);
    }
    await run.line(/the message server is there again/);
    await world.release();
    const { code, stderr } = await run.ended;
    assert.equal(code, 0, stderr);
    const journal = await readFile(join(await world.runFolder(), 'journal.ndjson'), 'utf8');
    const ended = [...journal.matchAll(/"type":"attempt\.ended","attempt":"([^"]+)","reason":"([^"]+)"/g)];
    assert.deepEqual(ended.map(([, attempt, reason]) => `${attempt} ${reason}`).sort(), [
      't1.1 handed-in',
      't2.1 handed-in',
    ]);
    assert.equal((await world.swarm(['verify'])).code, 0);
  },
);

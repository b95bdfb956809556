/** The demo as a new user meets it: it lands, and every command it prints next works as it stands. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { MAIN } from './support/program.ts';
import { World } from './support/world.ts';

const run = promisify(execFile);

test('each command that the demo prints next works as it is printed', async (t) => {
  const world = await World.make(t);
  const bin = join(world.root, 'bin');
  await mkdir(bin);
  const words = [process.execPath, '--conditions=swarm-src', MAIN].map((word) => `'${word}'`).join(' ');
  await writeFile(join(bin, 'swarm'), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
  const env = world.environment({ TMPDIR: world.root });

  const { code, stdout, stderr } = await world.swarm(['demo'], { cwd: world.root, env });
  assert.equal(code, 0, stderr);
  const next = stdout.slice(stdout.indexOf('Next:\n')).split('\n').slice(1);
  const commands = next.filter((line) => line.startsWith('  ')).map((line) => line.trim());
  assert.equal(commands.length, 4);
  const said: string[] = [];
  for (const command of commands) {
    const ran = await run('sh', ['-c', command], {
      cwd: world.root,
      env: { ...env, PATH: `${bin}:${env.PATH}` },
    });
    said.push(ran.stdout);
  }
  assert.match(said[0]!, /^Now: landed as /m);
  assert.match(said[1]!, /landed/);
  assert.match(said[2]!, /Swarm-Task|^commit /m);
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { commitOf, git, land, work, world } from '../test/world.ts';

const LANDER = join(import.meta.dirname, '../test/lander.ts');

/** Starts a lander and kills it with SIGKILL the moment it says `step`; returns the landings it had announced. */
async function killAt(step: string, stateDir: string, repo: string, first: number): Promise<string[]> {
  const args = ['--conditions=swarm-src', LANDER, stateDir, repo, String(first)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const landed: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line === step) child.kill('SIGKILL');
    if (line.startsWith('landed ')) landed.push(`t${line.slice(7)}.1`);
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  assert.equal(child.signalCode, 'SIGKILL');
  return landed;
}

for (const step of ['work 2', 'land 2', 'landed 2']) {
  test(`killed at "${step}": what was announced is on the target once, and landing goes on`, async (t) => {
    const w = await world(t);
    const announced = await killAt(step, w.stateDir, w.repo, 1);
    const again = await w.reopen();
    const head = commitOf(await again.hub.targetHead());
    const found = (await again.hub.landedSince(again.base, head)).map((mark) => mark.attempt as string);
    assert.equal(new Set(found).size, found.length);
    assert.deepEqual(found.slice(0, announced.length), announced);
    await land(again, 't9.1', head, await work(again, 't9.1', head, { 't9.txt': '9\n' }));
    for (const place of [w.repo, join(w.stateDir, 'hub.git')]) git(place, 'fsck', '--full', '--strict');
  });
}

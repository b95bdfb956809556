import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { hostileTree, temporary } from '../testing.ts';
import { linux } from './linux.ts';
import type { Platform } from './platform.ts';
import { portable } from './portable.ts';
import { removeByPath } from './remove-by-path.ts';

const PLATFORMS: Readonly<Record<string, Platform>> = {
  ...(process.platform === 'linux' && { '/proc': linux }),
  ps: portable,
};

const MARK = `SWARM_TEST_MARK=${process.pid}`;

/** A process that says when it is there, holds 64 MB, and has a child that has ended and was never asked for. */
async function parent(t: TestContext) {
  const script = `my $pid = fork; exit 0 unless $pid; my $kept = 'x' x 64_000_000; $| = 1; print "$pid\\n"; sleep`;
  const env = { PATH: '/usr/bin:/bin', SWARM_TEST_MARK: String(process.pid) };
  const child = spawn('perl', ['-e', script], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const [line] = await once(child.stdout, 'data');
  return { pid: child.pid!, zombie: Number(String(line)) };
}

async function soon(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(setImmediate);
}

for (const [name, platform] of Object.entries(PLATFORMS)) {
  test(`by ${name}, a process is known by its parent, its mark and what it holds, and a zombie is not alive`, async (t) => {
    const { pid, zombie } = await parent(t);
    await soon(() => platform.processes().get(pid) === process.pid);
    assert.equal(platform.isAlive(pid), true);
    assert.equal(platform.hasBegun(pid), true);
    await soon(() => !platform.isAlive(zombie));
    assert.equal(platform.isAlive(2 ** 22 + 1), false);
    assert.equal(platform.isMarked(pid, [MARK]), true);
    assert.equal(platform.isMarked(pid, [MARK, 'SWARM_OTHER=1']), false);
    assert.equal(platform.isMarked(pid, [MARK.slice(0, -1)]), false);
    assert.deepEqual(platform.marked([MARK]), [pid]);
    assert.deepEqual(platform.markedOf([process.pid, pid, zombie], [MARK]), [pid]);
    assert.ok(platform.named('my $kept').includes(pid));
    assert.deepEqual(platform.named(`nobody-${'x'.repeat(20)}`), []);
    for (const { own, shared } of [platform.memoryAtMost(pid), platform.memoryShare(pid)]) {
      assert.ok(own + shared > 60e6 && own + shared < 200e6, `${own} and ${shared}`);
    }
  });
}

test('by path, a tree goes whatever was made of it, and what its links lead to stays', async (t) => {
  const folder = await temporary(t);
  hostileTree(folder);
  await removeByPath(join(folder, 'tree'));
  await mkdir(join(folder, 'again/closed'), { recursive: true });
  await mkdir(join(folder, 'outside'));
  await writeFile(join(folder, 'outside/file'), '');
  await symlink('../outside', join(folder, 'again/link'));
  await chmod(join(folder, 'again/closed'), 0o555);
  await removeByPath(join(folder, 'again'));
  assert.deepEqual(await readdir(folder), ['outside']);
  assert.deepEqual(await readdir(join(folder, 'outside')), ['file']);
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

/** A process whose work is another one, of which it tells the id; what it does when it is told to stop. */
async function working(t: TestContext, then: string) {
  const from = (file: string) => JSON.stringify(join(import.meta.dirname, file));
  const script = `
    import { spawn } from 'node:child_process';
    import { once } from 'node:events';
    const { endsFirst } = await import(${from('ends-first.ts')});
    await endsFirst(async (signal) => {
      const child = spawn('sleep', ['1000'], { detached: true });
      console.log(child.pid);
      await once(signal, 'abort');
      ${then}
      await once(child, 'close');
      console.log('ended');
    });`;
  const flags = ['--conditions=swarm-src', '--input-type=module', '-e', script];
  const child = spawn(process.execPath, flags, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const [pid] = await once(child.stdout, 'data');
  return { child, pid: Number(String(pid)) };
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} ends what was started first, and then the process as it would have`, async (t) => {
    const { child, pid } = await working(t, `child.kill('SIGKILL');`);
    const said = once(child.stdout, 'data');
    const closed = once(child, 'close');
    child.kill(signal);
    assert.equal(String((await said)[0]), 'ended\n');
    assert.deepEqual(await closed, [null, signal]);
    assert.throws(() => process.kill(pid, 0), /ESRCH/);
  });
}

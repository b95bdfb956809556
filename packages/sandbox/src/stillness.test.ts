import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { linux } from './platform/linux.ts';
import { STILL_LOOKS_MAX, Stillness } from './stillness.ts';

const dues = (...told: readonly string[]): string => {
  const stillness = new Stillness();
  return told.map((one) => (stillness.isDue(one) ? 'look' : '-')).join(' ');
};

test('a tree is looked at when something changed, once more, and then seldom', () => {
  assert.equal(dues('a', 'a', 'a', 'a', 'b', 'b', 'b'), 'look look - - look look -');
  const seen = dues(...Array.from({ length: 2 * STILL_LOOKS_MAX + 1 }, () => 'a')).split(' ');
  const looks = seen.flatMap((one, i) => (one === 'look' ? [i] : []));
  assert.deepEqual(looks, [0, 1, STILL_LOOKS_MAX, 2 * STILL_LOOKS_MAX]);
});

test('where nothing can be told of it, it is looked at every time', () => {
  assert.equal(dues('', '', ''), 'look look look');
});

/** A process that waits for a word, does this, and says so. */
async function waiting(t: TestContext, then: string) {
  const script = `process.stdin.on('data', () => { ${then}; console.log('done') }); console.log('ready')`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

/** As soon as it is told twice the same. */
async function toldOfStill(pid: number): Promise<string> {
  for (let told = linux.told([pid]); ; told = linux.told([pid])) {
    await new Promise(setImmediate);
    if (told === linux.told([pid])) return told;
  }
}

const DOINGS: Readonly<Record<string, string>> = {
  'takes memory': 'globalThis.kept = Buffer.alloc(50e6, 1)',
  'starts another': `require('node:child_process').spawnSync('true')`,
  'writes a file of some size': `require('node:fs').writeFileSync('/dev/null', 'x'.repeat(5e6))`,
};
for (const [name, doing] of Object.entries(DOINGS))
  test(`of a process that ${name} something else is told than before`, async (t) => {
    const child = await waiting(t, doing);
    const before = await toldOfStill(child.pid!);
    assert.notEqual(before, '');
    child.stdin.write('go');
    await once(child.stdout, 'data');
    assert.notEqual(linux.told([child.pid!]), before);
  });

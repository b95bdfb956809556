import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';

/** More than any pipe holds. */
const BYTES = 4 * 1024 * 1024;
const MODULE = join(import.meta.dirname, 'taken.ts');

const saying = `import { taken } from ${JSON.stringify(MODULE)};
process.stdout.on('error', () => {});
process.stdout.write('x'.repeat(${BYTES}));
await taken(process.stdout);
process.exit(0);`;

test('whatever was said reaches a reader that takes its time, and one that went away keeps nobody', async () => {
  const args = ['--conditions=swarm-src', '--input-type=module-typescript', '-e', saying];
  const heard = async (limit: number): Promise<number> => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let bytes = 0;
    child.stdout.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes > limit) child.stdout.destroy();
    });
    const [code] = await once(child, 'close');
    assert.equal(code, 0);
    return bytes;
  };
  assert.equal(await heard(BYTES), BYTES);
  assert.ok((await heard(1_000)) < BYTES);
});

import assert from 'node:assert/strict';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { tempDir } from '../test/world.ts';
import { Git } from './git.ts';

/** A git that does this the first time, and answers after that. */
function gitThat(t: TestContext, first: string) {
  const folder = tempDir(t);
  const file = join(folder, 'git');
  writeFileSync(
    file,
    `#!/bin/sh\nif [ ! -e '${folder}/began' ]; then : >'${folder}/began'; ${first}; fi\necho answer\n`,
  );
  chmodSync(file, 0o755);
  const ask = () =>
    new Git({ PATH: `${folder}:/usr/bin:/bin` }).text({ gitDir: folder }, 'rev-parse', ['HEAD']);
  return { ask, hasBegun: () => existsSync(join(folder, 'began')) };
}

for (const signal of ['INT', 'TERM', 'HUP']) {
  test(`a git that SIG${signal} ended before it said anything is started again: the signal was meant for us`, async (t) => {
    assert.equal(await gitThat(t, `kill -${signal} $$`).ask(), 'answer');
  });
}

test('a git that was ended in the middle, or killed, is told as such', async (t) => {
  await assert.rejects(gitThat(t, 'echo half; kill -INT $$').ask(), /SW0702.*ended by SIGINT/s);
  await assert.rejects(gitThat(t, 'kill -KILL $$').ask(), /SW0702.*ended by SIGKILL/s);
});

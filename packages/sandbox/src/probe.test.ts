import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { probeBubblewrap } from './probe.ts';
import { needs, temporary } from './testing.ts';

test(
  'bubblewrap works on this machine (if not: apt-get install -y bubblewrap)',
  await needs('bubblewrap'),
  async () => {
    assert.deepEqual(await probeBubblewrap(), { kind: 'works', bwrap: '/usr/bin/bwrap' });
  },
);

test('a missing bubblewrap is told with the line that installs it', async (t) => {
  const folder = await temporary(t);
  const probe = await probeBubblewrap(folder);
  assert.deepEqual(probe, {
    kind: 'missing',
    reason: `there is no bwrap in ${folder}`,
    fix: 'apt-get install -y bubblewrap',
  });
});

test('a bubblewrap that is there and does not work is not taken at its word', async (t) => {
  const folder = await temporary(t);
  await writeFile(
    join(folder, 'bwrap'),
    '#!/bin/sh\necho "bwrap: Unknown option --disable-userns" >&2\nexit 1\n',
  );
  await chmod(join(folder, 'bwrap'), 0o755);
  const probe = await probeBubblewrap(folder);
  assert.equal(probe.kind, 'missing');
  assert.match(
    probe.kind === 'missing' ? probe.reason : '',
    /does not work here \(cannot-run\).*Unknown option/,
  );
  assert.match(probe.kind === 'missing' ? probe.fix : '', /^apt-get install -y bubblewrap/);
});

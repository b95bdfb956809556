import assert from 'node:assert/strict';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { findOnPath } from './find-on-path.ts';
import { hostPath, insidePath } from './policy.ts';
import { temporary } from './testing.ts';

const MOUNTS = [
  { host: '/usr', inside: '/usr' },
  { host: '/state/w1', inside: '/workspace' },
  { host: '/state/w1/deps', inside: '/opt/deps' },
];

test('a path is where the innermost mount shows it, and nowhere when none does', () => {
  const rows = [
    ['/usr/bin', '/usr/bin'],
    ['/state/w1', '/workspace'],
    ['/state/w1/a/b', '/workspace/a/b'],
    ['/state/w1/deps/x', '/opt/deps/x'],
    ['/state/w10', undefined],
    ['/usrlocal', undefined],
    ['/', undefined],
  ] as const;
  for (const [host, inside] of rows) {
    assert.equal(insidePath(MOUNTS, host), inside);
    if (inside !== undefined) assert.equal(hostPath(MOUNTS, inside), host);
  }
  assert.equal(insidePath(MOUNTS, '/usr/../state/w1/'), '/workspace');
  assert.equal(insidePath(MOUNTS, '/usr/../etc'), undefined);
  assert.equal(insidePath([{ host: '/tools/', inside: '/opt/x' }], '/tools'), '/opt/x');
  assert.equal(insidePath([{ host: '/', inside: '/host' }], '/etc/x'), '/host/etc/x');
});

test('a program is found in the first folder that has it executable; relative folders are never searched', async (t) => {
  const folder = await temporary(t);
  for (const name of ['plain', 'folder/tool', 'linked', 'last'])
    await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, 'plain/tool'), '');
  await writeFile(join(folder, 'last/tool'), '');
  await chmod(join(folder, 'last/tool'), 0o755);
  await symlink('../last/tool', join(folder, 'linked/tool'));
  const path = ['', '.', 'plain', 'folder', 'linked', 'last'].map((name) =>
    name.length > 1 ? join(folder, name) : name,
  );
  assert.equal(findOnPath('tool', path.join(':')), join(folder, 'linked/tool'));
  assert.equal(findOnPath('../last/tool', path.join(':')), undefined);
  assert.equal(findOnPath('sh', '.:'), undefined);
});

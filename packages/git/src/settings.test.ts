import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Git } from './git.ts';
import { upstreamOf } from './remote.ts';
import { settings } from './settings.ts';

function repository(t: { after: (end: () => void) => void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'swarm-settings-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  execFileSync('git', ['init', '--quiet', '--bare', folder]);
  return folder;
}

test('of a setting that stands twice the last counts, and one without a value is empty', async (t) => {
  const gitDir = repository(t);
  execFileSync('git', ['-C', gitDir, 'config', '--add', 'user.name', 'first']);
  execFileSync('git', ['-C', gitDir, 'config', '--add', 'user.name', 'second = and\na line']);
  const said = await settings(new Git(), { gitDir }, '^(user\\.name|core\\.bare|core\\.nosuch)$');
  assert.deepEqual(
    [...said],
    [
      ['core.bare', 'true'],
      ['user.name', 'second = and\na line'],
    ],
  );
});

test('the upstream of a branch is found whatever characters its name has', async (t) => {
  const gitDir = repository(t);
  for (const name of ['a.b', 'feat/a+b', "it's", 'x{1}', '(y)', 'v$', 'a|b', '<z>', 'Ümlaut']) {
    execFileSync('git', ['-C', gitDir, 'config', `branch.${name}.remote`, 'up']);
    execFileSync('git', ['-C', gitDir, 'config', `branch.${name}.merge`, `refs/heads/of-${name}`]);
    assert.deepEqual(await upstreamOf(new Git(), gitDir, name), { remote: 'up', branch: `of-${name}` });
  }
  assert.deepEqual(await upstreamOf(new Git(), gitDir, 'aXb'), { remote: 'origin', branch: 'aXb' });
});

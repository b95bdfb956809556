/** What commands in the sandbox see of git, and what git lets them do there, under each provider. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { contained, World } from './support/world.ts';

const PATCH = '--- a/list.txt\n+++ b/list.txt\n@@ -1 +1 @@\n-one\n+two\n';

describe('an agent’s git', { concurrency: true }, () => {
  for (const [provider, more] of [
    ['none', {}],
    ['bubblewrap', contained],
  ] as const)
    test(`sees a clean workspace and takes patches, under ${provider}`, more, async (t) => {
      const world = await World.with(t, { 'list.txt': 'one\n', 'bin/run': '#!/bin/sh\n' });
      const seen = 'git diff-files --name-only; git diff-index --name-only HEAD; git status --porcelain';
      const tasks = [
        { title: 'See', description: `said=$(${seen}); printf '%s' "$said" > seen.txt` },
        ...['--index', '--3way', '--cached'].map((how) => ({
          title: `Apply with ${how}`,
          description: `printf '%s' '${PATCH}' | git apply ${how}; git show :list.txt > list${how}.txt; git reset --quiet --hard`,
        })),
        {
          title: 'Set aside',
          description:
            'echo two > list.txt; git stash --quiet; git stash pop --quiet; cp list.txt stashed.txt; git checkout --quiet HEAD -- list.txt',
        },
      ];
      const run = await world.swarm(
        await world.plan(tasks, '--gate', 'true', '--sandbox', provider, '--workers', '1'),
      );
      assert.equal(run.code, 0, run.stderr);
      const branch = await world.branch();
      const files = ['seen.txt', 'list--index.txt', 'list--3way.txt', 'list--cached.txt', 'stashed.txt'];
      const texts = await Promise.all(files.map((file) => world.git('show', `${branch}:${file}`)));
      assert.deepEqual(texts, ['', 'two', 'two', 'two', 'two']);
    });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommitId } from '@swarm/core/model/ids';
import { git, makeRepo, tempDir } from '../test/world.ts';
import { Git } from './git.ts';
import { treeFacts } from './tree-facts.ts';

test('filters that files ask for are named once, wherever that is written, and nothing that only looks like it', async (t) => {
  const repo = makeRepo(tempDir(t), {
    '.gitattributes': '# *.txt filter=none\n*.png filter=lfs diff=lfs merge=lfs -text\n*.bin -filter\n',
    'deep/down/.gitattributes': '*.key filter=crypt\n*.jpg filter=lfs\n',
    'notes.txt': 'a filter=other\n',
  });
  const facts = await treeFacts(new Git(), `${repo}/.git`, git(repo, 'rev-parse', 'HEAD') as CommitId);
  assert.deepEqual(facts, { filters: ['crypt', 'lfs'], alike: [], absent: [] });
});

test('files and folders that some disks take for one are told in pairs', async (t) => {
  const repo = makeRepo(tempDir(t), {
    'Readme.md': '1\n',
    'README.md': '2\n',
    'src/a.ts': 'a\n',
    'Src/b.ts': 'b\n',
    'src-2/a.ts': 'a\n',
    'n\u00e4he.txt': 'c\n',
    'na\u0308he.txt': 'd\n',
  });
  const { alike } = await treeFacts(new Git(), `${repo}/.git`, git(repo, 'rev-parse', 'HEAD') as CommitId);
  assert.deepEqual(
    alike.map((pair) => [...pair].sort().join(' ')).sort(),
    ['"README.md" "Readme.md"', '"Src/" "src/"', '"na\u0308he.txt" "n\u00e4he.txt"'].sort(),
  );
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import type { CommitId } from '@swarm/core/model/ids';
import type { RepositoryReader } from '@swarm/core/ports/git';
import { PLANNER_TOOLS, runPlannerTool } from './planner-tools.ts';

const HEAD = 'b'.repeat(40) as CommitId;
const reader: RepositoryReader = {
  files: async () => [],
  list: async (_, path) => (path === '' ? ['README.md', 'src/'] : []),
  read: async (_, path) => (path === 'README.md' ? 'x'.repeat(30_000) : undefined),
  grep: async (_, pattern) => {
    if (pattern === '(') throw new SwarmError({ code: 'SW0702', what: 'unmatched (' });
    return Array.from({ length: 500 }, (_, i) => `a.ts:${i}:${pattern}`);
  },
  log: async () => ['abc one'],
};
const ask = (name: string, argumentsJson: string): Promise<string> =>
  runPlannerTool(reader, HEAD, { id: '1', name, argumentsJson });

describe('the planner’s tools', () => {
  it('are list, read, grep and git_log, and nothing that writes', () => {
    assert.deepEqual(
      PLANNER_TOOLS.map((t) => t.name),
      ['list', 'read', 'grep', 'git_log'],
    );
  });
  it('read the repository at one commit', async () => {
    assert.equal(await ask('list', '{}'), 'README.md\nsrc/');
    assert.equal(await ask('git_log', ''), 'abc one');
  });
  it('say how much they left out', async () => {
    assert.match(await ask('read', '{"path":"README.md"}'), /\[… 6000 characters left out\]$/);
    assert.match(await ask('grep', '{"pattern":"x"}'), /\[… 100 more\]$/);
  });
  it('answer every mistake in words the model can act on', async () => {
    assert.match(await ask('read', '{"path":"gone"}'), /^error: there is no file gone$/);
    assert.match(await ask('read', '{}'), /^error: read needs a path$/);
    assert.match(await ask('read', '{"path":'), /^error: the arguments are not JSON/);
    assert.match(await ask('read', '[1]'), /^error: the arguments must be an object$/);
    assert.match(await ask('grep', '{"pattern":"("}'), /^error: unmatched \($/);
    assert.match(await ask('rm', '{}'), /^error: there is no tool rm; there are list, read, grep, git_log$/);
  });
});

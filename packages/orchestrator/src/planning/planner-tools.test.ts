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
  read: async (_, path) => (path === 'README.md' ? `${'x'.repeat(99)}\n`.repeat(300) : undefined),
  grep: async (_, pattern) => {
    if (pattern === '(')
      throw new SwarmError({ code: 'SW0702', what: 'git grep failed', why: 'unmatched (' });
    if (pattern.includes('\\') || pattern === 'none') return [];
    return Array.from({ length: 500 }, (_, i) => `a.ts:${i}:${pattern}`);
  },
  log: async () => ['abc one'],
  changes: async () => new Map(),
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
    assert.match(await ask('grep', '{"pattern":"x"}'), /\[… 100 more\]$/);
  });
  it('read a file page by page, each line behind its number', async () => {
    const page = await ask('read', '{"path":"README.md"}');
    assert.match(page, /^README\.md: lines 1-222 of 300\n1\tx{99}\n/);
    assert.match(page, /\[78 more lines: read again with offset 223\]$/);
    assert.match(
      await ask('read', '{"path":"README.md","offset":"300"}'),
      /^README\.md: lines 300-300 of 300\n300\tx/,
    );
    assert.match(await ask('read', '{"path":"README.md","offset":2,"limit":1}'), /lines 2-2 of 300/);
    assert.match(await ask('read', JSON.stringify('{"path":"README.md","limit":1}')), /lines 1-1 of 300/);
    assert.match(
      await ask('read', '{"path":"README.md","offset":301}'),
      /^error: README\.md has only 300 lines$/,
    );
  });
  it('say what an expression of another kind would be, when it finds nothing', async () => {
    assert.match(
      await ask('grep', JSON.stringify({ pattern: 'price\\|v\\d' })),
      /^nothing found: .*perhaps price\|v\[0-9\] is meant$/,
    );
    assert.equal(await ask('grep', JSON.stringify({ pattern: 'price\\(' })), 'nothing found');
    assert.equal(await ask('grep', '{"pattern":"none"}'), 'nothing found');
  });
  it('answer every mistake in words the model can act on', async () => {
    assert.match(await ask('read', '{"path":"gone"}'), /^error: there is no text file gone; list shows/);
    assert.match(await ask('read', '{}'), /^error: read needs a path$/);
    assert.match(await ask('read', '{"path":'), /^error: the arguments are not JSON/);
    assert.match(await ask('read', '[1]'), /^error: the arguments must be an object$/);
    assert.match(await ask('grep', '{"pattern":"("}'), /^error: git grep failed: unmatched \($/);
    assert.equal(await ask('list', '{"path":"gone"}'), 'error: there is no folder gone');
    assert.match(await ask('rm', '{}'), /^error: there is no tool rm; there are list, read, grep, git_log$/);
  });
});

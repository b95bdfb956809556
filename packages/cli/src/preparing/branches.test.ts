import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommitId } from '@swarm/core/model/ids';
import { chooseBranches } from './branches.ts';

const id = (n: number): CommitId => String(n).repeat(40) as CommitId;
const there = ['main', 'feature/b', 'feature/a', 'feature/deep/c', 'fix'].map((name, n) => ({
  name,
  commit: id(n),
}));
const chosen = (...asked: string[]) => chooseBranches(asked, there, 'main').chosen.map((b) => b.name);

test('branches come in the order given, those of a glob by name, each once, and never the target', () => {
  assert.deepEqual(chosen('fix', 'feature/*'), ['fix', 'feature/a', 'feature/b']);
  assert.deepEqual(chosen('feature/b', 'feature/*', '*'), ['feature/b', 'feature/a', 'fix']);
  assert.deepEqual(chosen('**'), ['feature/a', 'feature/b', 'feature/deep/c', 'fix']);
});

test('every word that names no branch is a problem of its own, and nothing is taken for something else', () => {
  const words = ['fixx', 'Feature/A', 'main', 'none/*', '', 'refs/heads/fix', 'fix~1', 'HEAD', '@', '-d'];
  const { chosen: found, problems } = chooseBranches(words, there, 'main');
  assert.deepEqual(found, []);
  assert.deepEqual(
    problems.map((p) => [p.code, p.what.includes(JSON.stringify(words[problems.indexOf(p)]))]),
    words.map(() => ['SW0107', true]),
  );
  assert.match(problems[0]!.why!, /did you mean fix\?/);
  assert.match(problems[1]!.why!, /did you mean feature\/a\?/);
});

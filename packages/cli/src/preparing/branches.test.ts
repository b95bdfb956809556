import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommitId } from '@swarm/core/model/ids';
import { chooseBranches } from './branches.ts';

const id = (n: number): CommitId => String(n).repeat(40) as CommitId;
const there = ['main', 'feature/b', 'feature/a', 'feature/deep/c', 'fix'].map((name, n) => ({
  name,
  commit: id(n),
}));
const NAMES = { there, target: 'main', tags: new Set<string>() };
const chosen = (...asked: string[]) => chooseBranches(asked, NAMES).chosen.map((b) => b.name);

test('branches come in the order given, those of a glob by name, each once, and never the target', () => {
  assert.deepEqual(chosen('fix', 'feature/*'), ['fix', 'feature/a', 'feature/b']);
  assert.deepEqual(chosen('feature/b', 'feature/*', '*'), ['feature/b', 'feature/a', 'fix']);
  assert.deepEqual(chosen('**'), ['feature/a', 'feature/b', 'feature/deep/c', 'fix']);
});

test('every word that names no branch is a problem of its own, and nothing is taken for something else', () => {
  const words = ['fixx', 'Feature/A', 'main', 'none/*', '', 'refs/heads/fix', 'fix~1', 'HEAD', '@', '-d'];
  const { chosen: found, problems } = chooseBranches(words, NAMES);
  assert.deepEqual(found, []);
  assert.deepEqual(
    problems.map((p) => [p.code, p.what.includes(JSON.stringify(words[problems.indexOf(p)]))]),
    words.map(() => ['SW0107', true]),
  );
  assert.match(problems[0]!.why!, /did you mean fix\?/);
  assert.match(problems[1]!.why!, /did you mean feature\/a\?/);
});

/** What is said of a word that names no branch: why, and what to type. */
function said(word: string, from?: string): readonly (string | undefined)[] {
  const theirs = { name: 'origin/theirs', commit: id(7), remote: 'origin' };
  const odd = ['-feature', 'it\u2019s', 'u\u0308ber', 'heads/deep'].map((name) => ({ name, commit: id(8) }));
  const names = { ...NAMES, there: [...there, ...(from ? [] : [theirs]), ...odd], tags: new Set(['v1']) };
  const [problem] = chooseBranches([word], { ...names, ...(from && { from }) }).problems;
  return [problem?.why, problem?.fix];
}

const HINTS: Record<string, readonly [word: string, why: RegExp, fix: string, from?: string]> = {
  'the whole name of a branch': ['refs/heads/fix', /without refs\/heads\//, 'swarm land fix'],
  'a name as git shortens it': ['heads/fix', /without heads\//, 'swarm land fix'],
  'the whole name of one at a remote': [
    'refs/remotes/origin/theirs',
    /without refs\/remotes\//,
    'swarm land origin/theirs',
  ],
  'one that only a remote has': ['theirs', /origin had one/, 'swarm land theirs --from origin'],
  'what is called origin/… here, at origin': [
    'origin/fix',
    /origin itself calls it fix/,
    'swarm land fix --from origin',
    'origin',
  ],
  'a tag': ['v1', /it is a tag/, 'git branch to-land refs/tags/v1, then: swarm land to-land'],
  'the whole name of a tag': [
    'refs/tags/v1',
    /a tag/,
    'git branch to-land refs/tags/v1, then: swarm land to-land',
  ],
  'what is checked out': ['HEAD', /checked out/, 'swarm land "$(git branch --show-current)"'],
  'a commit': ['0123abcd', /not a commit/, 'git branch to-land 0123abcd, then: swarm land to-land'],
  'a commit of a branch': ['fix~2', /fix is one/, 'swarm land fix'],
  'letters composed otherwise': ['\u00fcber', /did you mean/, "swarm land 'u\u0308ber'"],
  'a name with a quote, nearly': ['its', /did you mean/, "swarm land 'it\u2019s'"],
  'a name like an option, nearly': ['-featur', /did you mean/, 'swarm land -- -feature'],
};
for (const [what, [word, why, fix, from]] of Object.entries(HINTS)) {
  test(`${what} is no branch, and the error says what was meant and what to type`, () => {
    const [because, command] = said(word, from);
    assert.equal(command, fix);
    assert.match(because!, why);
  });
}

test('a branch is found under its own name, whatever else git would take that for', () => {
  const odd = ['HEAD', '@', '-x', 'heads/fix', 'refs/heads/fix', 'v1', '0123abcd', 'fix~'];
  const branches = odd.map((name, n) => ({ name, commit: `${n}`.repeat(40) as CommitId }));
  const found = chooseBranches(odd, {
    there: [...branches, ...there],
    target: 'main',
    tags: new Set(['v1']),
  });
  assert.deepEqual(found.chosen, branches);
});

test('a branch that is called like one of a remote is the one that lands, and it is said how to get the other', () => {
  const theirs = { name: 'origin/fix', commit: id(7), remote: 'origin' };
  const names = { ...NAMES, there: [{ name: 'origin/fix', commit: id(8) }, theirs] };
  const { chosen: found, notices } = chooseBranches(['origin/fix'], names);
  assert.deepEqual(
    found.map(({ commit }) => commit),
    [id(8)],
  );
  assert.match(notices.join(), /--from origin fix/);
  assert.equal(chooseBranches(['origin/*'], names).chosen.length, 1);
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { AddedText, RulesSaid, SecretRules } from '@swarm/core/ports/git';
import { attempt, git, save, world, write } from '../test/world.ts';

const FORM = /tok-[0-9a-f]{8}/g;
const [NEW, OLD] = ['tok-5f1e77aa', 'tok-00000001'];
const ONE = attempt('t1.1');

/** One rule, and what it was given. */
function oneRule(allowed = '', bytesMax = 1_000_000) {
  const seen: AddedText[] = [];
  const rules: SecretRules = {
    bytesMax,
    isAllowed: (path) => path === allowed,
    async look(texts): Promise<RulesSaid> {
      seen.push(...texts);
      const hits = texts.flatMap(({ path, bytes }) => {
        const text = Buffer.from(bytes).toString('latin1');
        const line = (at: number) => text.slice(0, at).split('\n').length;
        return [...text.matchAll(FORM)].map(({ 0: value, index }) => ({
          path,
          rule: 'tok',
          value,
          line: line(index),
        }));
      });
      return { kind: 'looked', hits };
    },
    close: async () => {},
  };
  return { rules, seen };
}

type Change = (path: string) => void;

async function taken(t: TestContext, rules: SecretRules, change: Change, files?: Record<string, string>) {
  const w = await world(t, files, { rules });
  const it = await w.workspaces.create({ name: 't1.1', base: w.base, attempt: ONE });
  change(it.path);
  save(w, it);
  const outcome = await w.hub.ingest(ONE);
  const args = ['--git-dir', join(w.stateDir, 'hub.git'), 'cat-file', '--batch-all-objects', '--batch'];
  const hub = execFileSync('git', args, { maxBuffer: 1e9 }).toString('latin1');
  return { outcome, hub };
}

/** Work that git packs for itself is read by git. */
const PACKED: Change = (path) => git(path, 'repack', '-adq');
const commit = (path: string, message: string): void => {
  git(path, 'add', '-A');
  git(path, 'commit', '-qm', message);
};

const PLACES: [string, RegExp, Change][] = [
  [
    'a file',
    /^rule tok finds what looks like a secret in "src\/x y\.ts", line 2$/,
    (path) => write(path, { 'src/x y.ts': `a\n${NEW}\n` }),
  ],
  [
    'a file that a later commit removes',
    /in "gone\.txt", line 1$/,
    (path) => {
      write(path, { 'gone.txt': NEW });
      commit(path, 'One');
      git(path, 'rm', '-q', 'gone.txt');
      write(path, { 'a.txt': 'three\n' });
      commit(path, 'Two');
    },
  ],
  [
    'a message',
    /in "the message of [0-9a-f]{10}", line \d+$/,
    (path) => {
      write(path, { 'a.txt': 'three\n' });
      commit(path, `Use ${NEW}`);
    },
  ],
  [
    'what a merge alone brings',
    /in "m\.txt", line 1$/,
    (path) => {
      git(path, 'checkout', '-qb', 'side');
      write(path, { 's.txt': 'x' });
      commit(path, 'Side');
      git(path, 'checkout', '-q', '-');
      write(path, { 'o.txt': 'x' });
      commit(path, 'Own');
      git(path, 'merge', '-q', '--no-commit', 'side');
      write(path, { 'm.txt': NEW });
      commit(path, 'Merge');
    },
  ],
];
for (const [what, why, change] of PLACES)
  for (const isPacked of [false, true])
    test(`work with what looks like a secret in ${what} is not taken${isPacked ? ', packed too' : ''}`, async (t) => {
      const { outcome, hub } = await taken(t, oneRule().rules, (path) => {
        change(path);
        if (isPacked) {
          if (git(path, 'status', '--porcelain') !== '') commit(path, 'Last');
          PACKED(path);
        }
      });
      assert.equal(outcome.kind, 'secret', JSON.stringify(outcome));
      assert.match(outcome.kind === 'secret' ? outcome.why : '', why);
      assert(!JSON.stringify(outcome).includes(NEW));
      assert(!hub.includes(NEW), 'nothing of it is in the hub');
    });

test('what the base has already is no find, moved and changed around it too; what stands beside it is', async (t) => {
  const before = { 'fixture.txt': `one\n${OLD}\n` };
  const change: Change = (path) => {
    git(path, 'mv', 'fixture.txt', 'moved.txt');
    write(path, { 'moved.txt': `two\n${OLD}\nthree\n` });
  };
  assert.equal((await taken(t, oneRule().rules, change, before)).outcome.kind, 'commit');
  const more: Change = (path) => write(path, { 'fixture.txt': `one\n${OLD}\n${NEW}\n` });
  const { outcome } = await taken(t, oneRule().rules, more, before);
  assert.match(outcome.kind === 'secret' ? outcome.why : '', /"fixture\.txt", line 3$/);
});

test('only what is new is looked at, and a path that may hold anything is not; a copy of it elsewhere is', async (t) => {
  const allowing = oneRule('free.txt');
  const change: Change = (path) => write(path, { 'free.txt': NEW, 'b.txt': 'b' });
  assert.equal((await taken(t, allowing.rules, change)).outcome.kind, 'commit');
  const paths = allowing.seen.map(({ path }) => path).filter((path) => !path.startsWith('the message'));
  assert.deepEqual(paths, ['b.txt']);
  const copied: Change = (path) => write(path, { 'free.txt': NEW, 'src/free.txt': NEW });
  const { outcome } = await taken(t, oneRule('free.txt').rules, copied);
  assert.match(outcome.kind === 'secret' ? outcome.why : '', /"src\/free\.txt"/);
});

test('work that could not be looked through is refused, and says why', async (t) => {
  const unable: SecretRules = {
    ...oneRule().rules,
    look: async () => ({ kind: 'not-looked', why: 'too late' }),
  };
  const { outcome } = await taken(t, unable, (path) => write(path, { 'b.txt': 'b' }));
  assert.match(
    outcome.kind === 'refused' ? outcome.why : '',
    /could not be looked through for secrets: too late/,
  );
  const large: Change = (path) => {
    write(path, { 'b.txt': 'b'.repeat(2_000) });
    commit(path, 'Large');
    PACKED(path);
  };
  const small = await taken(t, oneRule('', 1_000).rules, large);
  assert.match(small.outcome.kind === 'refused' ? small.outcome.why : '', /adds \d+ bytes, more than 1000/);
});

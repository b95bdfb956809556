import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { CommitId } from '@swarm/core/model/ids';
import fc from 'fast-check';
import { git, tempDir } from '../test/world.ts';
import { GrowingLine } from './fork.ts';
import { Git } from './git.ts';
import { Objects } from './objects.ts';

/** Each commit's parents, as how many commits back they are; one that comes before all is none. */
const histories = fc.array(fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 2 }), {
  minLength: 4,
  maxLength: 24,
});
const questions = fc.array(fc.tuple(fc.nat(), fc.nat()), { minLength: 1, maxLength: 12 });

function plant(repository: string, history: readonly (readonly number[])[]): readonly CommitId[] {
  const tree = git(repository, 'hash-object', '-t', 'tree', '-w', '--stdin');
  const commits: CommitId[] = [];
  for (const [at, back] of history.entries()) {
    const parents = [...new Set(back.map((steps) => commits[at - steps]).filter((one) => one !== undefined))];
    const flags = parents.flatMap((parent) => ['-p', parent]);
    commits.push(git(repository, 'commit-tree', ...flags, '-m', String(at), tree) as CommitId);
  }
  return commits;
}

async function opened(t: TestContext) {
  const repository = join(tempDir(t), 'r.git');
  git('/', 'init', '--quiet', '--bare', repository);
  const place = { gitDir: repository };
  const ends = { git: new Git(), hub: place, objects: new Objects(new Git(), place) };
  t.after(() => ends.objects.close());
  return { repository, place, ends };
}

test('a line that grows says where work leaves it as git does, whatever was asked before', async (t) => {
  const { repository, place, ends } = await opened(t);
  await fc.assert(
    fc.asyncProperty(histories, questions, async (history, asked) => {
      const commits = plant(repository, history);
      const pairs = asked.map(
        (pair) => pair.map((n) => commits[n % commits.length]!) as [CommitId, CommitId],
      );
      const line = new GrowingLine(ends);
      const found = await Promise.all(pairs.map(([onto, work]) => line.fork(onto, work)));
      const told = await Promise.all(
        pairs.map(([a, b]) => ends.git.run(place, 'merge-base', ['--all', a, b], { codes: [0, 1] })),
      );
      for (const [i, { stdout }] of told.entries()) {
        const best = stdout.toString().split('\n').filter(Boolean);
        assert(
          best.length === 0 ? !found[i] : best.includes(found[i]!),
          `${pairs[i]}: ${found[i]}, not ${best}`,
        );
      }
    }),
    { numRuns: 20 },
  );
});

test('a line that grows while another question is under way shows that one nothing new', async (t) => {
  const { repository, ends } = await opened(t);
  const commits = plant(repository, [[], ...Array(9).fill([1])]);
  const line = new GrowingLine(ends);
  await line.fork(commits[4]!, commits[9]!);
  const asked = [4, 6, 8].map((onto) => line.fork(commits[onto]!, commits[9]!));
  assert.deepEqual(await Promise.all(asked), [commits[4], commits[6], commits[8]]);
});

test('work of one base, on a target that grows without a merge, starts no git', async (t) => {
  const { repository, ends } = await opened(t);
  const base = 0;
  const grown = 5;
  // The target first, then each work, made from the base.
  const history = [[], ...Array(grown).fill([1]), ...Array.from({ length: 4 }, (_, n) => [grown + 1 + n])];
  const commits = plant(repository, history);
  const works = commits.slice(grown + 1);
  const line = new GrowingLine({ ...ends, git: refusing });
  for (const onto of [1, 1, 3, 2, 5]) {
    for (const work of works) assert.equal(await line.fork(commits[onto]!, work), commits[base]);
  }
});

const refusing = new Proxy(new Git(), {
  get: () => () => Promise.reject(new Error('git was asked')),
});

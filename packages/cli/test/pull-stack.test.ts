/** `--stack`: pull requests that stand on what they depend on, merged from the bottom up. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import type { FakePull, MergeWay } from '@swarm/testkit';
import { type ForgeWorld, withForge } from './support/forge.ts';
import { few } from './support/long.ts';
import { add, deliveryOf, FILES, isOpening, killedAtOpening, PULL, runner } from './support/pulls.ts';
import { World } from './support/world.ts';

const line = (text: string) => `echo ${text} >> shared.txt`;
/** Each adds to the same file, so that a squash of what is below would conflict with what stands on it. */
const CHAIN = [
  add('x', { id: 'x', description: line('x'), scope: ['shared.txt'] }),
  add('y', { id: 'y', description: line('y'), scope: ['shared.txt'], dependsOn: ['x'] }),
  add('z', { id: 'z', description: line('z'), scope: ['shared.txt'], dependsOn: ['y'] }),
];
const ONE_BY_ONE = ['--workers', '1'];

const titled = (forge: ForgeWorld, title: string): FakePull =>
  forge.repository.pulls.find((pull) => pull.title === title)!;

/** What a page of the forge shows of it: since where it left its base. */
const shown = (forge: ForgeWorld, { base, headBranch }: FakePull): Promise<string> =>
  forge.git('diff', '--name-only', `${base}...${headBranch}`);

test('--stack bases each pull request on what its task depends on, or on the target, and shows its own change alone', async (t) => {
  const world = await World.with(t, FILES);
  const forge = await withForge(t, world);
  const tasks = [
    add('a', { id: 'a' }),
    add('b', { id: 'b' }),
    add('c', { id: 'c', dependsOn: ['a'] }),
    add('d', { id: 'd', dependsOn: ['a', 'b'] }),
    add('e', { id: 'e' }),
  ];
  const args = await world.plan(tasks, ...PULL, '--stack', ...ONE_BY_ONE);
  // Killed on its way up: what is open stays, and the rest follows.
  await killedAtOpening(world, forge, args, 'done');

  const run = await world.swarm(['resume'], { env: forge.env });

  assert.equal(run.code, 0, run.stderr + run.stdout);
  const { pulls } = forge.repository;
  const id = (await world.branch()).replace('swarm/', '');
  const of = (title: string) => titled(forge, title);
  // The one that depends on two stands on the later of them, and that one on the other.
  const [early, late] = pulls.filter(({ title }) => /[ab]$/.test(title)) as [FakePull, FakePull];
  assert.deepEqual(
    pulls.map(({ title, base }) => [title, base]).toSorted(),
    [
      [early.title, 'main'],
      [late.title, early.headBranch],
      ['Add c', of('Add a').headBranch],
      ['Add d', late.headBranch],
      ['Add e', 'main'],
    ].toSorted(),
  );
  assert.ok(pulls.every(({ headBranch }) => headBranch.startsWith(`swarm-stack/${id}/t`)));
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    assert.equal(await shown(forge, of(`Add ${name}`)), `${name}.txt`);
    assert.doesNotMatch(of(`Add ${name}`).body, new RegExp(`Add [^${name}]:`));
  }
  assert.match(of('Add c').body, new RegExp(`stands on #${of('Add a').number}: merge that one first`));
  const [first, ...rest] = await Promise.all(
    pulls.map(async (pull) => [await forge.git('rev-parse', pull.headBranch), pull] as const),
  );
  assert.equal(await world.git('cat-file', '-t', first![0]), 'commit', 'the first is the landing itself');
  assert.doesNotMatch(first![1].body, /put together for review/);
  assert.ok(
    rest.some(([, { body }]) =>
      /the gate ran on all that landed, as \w+, and \*\*not on this alone/.test(body),
    ),
  );
  const message = await forge.git('log', '-1', '--format=%B', of('Add e').headBranch);
  assert.match(message, /Swarm-Task: t/);
  assert.doesNotMatch(message, /Swarm-Gate/, 'no gate looked at this very commit');
  // The body tells how long it took; nothing is pushed or opened twice.
  const tips = await forge.git('for-each-ref', 'refs/heads/swarm-stack');
  const calls = forge.fake.calls.length;
  const again = await world.swarm(['pr'], { env: forge.env });
  assert.equal(again.code, 0, again.stderr);
  assert.ok(!forge.fake.calls.slice(calls).some(({ method, path }) => isOpening(method, path)));
  assert.equal(await forge.git('for-each-ref', 'refs/heads/swarm-stack'), tips);
});

for (const how of few(['squash', 'rebase', 'merge'] as const satisfies readonly MergeWay[], 1))
  test(`a stack of three is merged from the bottom up by ${how}: each next one is brought onto the base, and conflicts with nothing`, async (t) => {
    const world = await World.with(t, { ...FILES, 'shared.txt': 'begin\n' });
    const forge = await withForge(t, world);
    await forge.protect('main');
    const run = await world.swarm(await world.plan(CHAIN, ...PULL, '--stack'), { env: forge.env });
    assert.equal(run.code, 0, run.stderr + run.stdout);
    const { pulls } = forge.repository;
    assert.deepEqual(
      pulls.map(({ base }) => base),
      ['main', pulls[0]!.headBranch, pulls[1]!.headBranch],
    );
    for (const [i, pull] of pulls.entries()) {
      // A forge rebases no merge: it takes the lowest so, and the others as a squash.
      const way = how === 'rebase' && i > 0 ? 'squash' : how;
      await forge.fake.state.merge(forge.repository, pull.number, 'helper', way);
      // Some have the branch removed with the merge, which moves what was based on it; else swarm does.
      if (i === 0) await forge.fake.state.dropBranch(forge.repository, pull);
      const next = pulls[i + 1];
      const told = await world.swarm(['pr'], { env: forge.env });
      assert.equal(told.code, 0, told.stderr);
      assert.match(told.stdout, /t1: it was merged by helper/);
      if (!next) continue;
      assert.equal(next.base, 'main');
      const added = await forge.git('diff', `main...${next.headBranch}`);
      assert.deepEqual(added.match(/^[+-][a-z]+$/gm), [`+${'xyz'[i + 1]}`], added);
    }
    assert.equal(await forge.git('show', 'main:shared.txt'), 'begin\nx\ny\nz');
    assert.equal(pulls.length, 3);
    assert.equal((await world.swarm(['verify'])).code, 0);
  });

test('what is merged into a branch that was merged before is told: it is not in the target', async (t) => {
  const world = await World.with(t, FILES);
  const forge = await withForge(t, world);
  const tasks = [add('a', { id: 'a' }), add('b', { id: 'b', dependsOn: ['a'] })];
  const run = await world.swarm(await world.plan(tasks, ...PULL, '--stack'), { env: forge.env });
  assert.equal(run.code, 0, run.stderr + run.stdout);
  await forge.fake.state.merge(forge.repository, 1, 'helper', 'squash');
  await forge.fake.state.merge(forge.repository, 2, 'helper');
  const told = await world.swarm(['pr'], { env: forge.env });
  assert.equal(told.code, 1);
  assert.match(
    told.stderr,
    /t2: it was merged into swarm-stack\/\S+\/t1 after that was merged, and is not in main; git merge/,
  );
});

test('swarm undo takes a task out of its pull request in the stack, and out of what stands on it', async (t) => {
  const world = await World.with(t, FILES);
  const forge = await withForge(t, world);
  const tasks = [add('a', { id: 'a' }), add('b', { id: 'b' }), add('c', { id: 'c', dependsOn: ['a', 'b'] })];
  const run = await world.swarm(await world.plan(tasks, ...PULL, '--stack', ...ONE_BY_ONE), {
    env: forge.env,
  });
  assert.equal(run.code, 0, run.stderr + run.stdout);
  const lowestTask = forge.repository.pulls[0]!.headBranch.split('/').at(-1)!;
  const undone = await world.swarm(['undo', lowestTask, '--with-dependents'], { env: forge.env });
  assert.equal(undone.code, 0, undone.stderr);
  assert.match(undone.stdout, /has it too: a stack of 3/);
  const [lowest, middle, top] = forge.repository.pulls;
  assert.equal(await shown(forge, lowest!), '');
  assert.equal(await shown(forge, middle!), `${middle!.title.at(-1)}.txt`);
  assert.equal(await shown(forge, top!), '');
  const left = await forge.git('ls-tree', '--name-only', top!.headBranch);
  assert.deepEqual(left.split('\n'), ['README.md', `${middle!.title.at(-1)}.txt`]);
  assert.equal((await deliveryOf(world))?.outcome, 'done');
});

/** What the second run's agent does is in its task's description, which is not ours here: a script that knows both. */
const MENDS = [
  "import { appendFileSync, readFileSync } from 'node:fs';",
  "const { title, description } = JSON.parse(readFileSync(process.argv[2], 'utf8'));",
  "if (/Address a comment/.test(title)) appendFileSync('a.txt', 'as asked\\n');",
  "else if (/Make the check/.test(title)) appendFileSync('b.txt', 'mended\\n');",
  "else (await import('node:child_process')).execFileSync('sh', ['-euc', description]);",
].join('\n');

test('a comment and a red check in a stack are worked on where they are, and what stands on it goes with it', async (t) => {
  const world = await World.with(t, FILES);
  await writeFile(`${world.root}/agent.mjs`, MENDS);
  const forge = await withForge(t, world);
  const tasks = [
    add('a', { id: 'a' }),
    add('b', { id: 'b', dependsOn: ['a'] }),
    add('c', { id: 'c', dependsOn: ['b'] }),
  ];
  const run = await world.swarm(await world.plan(tasks, ...PULL, '--stack'), { env: forge.env });
  assert.equal(run.code, 0, run.stderr + run.stdout);
  const { state } = forge.fake;
  const [lowest, middle, top] = forge.repository.pulls;
  const id = (await deliveryOf(world)) && lowest!.headBranch.split('/')[1]!;
  lowest!.onLines.push({
    id: state.nextId(),
    at: state.now(),
    author: 'owner',
    body: 'Say that it was asked for',
    path: 'a.txt',
    line: 1,
  });

  const addressed = await world.swarm(['pr', '--address', '--run', id!], { env: forge.env });

  assert.equal(addressed.code, 0, addressed.stderr + addressed.stdout);
  for (const pull of [lowest!, middle!, top!])
    assert.equal(await forge.git('show', `${pull.headBranch}:a.txt`), 'a\nas asked', pull.title);
  assert.equal(await shown(forge, middle!), 'b.txt');

  for (const pull of [lowest!, top!]) {
    await state.refresh(pull);
    state.check(forge.repository, pull.headCommit, { name: 'build', state: 'success' });
  }
  await state.refresh(middle!);
  state.check(forge.repository, middle!.headCommit, { name: 'build', state: 'failure', summary: 'b is bad' });
  // The forge's own runner: it looks at every new head.
  const looking = runner(async () => {
    for (const pull of [middle!, top!]) {
      await state.refresh(pull);
      if (!forge.repository.checks.has(pull.headCommit))
        state.check(forge.repository, pull.headCommit, { name: 'build', state: 'success' });
    }
  });
  const green = await world.swarm(['pr', '--until-green', '--wait', '20s', '--run', id!], { env: forge.env });
  await looking.stop();
  assert.equal(green.code, 0, green.stderr + green.stdout);
  assert.match(green.stderr, /1 check of .*\/pull\/2 fails: build/);
  assert.equal(green.stdout.match(/all its checks have passed/g)?.length, 3);
  assert.equal(await forge.git('show', `${top!.headBranch}:b.txt`), 'b\nmended');
  assert.equal(await forge.git('log', '--format=%H', lowest!.headBranch, '--', 'b.txt'), '');
});

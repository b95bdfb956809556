/** One task's work and words, landed or not: shown, taken out, and never by a program the repository names. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { onTerminal, startOnTerminal } from './support/terminal.ts';
import { World } from './support/world.ts';

/** The first lands; of the second there is work, and it fails its own check. The third never leaves any. */
const TASKS = [
  { title: 'Write a', description: 'echo one > a.txt; echo "I am done"' },
  { title: 'Write b', description: 'echo two > b.txt', verify: 'false' },
  { title: 'Give up', description: 'false' },
];

/** After a run of them, in a repository that names programs of its own wherever git would run one. */
async function ended(t: TestContext) {
  const world = await World.with(t, {
    'README.md': 'shop\n',
    '.gitattributes': '*.txt diff=own filter=own\n',
  });
  await world.configure('[workers]\nattempts = 1\n');
  const run = await world.swarm(
    await world.plan(TASKS, '--gate', 'true', '--sandbox', 'none', '--workers', '1'),
  );
  assert.equal(run.code, 1, run.stderr);
  const canary = join(world.root, 'canary');
  const program = join(world.root, 'theirs.sh');
  await writeFile(program, `#!/bin/sh\ntouch ${canary}\ncat\n`);
  await chmod(program, 0o755);
  const hooks = join(world.root, 'hooks');
  await mkdir(hooks);
  await writeFile(join(hooks, 'post-checkout'), await readFile(program));
  await chmod(join(hooks, 'post-checkout'), 0o755);
  for (const [key, value] of [
    ['core.pager', program],
    ['pager.diff', program],
    ['diff.external', program],
    ['diff.own.command', program],
    ['diff.own.textconv', program],
    ['filter.own.smudge', program],
    ['core.hooksPath', hooks],
  ] as const)
    await world.git('config', key, value);
  return { world, canary };
}

test('what a task changed is a patch that applies, landed or not', async (t) => {
  const { world, canary } = await ended(t);
  for (const [task, file, text] of [
    ['t1', 'a.txt', 'one\n'],
    ['t2', 'b.txt', 'two\n'],
    ['t2.1', 'b.txt', 'two\n'],
  ] as const) {
    const { code, stdout, stderr } = await world.swarm(['diff', task]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, new RegExp(`^diff --git a/${file} b/${file}$`, 'm'));
    const plain = ['-c', 'filter.own.smudge=', '-c', 'core.hooksPath=/dev/null'];
    execFileSync('git', [...plain, 'apply', '--index', '-'], {
      cwd: world.repository,
      input: stdout,
      env: world.environment(),
    });
    assert.equal(await readFile(join(world.repository, file), 'utf8'), text);
    await world.git('rm', '--quiet', '--force', file);
  }
  const json = JSON.parse((await world.swarm(['diff', 't2', '--json'])).stdout);
  assert.deepEqual([json.task, json.attempt, json.isLanded], ['t2', 't2.1', false]);
  assert.match(json.diff, /\+two/);
  assert.equal(existsSync(canary), false);

  const rows: [string, RegExp][] = [
    ['t3', /SW0108.*t3 has no work to show[\s\S]*t3 is failed, and no attempt at it has left a commit/],
    ['t9', /SW0106.*"t9"[\s\S]*its tasks are t1 to t3/],
    ['t1.7', /SW0106.*"t1\.7"/],
  ];
  for (const [task, text] of rows) {
    const no = await world.swarm(['diff', task]);
    assert.equal(no.code, 2);
    assert.match(no.stderr, text);
  }
  assert.match((await world.swarm(['transcript', 't1'])).stdout, /^t1\.1\n[\s\S]*stdout: I am done$/m);
  const lines = (await world.swarm(['transcript', 't1.1', '--json'])).stdout.trimEnd().split('\n');
  assert.ok(lines.map((line) => JSON.parse(line)).some((line) => line.text === 'I am done'));
  assert.match((await world.swarm(['transcript', 't9'])).stderr, /SW0106/);
});

test('a difference goes through the operator’s pager, and never the repository’s', onTerminal, async (t) => {
  const { world, canary } = await ended(t);
  const screen = startOnTerminal(world, ['diff', 't1'], { PAGER: "sed 's/^/own: /'" });
  assert.equal(await screen.code, 0, screen.text());
  assert.match(screen.text(), /own: .*\+one/);
  const chosen = startOnTerminal(world, ['diff', 't1'], { PAGER: 'false', GIT_PAGER: 'no-such-pager' });
  assert.equal(await chosen.code, 0, chosen.text());
  assert.match(chosen.text(), /^.*\+one/m);
  assert.equal(existsSync(canary), false);
});

test('a task’s work is put on a branch or in a work tree of its own, and what is checked out stays', async (t) => {
  const { world, canary } = await ended(t);
  await world.write({ 'README.md': 'changed and not committed\n' });
  const before = [await world.git('status', '--porcelain'), await world.git('rev-parse', 'HEAD')];
  const run = (await world.runFolder()).split('/').at(-1)!;

  const branch = await world.swarm(['checkout', 't2']);
  assert.equal(branch.code, 0, branch.stderr);
  assert.match(
    branch.stdout,
    new RegExp(`^t2.1 \\(not landed\\) is swarm-work/${run}/t2.1 at [0-9a-f]{10}\nnext: git switch`),
  );
  assert.equal(await world.git('show', `swarm-work/${run}/t2.1:b.txt`), 'two');
  assert.equal((await world.swarm(['checkout', 't2'])).code, 0);

  const folder = join(world.root, 'shop-t2');
  const tree = await world.swarm(['checkout', 't2', '../shop-t2']);
  assert.equal(tree.code, 0, tree.stderr);
  assert.equal(await readFile(join(folder, 'b.txt'), 'utf8'), 'two\n');
  const again = await world.swarm(['checkout', 't1', '../shop-t2']);
  assert.match(again.stderr, /SW0101.*shop-t2 is there already/);

  await world.git('branch', '--force', `swarm-work/${run}/t1.1`, 'main');
  const taken = await world.swarm(['checkout', 't1']);
  assert.match(taken.stderr, /SW0108.*is there and names/);
  assert.equal(await world.git('rev-parse', `swarm-work/${run}/t1.1`), before[1]);

  assert.deepEqual([await world.git('status', '--porcelain'), await world.git('rev-parse', 'HEAD')], before);
  assert.equal(existsSync(canary), false);
  assert.equal((await world.swarm(['clean', '--yes'])).code, 0);
  assert.match((await world.swarm(['diff', 't3'])).stderr, /no work to show/);
});

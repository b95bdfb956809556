/** What stands between a pull request and its merge: drafts, rulesets, approvals, the forge's own queue. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withForge } from './support/forge.ts';
import { add, FILES, isOpening, killedAtOpening, PULL } from './support/pulls.ts';
import { World } from './support/world.ts';

const DRAFTS = '[deliver]\ndraft = true\n';

test('a draft is opened at the first landing, whatever is killed there, and is ready when the run is complete', async (t) => {
  const world = await World.with(t, FILES);
  const forge = await withForge(t, world);
  await world.configure(DRAFTS);
  const args = await world.plan(
    [add('x', { id: 'x' }), add('y', { dependsOn: ['x'] })],
    ...PULL,
    '--trust-repo',
  );
  await killedAtOpening(world, forge, args, 'done');
  const [pull] = forge.repository.pulls;
  assert.deepEqual([pull?.isDraft, pull?.state], [true, 'open']);
  assert.match(pull!.body, /Still open/);

  const run = await world.swarm(['resume'], { env: forge.env });

  assert.equal(run.code, 0, run.stderr + run.stdout);
  assert.equal(forge.repository.pulls.length, 1);
  assert.equal(pull!.isDraft, false);
  assert.match(pull!.body, /Complete/);
  assert.equal(forge.fake.calls.filter(({ method, path }) => isOpening(method, path)).length, 1);
  assert.ok((await world.log()).some(({ event }) => event === 'pull.opened'));
});

for (const dialect of ['github', 'gitlab'] as const)
  test(`a draft of a run that left something undone stays one on ${dialect}, until its checks have passed`, async (t) => {
    const world = await World.with(t, FILES);
    const forge = await withForge(t, world, dialect);
    await world.configure(DRAFTS);
    const tasks = [add('x'), add('bad', { description: 'exit 1' })];
    const run = await world.swarm(await world.plan(tasks, ...PULL, '--trust-repo'), { env: forge.env });
    assert.equal(run.code, 1, run.stderr + run.stdout);
    const [pull] = forge.repository.pulls;
    assert.equal(pull!.isDraft, true);
    const title = pull!.title.replace('Draft: ', '');
    forge.repository.approvals = 1;
    if (dialect === 'github') forge.repository.rulesets.set('main', ['audit']);
    else forge.fake.state.check(forge.repository, pull!.headCommit, { name: 'audit', state: 'pending' });
    const early = await world.swarm(['pr', '--until-green', '--wait', '1s'], { env: forge.env });
    assert.equal(early.code, 1);
    assert.match(early.stderr, /SW0634\]: checks of pull request 1 have not ended: audit/);
    assert.equal(pull!.isDraft, true);

    forge.fake.state.check(forge.repository, pull!.headCommit, { name: 'audit', state: 'success' });
    const green = await world.swarm(['pr', '--until-green', '--wait', '10s'], { env: forge.env });

    assert.equal(green.code, 0, green.stderr);
    assert.match(green.stdout, /all its checks have passed; it is a draft no more; it wants an approval/);
    assert.deepEqual([pull!.isDraft, pull!.title], [false, title]);
  });

test('a pull request in the forge’s own queue is told as such, and nothing is pushed that would take it out', async (t) => {
  const world = await World.with(t, FILES);
  const forge = await withForge(t, world);
  const { repository, fake } = forge;
  const run = await world.swarm(await world.plan([add('x'), add('y')], ...PULL), { env: forge.env });
  assert.equal(run.code, 0, run.stderr + run.stdout);
  repository.queues.set('main', []);
  await fake.state.enqueue(repository, 1);
  const [pull] = repository.pulls;
  const before = await forge.git('rev-parse', pull!.headBranch);

  const told = await world.swarm(['pr'], { env: forge.env });
  assert.equal(told.code, 0, told.stderr);
  assert.match(told.stdout, /\/pull\/1; it waits in the forge’s own queue to be merged, at place 1/);

  pull!.onLines.push({ id: 1, at: 1, author: 'owner', body: 'Name it', path: 'x.txt', line: 1 });
  const address = await world.swarm(['pr', '--address'], { env: forge.env });
  assert.match(
    address.stderr,
    /SW0634\]: pull request 1 waits in the forge’s own queue[\s\S]*takes it out of there/,
  );

  const undone = await world.swarm(['undo', 't1'], { env: forge.env });
  assert.equal(undone.code, 0, undone.stderr);
  assert.match(undone.stdout, /does not have it yet: pull request 1 waits in the forge’s own queue/);
  const held = await world.swarm(['pr'], { env: forge.env });
  assert.equal(held.code, 1);
  assert.match(held.stderr, /pull request 1 waits in the forge’s own queue.*a push would take it out/);
  assert.equal(await forge.git('rev-parse', pull!.headBranch), before);
  assert.deepEqual(repository.queues.get('main'), [1]);

  await fake.state.runQueue(repository, 'main');
  const merged = await world.swarm(['pr'], { env: forge.env });
  assert.equal(merged.code, 0, merged.stderr);
  assert.equal(repository.pulls.length, 2, 'what came since has another one');
  assert.equal(
    await forge.git('diff', '--name-status', `main...${repository.pulls[1]!.headBranch}`),
    'D\tx.txt',
  );
});

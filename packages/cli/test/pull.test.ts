/** `--deliver pr`: one pull request with everything that landed, whatever happens on the way to it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TOKEN, withForge } from './support/forge.ts';
import { few } from './support/long.ts';
import { add, deliveryOf, FILES, isOpening, killedAtOpening, PULL } from './support/pulls.ts';
import { World } from './support/world.ts';

test('swarm run --deliver pr pushes the run’s branch and opens one pull request with the report in it', async (t) => {
  const world = await World.with(t, FILES);
  const forge = await withForge(t, world);
  await forge.protect('main');

  const run = await world.swarm(await world.plan([add('x'), add('y')], ...PULL), { env: forge.env });

  assert.equal(run.code, 0, run.stderr + run.stdout);
  const branch = await world.branch();
  assert.equal(await forge.git('rev-parse', branch), await world.git('rev-parse', branch));
  assert.equal(forge.repository.pulls.length, 1);
  const [pull] = forge.repository.pulls;
  assert.deepEqual([pull?.headBranch, pull?.base, pull?.state], [branch, 'main', 'open']);
  const url = `${forge.fake.web}/acme/shop/pull/1`;
  assert.ok(run.stdout.includes(`delivered to ${url}`), run.stdout);
  for (const part of [
    'What was asked',
    'Not verified',
    'Add x',
    'How to undo',
    'swarm undo t1',
    'Swarm-Run: r-',
  ])
    assert.ok(pull?.body.includes(part), `${part}:\n${pull?.body}`);
  assert.equal((await deliveryOf(world))?.url, url);
  const log = await world.log();
  assert.ok(log.some(({ event }) => event === 'branch.pushed'));
  assert.equal((await world.swarm(['verify'])).code, 0);
  assert.match((await world.swarm(['report'])).stdout, new RegExp(`Delivery \\(pr\\): done; .${url}`));
});

for (const at of ['come', 'done'] as const)
  test(`killed ${at === 'come' ? 'between push and opening' : 'between opening and the journal'}, a run that is resumed has one pull request`, async (t) => {
    const world = await World.with(t, FILES);
    const forge = await withForge(t, world);
    await killedAtOpening(world, forge, await world.plan([add('x')], ...PULL), at);
    assert.equal(forge.repository.pulls.length, at === 'come' ? 0 : 1);
    assert.equal(await deliveryOf(world), undefined);

    const resumed = await world.swarm(['resume'], { env: forge.env });

    assert.equal(resumed.code, 0, resumed.stderr);
    assert.equal(forge.repository.pulls.length, 1);
    assert.equal((await deliveryOf(world))?.url, `${forge.fake.web}/acme/shop/pull/1`);
    assert.equal((await world.swarm(['verify'])).code, 0);
  });

test('limits, failures and a lost answer at every step are outlived, and there is one pull request', async (t) => {
  const world = await World.with(t, FILES);
  const forge = await withForge(t, world);
  const { fake } = forge;
  fake.trouble({ times: 1, how: 'rate-limit', afterSeconds: 1 });
  fake.trouble({ times: 2, how: 'bad-gateway' });
  fake.trouble({ times: 1, how: 'secondary', afterSeconds: 1, match: isOpening });
  fake.trouble({ times: 1, how: 'lost', match: isOpening });
  fake.trouble({
    times: 1,
    how: 'reset',
    match: (method, path) => method === 'GET' && path.includes('/pulls?'),
  });

  const run = await world.swarm(await world.plan([add('x')], ...PULL), { env: forge.env });

  assert.equal(run.code, 0, run.stderr + run.stdout);
  assert.equal(forge.repository.pulls.length, 1);
  assert.deepEqual(
    fake.calls.filter(({ method, path }) => isOpening(method, path)).map(({ status }) => status),
    [0, 201],
  );
});

test('an opening that the forge refuses leaves the branch pushed, and swarm pr opens it later, once', async (t) => {
  const world = await World.with(t, FILES);
  const forge = await withForge(t, world);
  forge.fake.trouble({ times: 1, how: 'forbidden', match: isOpening });

  const run = await world.swarm(await world.plan([add('x')], ...PULL), { env: forge.env });

  assert.equal(run.code, 1, run.stdout);
  assert.match(run.stdout, /not delivered to acme\/shop: the forge refused it: Resource not accessible/);
  const branch = await world.branch();
  assert.equal(await forge.git('rev-parse', branch), await world.git('rev-parse', branch));
  assert.equal((await deliveryOf(world))?.outcome, 'refused');
  for (const _ of [1, 2]) {
    const later = await world.swarm(['pr'], { env: forge.env });
    assert.equal(later.code, 0, later.stderr);
    assert.match(later.stdout, /\/acme\/shop\/pull\/1\n/);
  }
  assert.equal(forge.repository.pulls.length, 1);
  assert.equal((await deliveryOf(world))?.outcome, 'done');
  assert.match((await world.swarm(['status'])).stdout, /complete|landed/);
  assert.equal((await world.swarm(['verify'])).code, 0);
});

test('swarm pr opens the pull request of a run that was for its branch alone, and leaves what a person wrote in it', async (t) => {
  const world = await World.with(t, FILES);
  const forge = await withForge(t, world);
  const run = await world.swarm(await world.plan([add('x')], '--gate', 'true'));
  assert.equal(run.code, 0, run.stderr);
  assert.equal((await world.swarm(['pr'], { env: forge.env })).code, 0);
  const [pull] = forge.repository.pulls;
  pull!.title = 'My own words';
  pull!.body = `See the design.\r\n\r\n${pull!.body.replaceAll('\n', '\r\n')}\r\nTested by hand.`;

  // Without a token the undo is told what is left to do; with one it does that too.
  const mute = await world.swarm(['undo', 't1'], { env: {} });
  assert.equal(mute.code, 0, mute.stderr);
  assert.match(
    mute.stdout,
    /the pull request does not have it yet: the remote origin is of no forge[^\n]*\nnext: swarm pr --run r-/,
  );
  const again = await world.swarm(['pr'], { env: forge.env });
  assert.equal(again.code, 0, again.stderr);
  assert.equal(forge.repository.pulls.length, 1);
  const branch = await world.branch();
  assert.equal(
    await forge.git('rev-parse', branch),
    await world.git('rev-parse', branch),
    'the undo is there too',
  );
  assert.ok(pull!.body.startsWith('See the design.') && pull!.body.endsWith('Tested by hand.'));
  assert.match(pull!.body, /### What landed\s+Nothing\./);
  assert.equal(pull!.title, 'My own words');
});

test('swarm undo of a run that has its pull request brings it there at once', async (t) => {
  const world = await World.with(t, FILES);
  const forge = await withForge(t, world);
  const run = await world.swarm(await world.plan([add('x'), add('y')], ...PULL), { env: forge.env });
  assert.equal(run.code, 0, run.stderr);
  const [pull] = forge.repository.pulls;

  const undone = await world.swarm(['undo', 't1'], { env: forge.env });

  assert.equal(undone.code, 0, undone.stderr);
  assert.match(undone.stdout, /\/acme\/shop\/pull\/1 has it too/);
  assert.equal(await forge.git('diff', '--name-only', `main...${pull!.headBranch}`), 'y.txt');
  assert.doesNotMatch(pull!.body, /<\/b> Add x:/);
  assert.equal((await deliveryOf(world))?.outcome, 'done');
  pull!.state = 'closed';
  const told = await world.swarm(['undo', 't2', '--json'], { env: forge.env });
  assert.equal(told.code, 0, told.stderr);
  assert.match(JSON.parse(told.stdout).pull.detail, /pull request 1 was closed/);
});

test('a fork is pushed to, and the pull request goes to where it came from', async (t) => {
  const world = await World.with(t, FILES);
  const forge = await withForge(t, world);
  const fork = await forge.add('owner/shop', 'acme/shop');
  forge.repository.access.set('owner', 'read');
  const refused = await world.swarm(await world.plan([add('x')], ...PULL), { env: forge.env });
  assert.equal(refused.code, 78);
  assert.match(
    refused.stderr,
    /SW0318\]: the token of GITHUB_TOKEN may not push to acme\/shop[\s\S]*remote\.pushDefault fork/,
  );
  await world.git('remote', 'add', 'fork', `${forge.fake.web}/owner/shop.git`);
  await world.git('config', 'remote.pushDefault', 'fork');

  const run = await world.swarm(await world.plan([add('x')], ...PULL), { env: forge.env });

  assert.equal(run.code, 0, run.stderr);
  assert.deepEqual(
    forge.repository.pulls.map(({ headSlug, base }) => [headSlug, base]),
    [['owner/shop', 'main']],
  );
  assert.equal(fork.pulls.length, 0);
  assert.equal(await forge.git('branch', '--list', 'swarm/*'), '');
});

test('without a forge, a token or the right to push, everything wrong is told before anything begins', async (t) => {
  const world = await World.with(t, FILES);
  const forge = await withForge(t, world);
  const plan = await world.plan([add('x')], ...PULL);
  const none = await world.swarm(plan, { env: {} });
  assert.equal(none.code, 78);
  assert.match(none.stderr, /SW0318\]: the remote origin is of no forge that is known[\s\S]*GH_HOST/);

  const { GITHUB_TOKEN: _, ...rest } = forge.env;
  const noToken = await world.swarm([...plan.slice(0, -1), 'false', '--sandbox', 'nosuch'], { env: rest });
  assert.match(noToken.stderr, /sandbox/);
  const mute = await world.swarm(plan, { env: rest });
  assert.equal(mute.code, 78);
  assert.match(
    mute.stderr,
    /SW0318\]: there is no token for 127\.0\.0\.1:\d+[\s\S]*Contents and Pull requests: write[\s\S]*export GITHUB_TOKEN=<token>/,
  );

  const wrong = await world.swarm(plan, { env: { ...forge.env, GITHUB_TOKEN: 'ghp_n0b0dys' } });
  assert.equal(wrong.code, 77, wrong.stderr);
  assert.match(wrong.stderr, /SW0406\]: the forge at .* rejects the token/);
  assert.ok(!wrong.stderr.includes('ghp_n0b0dys'));

  forge.repository.isArchived = true;
  forge.repository.access.set('owner', 'read');
  const both = await world.swarm(plan, { env: forge.env });
  assert.match(both.stderr, /acme\/shop is archived[\s\S]*may not push to acme\/shop/);
  await assert.rejects(world.runFolder(), 'no run began');
  forge.repository.isArchived = false;
  forge.repository.access.set('owner', 'write');
  await world.configure('[deliver]\nto = "pr"');
  const doctor = await world.swarm(['doctor'], { env: forge.env });
  assert.match(doctor.stdout, /forge +ok +pull requests to main of acme\/shop on 127/);
  assert.match(doctor.stdout, /GITHUB_TOKEN of owner; it takes a fine-grained token with Contents and Pull/);
  assert.ok(!doctor.stdout.includes(TOKEN));
});

test('what a person closed, merged or pushed meanwhile is told, and not fought', async (t) => {
  const world = await World.with(t, FILES);
  const forge = await withForge(t, world);
  await killedAtOpening(world, forge, await world.plan([add('x')], ...PULL), 'done');
  forge.repository.pulls[0]!.state = 'closed';
  forge.repository.pulls[0]!.endedBy = 'helper';

  const closed = await world.swarm(['resume'], { env: forge.env });

  assert.equal(closed.code, 1, closed.stdout);
  assert.match(closed.stdout, /pull request 1 was closed/);
  assert.equal(forge.repository.pulls.length, 1);

  const second = await World.with(t, FILES);
  const other = await withForge(t, second);
  await killedAtOpening(second, other, await second.plan([add('x')], ...PULL), 'done');
  await other.fake.state.merge(other.repository, 1, 'helper');
  const merged = await second.swarm(['resume'], { env: other.env });
  assert.equal(merged.code, 0, merged.stdout);
  assert.match(merged.stdout, /it was merged by helper/);
  assert.equal(other.repository.pulls.length, 1);
});

test('GitLab is asked for a merge request in the same way, and what was closed there is told by name', async (t) => {
  const world = await World.with(t, FILES);
  const forge = await withForge(t, world, 'gitlab');
  await forge.protect('main');

  const run = await world.swarm(await world.plan([add('x')], ...PULL), { env: forge.env });

  assert.equal(run.code, 0, run.stderr + run.stdout);
  assert.match(run.stdout, /delivered to http:\/\/127\.0\.0\.1:\d+\/acme\/shop\/-\/merge_requests\/1/);
  const [pull] = forge.repository.pulls;
  assert.deepEqual([pull?.headBranch, pull?.base], [await world.branch(), 'main']);
  pull!.state = 'closed';
  pull!.endedBy = 'helper';
  const closed = await world.swarm(['pr'], { env: forge.env });
  assert.equal(closed.code, 1);
  assert.match(closed.stderr, /SW0634\]: there is no open pull request of r-[\s\S]*was closed by helper/);
  assert.equal(forge.repository.pulls.length, 1);
});

test('a line is known by its task after a merge, a rebase and a squash, whatever message the forge gives it', async (t) => {
  const world = await World.with(t, FILES);
  const forge = await withForge(t, world);
  const run = await world.swarm(await world.plan([add('x'), add('y')], ...PULL), { env: forge.env });
  assert.equal(run.code, 0, run.stderr);
  const [pull] = forge.repository.pulls;
  const base = await forge.git('rev-parse', 'main');
  const messages = await forge.git('log', '--format=* %B', `main..${pull!.headBranch}`);
  for (const how of few(['squash', 'squash of messages', 'merge', 'rebase'] as const, 2)) {
    await forge.git('update-ref', 'refs/heads/main', base);
    if (how === 'squash of messages')
      await forge.repository.refs.merge('main', pull!.headCommit, 'squash', `Both\n\n${messages}`);
    else {
      pull!.state = 'open';
      await forge.fake.state.merge(forge.repository, pull!.number, 'owner', how);
    }
    await world.git('fetch', '--quiet', 'origin');
    await world.git('reset', '--quiet', '--hard', 'origin/main');
    for (const [file, task] of [
      ['x.txt', 't1'],
      ['y.txt', 't2'],
    ] as const) {
      const told = await world.swarm(['explain', `${file}:1`]);
      assert.match(told.stdout, new RegExp(`task +${task} of r-`), `${how}: ${told.stdout}`);
    }
  }
});

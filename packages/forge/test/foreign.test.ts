/** Second opinions: another forge than ours answers the adapter, and another client than ours asks the fake. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gitlab } from '@gitbeaker/rest';
import { Octokit } from '@octokit/core';
import { validate } from '@octokit/graphql-schema';
import type { PullRequest } from '@swarm/core/ports/forge';
import { FakeForge, MemoryRefs } from '@swarm/testkit';
import { createEmulator } from 'emulate';
import { GitHub } from '../src/github.ts';
import { READY, STANDING } from '../src/github-graphql.ts';
import { realTime } from '../src/testing.ts';

test('a forge that others wrote answers the adapter as ours does: repository, pull request, issue, comments, checks', async (t) => {
  const seed = {
    github: {
      users: [{ login: 'octocat', name: 'Octocat', email: 'octocat@shop.test' }],
      repos: [{ owner: 'octocat', name: 'shop', auto_init: true }],
    },
    tokens: { ghp_0ct0: { login: 'octocat', scopes: ['repo'] } },
  };
  const other = await createEmulator({ service: 'github', port: 0, seed });
  t.after(() => other.close());
  const token = 'ghp_0ct0';
  const rest = new Octokit({ auth: token, baseUrl: other.url });
  const at = { owner: 'octocat', repo: 'shop' };
  const { data: main } = await rest.request('GET /repos/{owner}/{repo}/git/ref/{ref}', {
    ...at,
    ref: 'heads/main',
  });
  await rest.request('POST /repos/{owner}/{repo}/git/refs', {
    ...at,
    ref: 'refs/heads/swarm/r-1',
    sha: main.object.sha,
  });
  const content = Buffer.from('bell\n').toString('base64');
  await rest.request('PUT /repos/{owner}/{repo}/contents/{path}', {
    ...at,
    path: 'bell.txt',
    message: 'Add a bell',
    content,
    branch: 'swarm/r-1',
  });
  const forge = new GitHub({ slug: 'octocat/shop', api: other.url, token, ...realTime() });

  assert.equal((await forge.repository())?.canPush, true);
  const head = { slug: 'octocat/shop', branch: 'swarm/r-1' };
  assert.deepEqual(await forge.findPulls(head), []);
  const outcome = await forge.openPull({ head, base: 'main', title: 'Add a bell', body: 'Because.' });
  assert.equal(outcome.kind, 'opened', JSON.stringify(outcome));
  const { number, headCommit } = (outcome as { pull: PullRequest }).pull;
  assert.equal(await forge.updatePull(number, { body: 'For a reason.' }), undefined);
  assert.deepEqual(
    (await forge.findPulls(head)).map((pull) => [pull.number, pull.body, pull.state]),
    [[number, 'For a reason.', 'open']],
  );
  const run = {
    ...at,
    name: 'build',
    head_sha: headCommit,
    status: 'completed',
    conclusion: 'failure',
  } as const;
  await rest.request('POST /repos/{owner}/{repo}/check-runs', run);
  assert.deepEqual(
    (await forge.checks(headCommit, 'main')).map(({ name, state }) => [name, state]),
    [['build', 'failed']],
  );
  const { data: issue } = await rest.request('POST /repos/{owner}/{repo}/issues', {
    ...at,
    title: 'Broken',
    body: 'It is.',
  });
  assert.equal((await forge.issue(issue.number))?.author, 'octocat');
  await forge.comment('issue', issue.number, 'On it.');
  assert.deepEqual(
    (await forge.comments(issue.number)).map(({ body }) => body),
    ['On it.'],
  );
  await rest.request('PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge', {
    ...at,
    pull_number: number,
    merge_method: 'merge',
  });
  assert.equal((await forge.pull(number))?.state, 'merged');
});

test('GitHub’s own client finds in our forge what it finds in GitHub', async (t) => {
  const fake = await FakeForge.start();
  t.after(() => fake.close());
  const refs = new MemoryRefs();
  refs.set('main');
  refs.set('swarm/r-1');
  fake.add('acme/shop', refs).access.set('owner', 'admin');
  fake.state.tokens.set('ghp_0wn', 'owner');
  const rest = new Octokit({ auth: 'ghp_0wn', baseUrl: fake.api });
  const at = { owner: 'acme', repo: 'shop' };
  const asked = { ...at, title: 'T', head: 'swarm/r-1', base: 'main' };
  const { data: pull, status } = await rest.request('POST /repos/{owner}/{repo}/pulls', asked);
  assert.deepEqual([status, pull.state, pull.head.ref, pull.merged], [201, 'open', 'swarm/r-1', false]);
  await assert.rejects(rest.request('POST /repos/{owner}/{repo}/pulls', asked), { status: 422 });
  await assert.rejects(new Octokit({ auth: 'nobody', baseUrl: fake.api }).request('GET /user'), {
    status: 401,
  });
  const { data: found } = await rest.request('GET /repos/{owner}/{repo}/pulls', {
    ...at,
    head: 'acme:swarm/r-1',
    state: 'all',
  });
  assert.deepEqual(
    found.map(({ number }) => number),
    [pull.number],
  );
  const etag = (await rest.request('GET /repos/{owner}/{repo}', at)).headers.etag;
  await assert.rejects(
    rest.request('GET /repos/{owner}/{repo}', { ...at, headers: { 'if-none-match': etag } }),
    { status: 304 },
  );
});

test('what is asked by GraphQL is right by GitHub’s own description of it, and what is not is found', () => {
  for (const document of [READY, STANDING]) assert.deepEqual(validate(document), []);
  assert.match(
    String(validate(STANDING.replace('isInMergeQueue', 'isQueued'))),
    /Cannot query field "isQueued"/,
  );
});

test('GitHub’s own client makes a draft of our forge ready by GraphQL, and sees its ruleset and its queue', async (t) => {
  const fake = await FakeForge.start();
  t.after(() => fake.close());
  const refs = new MemoryRefs();
  for (const branch of ['main', 'swarm/r-1']) refs.set(branch);
  const repository = fake.add('acme/shop', refs);
  repository.access.set('owner', 'admin');
  repository.rulesets.set('main', ['audit']);
  fake.state.tokens.set('ghp_0wn', 'owner');
  const rest = new Octokit({ auth: 'ghp_0wn', baseUrl: fake.api });
  const at = { owner: 'acme', repo: 'shop' };
  const asked = { ...at, title: 'T', head: 'swarm/r-1', base: 'main', draft: true };
  const { data: pull } = await rest.request('POST /repos/{owner}/{repo}/pulls', asked);
  assert.equal(pull.draft, true);
  const made = await rest.graphql<{ markPullRequestReadyForReview: unknown }>(
    'mutation ($id: ID!) { markPullRequestReadyForReview(input: { pullRequestId: $id }) { pullRequest { isDraft } } }',
    { id: pull.node_id },
  );
  assert.deepEqual(made.markPullRequestReadyForReview, { pullRequest: { isDraft: false } });
  await assert.rejects(rest.graphql(READY, { id: 'PR_nobodys' }), /Could not resolve to a node/);
  const { data: rules } = await rest.request('GET /repos/{owner}/{repo}/rules/branches/{branch}', {
    ...at,
    branch: 'main',
  });
  assert.deepEqual(
    rules.map(({ type }) => type),
    ['deletion', 'required_status_checks'],
  );
  repository.rulesets.clear();
  repository.queues.set('main', []);
  await assert.rejects(
    rest.request('PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge', { ...at, pull_number: pull.number }),
    { status: 405 },
  );
  await fake.state.enqueue(repository, pull.number);
  const told = await rest.graphql(STANDING, { owner: 'acme', name: 'shop', number: pull.number });
  assert.partialDeepStrictEqual(told, {
    repository: { pullRequest: { isInMergeQueue: true, mergeQueueEntry: { position: 1 } } },
  });
});

test('a client of GitLab’s that others wrote finds in our forge what it finds in GitLab', async (t) => {
  const fake = await FakeForge.start({ dialect: 'gitlab' });
  t.after(() => fake.close());
  const refs = new MemoryRefs();
  for (const branch of ['main', 'swarm/r-1']) refs.set(branch);
  const repository = fake.add('acme/shop', refs);
  repository.access.set('owner', 'admin');
  repository.approvals = 1;
  fake.state.tokens.set('glpat-0wn', 'owner');
  const gitlab = new Gitlab({ host: fake.web, token: 'glpat-0wn' });
  const project = await gitlab.Projects.show('acme/shop');
  assert.deepEqual([project.path_with_namespace, project.default_branch], ['acme/shop', 'main']);
  const make = () => gitlab.MergeRequests.create('acme/shop', 'swarm/r-1', 'main', 'Draft: T');
  const made = await make();
  assert.deepEqual([made.state, made.draft, made.source_branch], ['opened', true, 'swarm/r-1']);
  await assert.rejects(make(), /already exists/);
  const ready = await gitlab.MergeRequests.edit('acme/shop', made.iid, { title: 'T' });
  assert.equal(ready.draft, false);
  const left = async () =>
    (await gitlab.MergeRequestApprovals.showConfiguration('acme/shop', { mergerequestIId: made.iid }))
      .approvals_left;
  assert.equal(await left(), 1);
  const approval = {
    id: fake.state.nextId(),
    at: fake.state.now(),
    author: 'helper',
    body: '',
    verdict: 'APPROVED',
  } as const;
  repository.pulls[0]!.reviews.push(approval);
  assert.equal(await left(), 0);
  const issue = fake.state.openIssue(repository, { title: 'Long', author: 'owner' });
  for (let n = 1; n <= 130; n++) fake.state.comment(issue, 'owner', `comment ${n}`);
  assert.equal((await gitlab.IssueNotes.all('acme/shop', issue.number)).length, 130);
  const wrong = new Gitlab({ host: fake.web, token: 'nobody' });
  await assert.rejects(wrong.Projects.show('acme/shop'), /Bad credentials|Unauthorized/i);
});

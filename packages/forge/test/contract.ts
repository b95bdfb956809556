/** What every adapter of a forge keeps, against whatever speaks its REST: each fact with what is done to see it. */
import assert from 'node:assert/strict';
import type { CommitId } from '@swarm/core/model/ids';
import { MemoryRefs, sha } from '@swarm/testkit';
import { MERGING } from './contract-merging.ts';
import { draft, opened, SLUG, type Stage } from './contract-stage.ts';

export { SLUG, type Stage, stage } from './contract-stage.ts';

const isOpening = (method: string, path: string): boolean =>
  method === 'POST' && /\/(pulls|merge_requests)$/.test(path);

export const CONTRACT: Readonly<Record<string, (on: Stage) => Promise<void>>> = {
  ...MERGING,

  'a repository says whether the token may push to it; one that nobody sees is not there': async ({
    forge,
    as,
    repository,
  }) => {
    const own = await forge.repository();
    assert.equal(own?.slug, SLUG);
    assert.equal(own?.canPush, true);
    assert.equal((await as('ghp_of-a-reader').repository())?.canPush, false);
    repository.access.clear();
    assert.equal(await as('ghp_of-a-reader').repository(), undefined);
  },

  'a token that is rejected is told as that, whatever was asked': async ({ as }) => {
    const wrong = as('ghp_nobodys');
    await assert.rejects(wrong.repository(), /SW0406.*rejects the token/);
    await assert.rejects(wrong.findPulls({ slug: SLUG, branch: 'x' }), /SW0406/);
    await assert.rejects(wrong.openPull(draft('x')), /SW0406/);
    await assert.rejects(wrong.comments(1), /SW0406/);
  },

  'a pull request is opened, found by its head, changed, and told as it is': async ({ forge, refs }) => {
    const commit = refs.set('swarm/r-1');
    const pull = await opened(forge, draft('swarm/r-1'));
    assert.deepEqual(
      {
        state: pull.state,
        base: pull.base,
        title: pull.title,
        body: pull.body,
        head: pull.head,
        at: pull.headCommit,
      },
      {
        state: 'open',
        base: 'main',
        title: 'What swarm/r-1 does',
        body: 'Because.',
        head: { slug: SLUG, branch: 'swarm/r-1' },
        at: commit,
      },
    );
    assert.match(pull.url, new RegExp(`/${SLUG}/.*${pull.number}$`));
    const found = await forge.findPulls({ slug: SLUG, branch: 'swarm/r-1' });
    assert.deepEqual(
      found.map(({ number }) => number),
      [pull.number],
    );
    assert.equal(await forge.updatePull(pull.number, { title: 'Better', body: 'For a reason.' }), undefined);
    const now = await forge.pull(pull.number);
    assert.deepEqual([now?.title, now?.body], ['Better', 'For a reason.']);
    assert.equal(await forge.pull(999), undefined);
  },

  'a second pull request for the same head is refused, and the first is still the only one': async ({
    forge,
    refs,
    repository,
  }) => {
    refs.set('swarm/r-1');
    await opened(forge, draft('swarm/r-1'));
    const second = await forge.openPull(draft('swarm/r-1'));
    assert.equal(second.kind, 'refused');
    assert.match((second as { why: string }).why, /already exists/i);
    assert.equal(repository.pulls.length, 1);
  },

  'what is closed or merged is found by its head too, with who ended it': async ({
    forge,
    fake,
    repository,
    refs,
  }) => {
    refs.set('swarm/r-1');
    refs.set('swarm/r-2');
    const first = await opened(forge, draft('swarm/r-1'));
    await opened(forge, draft('swarm/r-2'));
    const commit = await fake.state.merge(repository, first.number, 'helper');
    repository.pulls[1]!.state = 'closed';
    const [merged] = await forge.findPulls({ slug: SLUG, branch: 'swarm/r-1' });
    const [closed] = await forge.findPulls({ slug: SLUG, branch: 'swarm/r-2' });
    assert.deepEqual([merged?.state, closed?.state], ['merged', 'closed']);
    assert.equal((await forge.pull(first.number))?.endedBy, 'helper');
    assert.deepEqual([merged?.mergedAs, closed?.mergedAs], [commit, undefined]);
  },

  'a head that has nothing new, or is not there, is refused in the forge’s words': async ({
    forge,
    refs,
  }) => {
    refs.set('same', await refs.head('main'));
    // GitLab opens one that changes nothing, and says so on its page.
    for (const branch of forge.kind === 'github' ? ['same', 'nowhere'] : ['nowhere']) {
      const outcome = await forge.openPull(draft(branch));
      assert.equal(outcome.kind, 'refused');
      assert.notEqual((outcome as { why: string }).why, '');
    }
  },

  'a fork’s branch is opened against the repository it came from, and not mixed up with a branch of the same name':
    async ({ forge, fake, refs }) => {
      const theirs = new MemoryRefs();
      theirs.set('swarm/r-1', sha('theirs'));
      const fork = fake.add('owner/shop', theirs, SLUG);
      fork.access.set('owner', 'admin');
      const head = { slug: 'owner/shop', branch: 'swarm/r-1' };
      const pull = await opened(forge, draft('swarm/r-1', { head }));
      assert.deepEqual(pull.head, head);
      assert.equal(pull.headCommit, sha('theirs'));
      refs.set('swarm/r-1', sha('ours'));
      assert.deepEqual(
        (await forge.findPulls(head)).map(({ number }) => number),
        [pull.number],
      );
      assert.deepEqual(await forge.findPulls({ slug: SLUG, branch: 'swarm/r-1' }), []);
    },

  'a list is read to its last page': async ({ forge, fake, repository }) => {
    const issue = fake.state.openIssue(repository, { title: 'Long', author: 'owner' });
    for (let n = 1; n <= 230; n++) fake.state.comment(issue, 'owner', `comment ${n}`);
    const comments = await forge.comments(issue.number);
    assert.deepEqual([comments.length, comments.at(-1)?.body], [230, 'comment 230']);
  },

  'what has not changed is not sent again, and what has is': async ({ forge, fake, repository }) => {
    const issue = fake.state.openIssue(repository, { title: 'Old', author: 'owner' });
    await forge.issue(issue.number);
    assert.equal((await forge.issue(issue.number))?.title, 'Old');
    assert.equal(fake.calls.at(-1)?.headers['if-none-match'] !== undefined, true);
    issue.title = 'New';
    assert.equal((await forge.issue(issue.number))?.title, 'New');
  },

  'a limit is waited for as long as the forge says, and the question is then answered': async ({
    forge,
    fake,
  }) => {
    for (const how of ['rate-limit', 'secondary'] as const) {
      const begun = performance.now();
      fake.trouble({ times: 1, how, afterSeconds: how === 'secondary' ? 0 : 1 });
      assert.equal((await forge.repository())?.slug, SLUG);
      assert.ok(performance.now() - begun < 20_000, `${how} was waited for without end`);
    }
  },

  'a storm of failures is outlived, and one without end is told': async ({ forge, fake }) => {
    fake.trouble({ times: 2, how: 'bad-gateway' });
    fake.trouble({ times: 1, how: 'reset' });
    assert.equal((await forge.repository())?.slug, SLUG);
    fake.trouble({ times: 1_000, how: 'bad-gateway' });
    await assert.rejects(forge.repository(), /SW0706.*does not answer/);
  },

  'an opening whose answer was lost is unclear, is not asked again, and is found by its head': async ({
    forge,
    fake,
    repository,
    refs,
  }) => {
    refs.set('swarm/r-1');
    fake.trouble({ times: 1, how: 'lost', match: isOpening });
    const outcome = await forge.openPull(draft('swarm/r-1'));
    assert.equal(outcome.kind, 'unclear');
    assert.equal(repository.pulls.length, 1);
    assert.equal((await forge.findPulls({ slug: SLUG, branch: 'swarm/r-1' })).length, 1);
  },

  'an opening that a limit turned away was not done, and is done once the limit is over': async ({
    forge,
    fake,
    repository,
    refs,
  }) => {
    refs.set('swarm/r-1');
    fake.trouble({ times: 2, how: 'secondary', afterSeconds: 0, match: isOpening });
    await opened(forge, draft('swarm/r-1'));
    assert.equal(repository.pulls.length, 1);
  },

  'checks are told with their state, and what the base requires and nobody has seen is pending': async ({
    forge,
    fake,
    repository,
  }) => {
    const commit = sha('head') as CommitId;
    repository.required.set('main', ['build', 'deploy preview']);
    fake.state.check(repository, commit, { name: 'build', state: 'failure', summary: '3 tests failed' });
    fake.state.check(repository, commit, { name: 'lint', state: 'success', kind: 'status' });
    fake.state.check(repository, commit, { name: 'docs', state: 'pending' });
    // GitLab requires all that runs, or nothing.
    const isByName = forge.kind === 'github';
    const checks = await forge.checks(commit, 'main');
    assert.deepEqual(checks.map(({ name, state, isRequired }) => [name, state, isRequired]).toSorted(), [
      ['build', 'failed', true],
      ...(isByName ? [['deploy preview', 'pending', true]] : []),
      ['docs', 'pending', !isByName],
      ['lint', 'passed', !isByName],
    ]);
    assert.match(checks.find(({ name }) => name === 'build')!.detail, /3 tests failed/);
  },

  'reviews, comments on lines and comments are told in order of time, each with its author': async ({
    forge,
    fake,
    repository,
    refs,
  }) => {
    refs.set('swarm/r-1');
    const { number } = await opened(forge, draft('swarm/r-1'));
    const pull = repository.pulls[0]!;
    fake.state.comment(pull, 'reader', 'Why?');
    const at = () => ({ id: fake.state.nextId(), at: fake.state.now() });
    pull.reviews.push({ ...at(), author: 'helper', body: 'Not yet', verdict: 'CHANGES_REQUESTED' });
    pull.onLines.push({ ...at(), author: 'helper', body: 'Name it better', path: 'src/a.ts', line: 7 });
    const told = await forge.reviews(number);
    assert.deepEqual(
      told.map(({ author, body, path, line }) => [author, body, path, line]),
      [
        ['reader', 'Why?', undefined, undefined],
        ...(forge.kind === 'github' ? [['helper', 'Not yet', undefined, undefined]] : []),
        ['helper', 'Name it better', 'src/a.ts', 7],
      ],
    );
  },

  'an issue is told with labels and people, and a pull request is none': async ({
    forge,
    fake,
    repository,
    refs,
  }) => {
    const given = {
      title: 'Broken',
      body: 'It is.',
      author: 'reader',
      labels: ['swarm', 'bug'],
      assignees: ['helper'],
    };
    const { number } = fake.state.openIssue(repository, given);
    const issue = await forge.issue(number);
    assert.deepEqual(
      [issue?.title, issue?.body, issue?.author, issue?.labels, issue?.assignees, issue?.isOpen],
      ['Broken', 'It is.', 'reader', ['swarm', 'bug'], ['helper'], true],
    );
    refs.set('swarm/r-1');
    const pull = await opened(forge, draft('swarm/r-1'));
    repository.pulls[0]!.labels.push('swarm');
    if (forge.kind === 'github') assert.equal(await forge.issue(pull.number), undefined);
    fake.state.openIssue(repository, { title: 'Done', author: 'owner', labels: ['swarm'], isOpen: false });
    assert.deepEqual(
      (await forge.issuesLabelled('swarm')).map((one) => one.number),
      [number],
    );
  },

  'who may write is known, and nobody is trusted whom the forge does not tell of': async ({ forge, as }) => {
    assert.equal(await forge.access('owner'), 'write');
    assert.equal(await forge.access('helper'), 'write');
    assert.equal(await forge.access('reader'), 'read');
    assert.notEqual(await forge.access('stranger'), 'write');
    assert.notEqual(await as('ghp_of-a-reader').access('stranger'), 'write');
  },

  'a comment is there once, at the address that is told': async ({ forge, fake, repository }) => {
    const issue = fake.state.openIssue(repository, { title: 'Broken', author: 'reader' });
    const url = await forge.comment('issue', issue.number, 'On it.');
    const [comment] = await forge.comments(issue.number);
    assert.deepEqual([comment?.body, comment?.author, comment?.url], ['On it.', 'owner', url]);
  },
};

/** What stands between a pull request and its merge, as every adapter tells it: drafts, rulesets, the forge's queue, approvals. */
import assert from 'node:assert/strict';
import type { CommitId } from '@swarm/core/model/ids';
import { sha } from '@swarm/testkit';
import { draft, opened, SLUG, type Stage } from './contract-stage.ts';

export const MERGING: Readonly<Record<string, (on: Stage) => Promise<void>>> = {
  'a draft is opened as one, is found as one, and is made ready, which may be asked twice': async ({
    forge,
    fake,
    refs,
    repository,
  }) => {
    refs.set('swarm/r-1');
    const pull = await opened(forge, draft('swarm/r-1', { isDraft: true }));
    assert.equal(pull.isDraft, true);
    assert.equal((await forge.findPulls({ slug: SLUG, branch: 'swarm/r-1' }))[0]?.isDraft, true);
    await assert.rejects(fake.state.merge(repository, pull.number, 'owner'), /not mergeable/);
    for (const _ of [1, 2]) assert.equal(await forge.makeReady(pull.number), undefined);
    const now = await forge.pull(pull.number);
    assert.deepEqual([now?.isDraft, now?.title], [false, 'What swarm/r-1 does']);
    await fake.state.merge(repository, pull.number, 'owner');
    assert.equal(await forge.makeReady(999), 'it is gone');
  },

  'what a ruleset requires is required as what the branch itself requires': async ({
    forge,
    fake,
    repository,
    refs,
  }) => {
    // GitLab has no rulesets: it requires all that runs.
    if (forge.kind === 'gitlab') return;
    const commit = refs.set('swarm/r-1') as CommitId;
    repository.required.set('main', ['build']);
    repository.rulesets.set('main', ['audit']);
    fake.state.check(repository, commit, { name: 'build', state: 'success' });
    const told = async () =>
      (await forge.checks(commit, 'main')).map(({ name, state, isRequired }) => [name, state, isRequired]);
    assert.deepEqual(await told(), [
      ['build', 'passed', true],
      ['audit', 'pending', true],
    ]);
    fake.state.check(repository, commit, { name: 'audit', state: 'failure' });
    assert.deepEqual((await told())[1], ['audit', 'failed', true]);
  },

  'one that waits in the forge’s own queue is told so, until it is merged or something is pushed to it':
    async ({ forge, fake, repository, refs }) => {
      for (const branch of ['swarm/r-1', 'swarm/r-2']) {
        refs.set(branch);
        await opened(forge, draft(branch));
      }
      assert.equal((await forge.standing(1)).queued, undefined);
      repository.queues.set('main', []);
      await assert.rejects(fake.state.merge(repository, 1, 'owner'), /through the merge queue/);
      await fake.state.enqueue(repository, 1);
      await fake.state.enqueue(repository, 2);
      const place = forge.kind === 'github' ? { place: 2 } : {};
      assert.deepEqual((await forge.standing(2)).queued, place);
      refs.set('swarm/r-2', sha('more'));
      await forge.pull(2);
      assert.equal((await forge.standing(2)).queued, undefined);
      await fake.state.runQueue(repository, 'main');
      assert.deepEqual(
        [(await forge.pull(1))?.state, (await forge.standing(1)).queued],
        ['merged', undefined],
      );
    },

  'approvals that are missing are told, and given ones are no request': async ({
    forge,
    fake,
    repository,
    refs,
  }) => {
    refs.set('swarm/r-1');
    const { number } = await opened(forge, draft('swarm/r-1'));
    assert.equal((await forge.standing(number)).wants, undefined);
    repository.approvals = 1;
    assert.equal((await forge.standing(number)).wants, 'approval');
    const say = (verdict: 'APPROVED' | 'CHANGES_REQUESTED') =>
      repository.pulls[0]!.reviews.push({
        id: fake.state.nextId(),
        at: fake.state.now(),
        author: 'helper',
        body: '',
        verdict,
      });
    say('CHANGES_REQUESTED');
    assert.equal((await forge.standing(number)).wants, forge.kind === 'github' ? 'changes' : 'approval');
    say('APPROVED');
    assert.equal((await forge.standing(number)).wants, undefined);
    const [last] = (await forge.reviews(number)).slice(-1);
    assert.deepEqual([last?.author, last?.verdict], ['helper', 'approved']);
  },
};

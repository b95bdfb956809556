import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SwarmError } from '@swarm/core/errors';
import type { BranchPush, Forge, OpenOutcome, PullPlace, PullRequest } from '@swarm/core/ports/forge';
import { commit } from '@swarm/core/testing';
import { bringPull } from './pull-request.ts';

const ASK = { branch: 'swarm/r', base: 'main', commit: commit('head'), title: 'T', body: 'B' };
const PULL: PullRequest = {
  number: 7,
  url: 'https://forge/7',
  state: 'open',
  isDraft: false,
  head: { slug: 'acme/shop', branch: 'swarm/r' },
  headCommit: commit('head'),
  base: 'main',
  title: 'T',
  body: 'B',
};

/** A forge that answers in this order; what it was asked is kept. */
function world(
  pushes: readonly BranchPush[],
  finds: readonly (readonly PullRequest[])[],
  opens: readonly OpenOutcome[] = [],
) {
  const deeds: string[] = [];
  const [left, found, outcomes] = [[...pushes], [...finds], [...opens]];
  const forge: Partial<Forge> = {
    findPulls: async () => {
      deeds.push('find');
      return found.shift() ?? [];
    },
    openPull: async () => {
      deeds.push('open');
      return outcomes.shift() ?? { kind: 'refused', why: 'no' };
    },
    pull: async () => undefined,
  };
  const branches = {
    push: async () => {
      deeds.push('push');
      return left.shift() ?? ({ kind: 'there' } as const);
    },
  };
  const place = {
    forge,
    branches,
    remote: 'origin',
    headSlug: 'acme/shop',
    base: 'main',
  } as unknown as PullPlace;
  const clock = {
    after: (_: number, run: () => void) => {
      run();
      return () => undefined;
    },
  };
  return { deeds, bring: () => bringPull(place, clock, ASK), forge };
}

const SILENT: BranchPush = { kind: 'silent', why: 'cut' };
const THERE: BranchPush = { kind: 'there' };

describe('a run’s pull request', () => {
  it('is opened once the branch is there, after a search for it', async () => {
    const { deeds, bring } = world([SILENT, THERE], [[]], [{ kind: 'opened', pull: PULL }]);
    assert.deepEqual(await bring(), { outcome: 'done', detail: '', url: PULL.url, number: 7 });
    assert.deepEqual(deeds, ['push', 'push', 'find', 'open']);
  });
  it('is looked for again after an answer that was lost, and opened again only where it is not there', async () => {
    const lost: OpenOutcome = { kind: 'unclear', why: 'cut' };
    const was = world([THERE], [[], [PULL]], [lost]);
    assert.equal((await was.bring()).outcome, 'done');
    assert.deepEqual(was.deeds, ['push', 'find', 'open', 'find']);
    const not = world([THERE], [[], []], [lost, { kind: 'opened', pull: PULL }]);
    assert.equal((await not.bring()).outcome, 'done');
    assert.deepEqual(not.deeds, ['push', 'find', 'open', 'find', 'open']);
  });
  it('that somebody opened at the same moment is taken for what it is', async () => {
    const { bring } = world(
      [THERE],
      [[], [PULL]],
      [{ kind: 'refused', why: 'A pull request already exists' }],
    );
    assert.equal((await bring()).url, PULL.url);
  });
  it('that the forge refuses is told in its words, after one more look', async () => {
    const { deeds, bring } = world([THERE], [], [{ kind: 'refused', why: 'no commits between' }]);
    assert.deepEqual(await bring(), {
      outcome: 'refused',
      detail: 'the forge refused it: no commits between',
    });
    assert.deepEqual(deeds, ['push', 'find', 'open', 'find']);
  });
  it('is not opened where the branch is somebody else’s, or the remote stays silent', async () => {
    const theirs = world([{ kind: 'elsewhere', head: commit('theirs') }], []);
    assert.match((await theirs.bring()).detail, /somebody else moved swarm\/r on origin.*left as it is/);
    const silent = world(Array(9).fill(SILENT), []);
    assert.match((await silent.bring()).detail, /origin did not take swarm\/r: cut/);
    assert.deepEqual([theirs.deeds, new Set(silent.deeds)], [['push'], new Set(['push'])]);
  });
  it('is refused, not thrown, where the forge does not answer', async () => {
    const { bring, forge } = world([THERE], []);
    forge.findPulls = async () => {
      throw new SwarmError({ code: 'SW0706', what: 'the forge does not answer', why: '502' });
    };
    assert.match(
      (await bring()).detail,
      /does not answer: 502; the branch is pushed, and swarm pr opens it later/,
    );
  });
});

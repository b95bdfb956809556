import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PullRequest } from '../ports/forge.ts';
import { commit } from '../testing.ts';
import { OURS_BEGINS, OURS_ENDS, pullStep, withOurPart } from './pull-requests.ts';

const OURS = `${OURS_BEGINS}\nnew\n${OURS_ENDS}`;
const wanted = { commit: commit('head'), base: 'main', body: OURS };
const pull = (number: number, more: Partial<PullRequest> = {}): PullRequest => ({
  number,
  url: `https://forge/${number}`,
  state: 'open',
  isDraft: false,
  head: { slug: 'acme/shop', branch: 'swarm/r' },
  headCommit: commit('head'),
  base: 'main',
  title: 'T',
  body: OURS,
  ...more,
});

describe('what is owed to a run’s pull request', () => {
  const STEPS: Readonly<Record<string, readonly [readonly PullRequest[], string, object?]>> = {
    'where none was ever opened, one is': [[], 'open'],
    'one that is open is not opened again': [[pull(1)], 'keep'],
    'one whose text is old gets the new one': [
      [pull(1, { body: `${OURS_BEGINS}\nold\n${OURS_ENDS}` })],
      'change',
    ],
    'one whose text a person wrote anew is left alone': [[pull(1, { body: 'mine' })], 'keep'],
    'an open one counts before a closed one': [[pull(2, { state: 'closed' }), pull(1)], 'keep'],
    'one that a person merged whole is merged': [[pull(1, { state: 'merged' })], 'merged'],
    'one that a person merged too early is told': [
      [pull(1, { state: 'merged', headCommit: commit('early') })],
      'ended',
    ],
    'and another is opened at a person’s word': [
      [pull(1, { state: 'merged', headCommit: commit('early') })],
      'open',
      { isAsked: true },
    ],
    'one that a person closed stays closed': [[pull(1, { state: 'closed' })], 'ended', { isAsked: true }],
  };
  for (const [law, [found, kind, more]] of Object.entries(STEPS))
    it(law, () => assert.equal(pullStep(found, { ...wanted, ...more }).kind, kind));
});

describe('the body of a pull request', () => {
  it('keeps what stands around our part, whatever line ends the forge made', () => {
    const theirs = `Before\r\n\r\n${OURS_BEGINS}\r\nold\r\n${OURS_ENDS}\r\nAfter`;
    assert.equal(withOurPart(theirs, OURS), `Before\r\n\r\n${OURS}\r\nAfter`);
  });
  it('is not written again where only line ends differ', () => {
    const theirs = OURS.replaceAll('\n', '\r\n');
    assert.equal(withOurPart(theirs, OURS), theirs);
  });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunId } from '@swarm/core/model/ids';
import { LEASE_MS, type Lease } from '../running/carried-files.ts';
import { heldElsewhere } from './from-ref.ts';

const RUN = 'r-20261121-k3f9' as RunId;
const NOW = Date.UTC(2026, 10, 21, 10);
const said = (agoMs: number, state: Lease['state'] = 'live'): Lease => ({
  v: 1,
  state,
  host: 'a',
  pid: 7,
  version: '1',
  at: new Date(NOW - agoMs).toISOString(),
});

test('a run that said that it lives is not taken up; one that fell silent, left or closed is', () => {
  assert.match(heldElsewhere(RUN, said(1_000), NOW)?.what ?? '', /is live on a/);
  assert.ok(heldElsewhere(RUN, said(LEASE_MS - 1), NOW));
  assert.equal(heldElsewhere(RUN, said(LEASE_MS), NOW), undefined);
  assert.equal(heldElsewhere(RUN, said(0, 'left'), NOW), undefined);
  assert.equal(heldElsewhere(RUN, said(0, 'closed'), NOW), undefined);
});

test('a word that cannot be read holds nobody up; one from the future does', () => {
  assert.equal(heldElsewhere(RUN, undefined, NOW), undefined);
  assert.equal(heldElsewhere(RUN, { ...said(0), at: 'nonsense' }, NOW), undefined);
  assert.ok(heldElsewhere(RUN, said(-60_000), NOW));
});

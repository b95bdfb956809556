/**
 * What GitHub itself says it answers: the examples of its own description of the API (`@octokit/openapi` 23.0.2, api.github.com),
 * without the addresses nobody reads. Told over HTTP, at the places where the adapter asks.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { CommitId } from '@swarm/core/model/ids';
import { GitHub } from '../src/github.ts';
import { realTime } from '../src/testing.ts';

const SAID = JSON.parse(readFileSync(join(import.meta.dirname, 'recorded', 'github.json'), 'utf8')) as Record<
  string,
  unknown
>;

const PLACES: readonly (readonly [method: string, path: RegExp, name: string, status: number])[] = [
  ['GET', /^\/user$/, 'me', 200],
  ['POST', /\/pulls$/, 'opened', 201],
  ['GET', /\/pulls$/, 'pulls', 200],
  ['GET', /\/pulls\/\d+\/reviews$/, 'reviews', 200],
  ['GET', /\/pulls\/\d+\/comments$/, 'onLines', 200],
  ['GET', /\/pulls\/\d+$/, 'pull', 200],
  ['GET', /\/check-runs$/, 'runs', 200],
  ['GET', /\/status$/, 'status', 200],
  ['GET', /\/rules\/branches\/\w+$/, 'rules', 200],
  ['GET', /\/branches\/\w+$/, 'branch', 200],
  ['POST', /\/issues\/\d+\/comments$/, 'commented', 201],
  ['GET', /\/issues\/\d+\/comments$/, 'comments', 200],
  ['GET', /\/issues\/\d+$/, 'issue', 200],
  ['GET', /\/issues$/, 'issues', 200],
  ['GET', /\/permission$/, 'permission', 200],
  ['GET', /\/repos\/[^/]+\/[^/]+$/, 'repository', 200],
];

test('what GitHub’s own description gives as answers is read whole', async (t) => {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://forge.test');
    const place = PLACES.find(([method, path]) => method === request.method && path.test(pathname));
    response.writeHead(place?.[3] ?? 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(place ? SAID[place[2]] : { message: 'Not Found' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const forge = new GitHub({ slug: 'octocat/Hello-World', api, token: 'x', ...realTime() });

  assert.partialDeepStrictEqual(await forge.repository(), {
    slug: 'octocat/Hello-World',
    defaultBranch: 'master',
    isArchived: false,
  });
  assert.equal((await forge.whoAmI())?.login, 'octocat');
  const pull = await forge.pull(1347);
  assert.deepEqual(
    [pull?.number, pull?.state, pull?.head, pull?.base, pull?.headCommit],
    [
      1347,
      'merged',
      { slug: 'octocat/Hello-World', branch: 'new-topic' },
      'master',
      '6dcb09b5b57875f334f61aebed695e2e4193db5e',
    ],
  );
  assert.equal((await forge.findPulls({ slug: 'octocat/Hello-World', branch: 'new-topic' })).length, 1);
  const draft = {
    head: { slug: 'octocat/Hello-World', branch: 'new-topic' },
    base: 'master',
    title: '',
    body: '',
  };
  assert.equal((await forge.openPull(draft)).kind, 'opened');
  const told = await forge.reviews(1347);
  assert.deepEqual(
    told.map(({ author, verdict, path, line }) => [author, verdict, path, line]).toSorted(),
    [
      ['octocat', 'approved', undefined, undefined],
      ['octocat', undefined, 'file1.txt', 2],
      ['octocat', undefined, undefined, undefined],
    ].toSorted(),
  );
  const checks = await forge.checks('6dcb09b5b57875f334f61aebed695e2e4193db5e' as CommitId, 'master');
  assert.deepEqual(
    checks.map(({ name, state }) => [name, state]),
    [
      ['mighty_readme', 'neutral'],
      ['continuous-integration/jenkins', 'passed'],
      ['security/brakeman', 'passed'],
    ],
  );
  assert.equal((await forge.issue(1347))?.title, 'Found a bug');
  assert.equal((await forge.comments(1347))[0]?.body, 'Me too');
  assert.match(await forge.comment('issue', 1347, 'Me too'), /#issuecomment-/);
  assert.equal(await forge.access('octocat'), 'write');
});

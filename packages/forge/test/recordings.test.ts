/**
 * What api.github.com really answered: the recordings of `@octokit/fixtures`, made by GitHub's own people against the live
 * service, with its headers. Played over HTTP at another address: what they say of api.github.com is said of that one.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { CommitId } from '@swarm/core/model/ids';
import { GitHub } from '../src/github.ts';
import { realTime } from '../src/testing.ts';

interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly response: unknown;
  readonly responseHeaders?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

const GITHUB = 'https://api.github.com';

function recorded(name: string): readonly Recorded[] {
  const path = `@octokit/fixtures/scenarios/api.github.com/${name}/normalized-fixture.json`;
  return JSON.parse(readFileSync(createRequire(import.meta.url).resolve(path), 'utf8')) as Recorded[];
}

/** @param isMoved what points to api.github.com points to where this is played. */
async function playing(
  t: TestContext,
  answers: readonly (readonly [place: string, answer: Recorded])[],
  isMoved = true,
): Promise<{ forge: (slug: string) => GitHub; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = request.url!;
    asked.push(url);
    const [, answer] = answers.find(([place]) => url === place || url.split('?')[0] === place) ?? [];
    const at = `http://${request.headers.host}`;
    for (const [name, value] of Object.entries(answer?.responseHeaders ?? answer?.headers ?? {}))
      if (/^(?:link|location|etag|x-ratelimit)/.test(name))
        response.setHeader(name, isMoved ? String(value).replaceAll(GITHUB, at) : String(value));
    response.writeHead(answer?.status ?? 404, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(answer?.response ?? { message: 'Not Found' }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { asked, forge: (slug) => new GitHub({ slug, api, token: 'x', ...realTime() }) };
}

const gets = (all: readonly Recorded[]) =>
  all.filter(({ method }) => method === 'get').map((one) => [one.path, one] as const);

test('a recorded list of five pages is read to its end, over the addresses that GitHub names', async (t) => {
  const pages = gets(recorded('paginate-issues'));
  const first = [pages[0]![0].split('?')[0]!, pages[0]![1]] as const;
  const { forge, asked } = await playing(t, [first, ...pages.slice(1)]);
  const issues = await forge('octokit-fixture-org/paginate-issues').issuesLabelled('any');
  assert.deepEqual(
    issues.map(({ title }) => title),
    (pages.flatMap(([, { response }]) => response) as { title: string }[]).map(({ title }) => title),
  );
  assert.ok(issues.length > 12 && issues.every(({ author, at }) => author.startsWith('octokit') && at > 0));
  assert.match(asked.at(-1)!, /^\/repositories\/\d+\/issues\?per_page=3&page=5$/);
});

test('a recorded next page that is elsewhere gets no token: the list counts as not read', async (t) => {
  const pages = gets(recorded('paginate-issues'));
  const { forge } = await playing(t, [[pages[0]![0].split('?')[0]!, pages[0]![1]]], false);
  await assert.rejects(
    forge('octokit-fixture-org/paginate-issues').issuesLabelled('any'),
    /SW0706.*cannot be read to its end/,
  );
});

test('a repository that was renamed is found by its old name, as recorded', async (t) => {
  const { forge } = await playing(t, gets(recorded('rename-repository')));
  const found = await forge('octokit-fixture-org/rename-repository').repository();
  assert.partialDeepStrictEqual(found, {
    slug: 'octokit-fixture-org/rename-repository-newname',
    isArchived: false,
  });
});

test('recorded repositories, issues and statuses are read whole', async (t) => {
  const [labelled] = recorded('add-labels-to-issue');
  const statuses = gets(recorded('create-status'));
  const of = 'octokit-fixture-org';
  const { forge } = await playing(t, [
    ...gets(recorded('get-repository')),
    ...statuses,
    // What was made is told as what is asked for.
    [`/repos/${of}/add-labels-to-issue/issues/1`, { ...labelled!, status: 200 }],
  ]);
  assert.partialDeepStrictEqual(await forge(`${of}/hello-world`).repository(), {
    slug: `${of}/hello-world`,
    canPush: true,
  });
  assert.partialDeepStrictEqual(await forge(`${of}/add-labels-to-issue`).issue(1), {
    number: 1,
    title: 'Issue without a label',
    isOpen: true,
    labels: [],
  });
  const commit = '0000000000000000000000000000000000000001' as CommitId;
  const checks = await forge(`${of}/create-status`).checks(commit, 'main');
  const { statuses: told } = statuses.at(-1)![1].response as {
    statuses: { context: string; state: string }[];
  };
  assert.deepEqual(
    checks.map(({ name, state }) => [name, state]),
    told.map(({ context, state }) => [context, state === 'success' ? 'passed' : 'failed']),
  );
  assert.ok(checks.length > 0);
});

test('a recorded refusal is told with what GitHub says is wrong', async (t) => {
  const [refusal] = recorded('errors');
  const { forge } = await playing(t, [['/repos/octokit-fixture-org/errors/pulls', refusal!]]);
  const head = { slug: 'octokit-fixture-org/errors', branch: 'x' };
  const outcome = await forge(head.slug).openPull({ head, base: 'main', title: 'T', body: '' });
  assert.equal(outcome.kind, 'refused');
  assert.match((outcome as { why: string }).why, /Validation Failed;.*"field":"color"/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommitId } from '@swarm/core/model/ids';
import type { CheckoutFacts } from '@swarm/git';
import { exitCodeFor } from '../telling/errors.ts';
import { type PreflightFacts, preflight } from './preflight.ts';

type Usable = Extract<CheckoutFacts, { isRepository: true }>;

const clean: Usable = {
  isRepository: true,
  gitVersion: '2.39.5',
  isBare: false,
  topLevel: '/shop',
  gitDir: '/shop/.git',
  commonDir: '/shop/.git',
  isShallow: false,
  isPartial: false,
  lacking: 0,
  isLinkedWorktree: false,
  isSubmodule: false,
  branch: 'main',
  isEmpty: false,
  branches: ['main'],
  targetCommit: 'a'.repeat(40) as CommitId,
  operation: undefined,
  dirtyTracked: 0,
  untracked: 0,
  tracksOwn: [],
  userName: 'A',
  userEmail: 'a@b',
};
const good: PreflightFacts = {
  repository: '/shop',
  checkout: clean,
  target: 'main',
  deliver: 'branch',
  sandbox: 'auto',
  sandboxProbe: { kind: 'works', provider: 'bubblewrap' },
  signing: { kind: 'off' },
  own: { links: [], foreign: [] },
  gate: 'npm test',
  needsModel: true,
  endpoints: [{ name: 'env', kind: 'up', models: ['m'] }],
  models: { default: 'm' },
  unpriced: [],
  pricesFile: '/home/owner/.config/swarm/prices.json',
};

const check = (facts: Partial<PreflightFacts>, checkout: Partial<Usable> = {}) =>
  preflight({ ...good, checkout: { ...clean, ...checkout }, ...facts });

test('a clean repository with a gate, a sandbox and a model is let through without a word', () => {
  assert.deepEqual(preflight(good), { problems: [], notices: [] });
});

const missing = { kind: 'missing', reason: 'no bwrap', fix: 'apt-get install -y bubblewrap' } as const;
const down = { name: 'a', kind: 'down', why: 'ECONNREFUSED' } as const;
const rejected = { name: 'b', kind: 'auth', why: '401' } as const;
const up = { name: 'c', kind: 'up', models: [] } as const;

const refusals: [string, Partial<PreflightFacts>, Partial<Usable>, string[], number][] = [
  [
    'a folder that is no repository',
    { checkout: { isRepository: false, what: 'none', why: 'no', fix: 'git status' } },
    {},
    ['SW0301'],
    78,
  ],
  ['an empty repository', {}, { isEmpty: true, targetCommit: undefined, branches: [] }, ['SW0302'], 78],
  ['a target that does not exist', { target: 'x' }, { targetCommit: undefined }, ['SW0303'], 78],
  ['git 2.37', {}, { gitVersion: '2.37.9' }, ['SW0306'], 78],
  ['tracked runs and a hub', {}, { tracksOwn: ['.swarm/runs', 'x/hub.git'] }, ['SW0307', 'SW0307'], 78],
  ['no target on a detached HEAD', { target: undefined }, { branch: undefined }, ['SW0303'], 78],
  ['a link where runs would be', { own: { links: ['/shop/.swarm'], foreign: [] } }, {}, ['SW0307'], 78],
  ['tracked runs', {}, { tracksOwn: ['.swarm/runs'] }, ['SW0307'], 78],
  ['a partial clone without all of the target', {}, { isPartial: true, lacking: 2 }, ['SW0311'], 78],
  ['a missing sandbox layer', { sandboxProbe: missing }, {}, ['SW0304'], 78],
  ['no endpoint', { endpoints: [] }, {}, ['SW0401'], 69],
  ['no endpoint, and so no model', { endpoints: [], models: {} }, {}, ['SW0401'], 69],
  ['no endpoint that answers', { endpoints: [down] }, {}, ['SW0402'], 69],
  [
    'one endpoint down and one that rejects the key',
    { endpoints: [down, rejected] },
    {},
    ['SW0402', 'SW0403'],
    77,
  ],
  ['no model', { models: {} }, {}, ['SW0102'], 2],
  ['a model nobody knows', { models: { worker: 'n' } }, {}, ['SW0404'], 69],
  ['a money budget without prices', { unpriced: ['m'] }, {}, ['SW0102'], 2],
];
for (const [name, facts, checkout, codes, exit] of refusals) {
  test(`${name} is refused: ${codes.join(', ')}, exit ${exit}`, () => {
    const { problems } = check(facts, checkout);
    assert.deepEqual(
      problems.map((p) => p.code),
      codes,
    );
    assert.equal(exitCodeFor(problems), exit);
    for (const problem of problems) assert.ok(problem.fix, `${problem.what} has no fix`);
  });
}

test('no gate at all is refused, and a gate that is said to be none is a notice', () => {
  const { gate: _, ...ungated } = good;
  assert.equal(preflight(ungated).problems[0]?.code, 'SW0305');
  const said = check({ gate: 'none' });
  assert.deepEqual([said.problems, said.notices], [[], ['there is no gate: everything lands untested']]);
});

test('all problems are told at once, and the exit code is the first of 2, 65, 78, 80, 77, 69', () => {
  const { problems } = check(
    { sandboxProbe: missing, endpoints: [rejected] },
    { tracksOwn: ['.swarm/runs'] },
  );
  assert.deepEqual(
    problems.map((p) => p.code),
    ['SW0307', 'SW0304', 'SW0403'],
  );
  assert.equal(exitCodeFor(problems), 78);
});

test('a plan done by a command agent needs neither endpoint nor model', () => {
  assert.deepEqual(check({ needsModel: false, endpoints: [], models: {} }).problems, []);
});

test('one endpoint that answers is enough; the others are named', () => {
  const { problems, notices } = check({ endpoints: [up, down] });
  assert.deepEqual(problems, []);
  assert.deepEqual(notices, ['endpoint a is left out for now: ECONNREFUSED']);
});

test('a dirty checkout is allowed, with a notice that workers do not see the changes', () => {
  const { problems, notices } = check({}, { dirtyTracked: 1, untracked: 2 });
  assert.deepEqual(problems, []);
  assert.match(notices[0]!, /^the checkout has 3 uncommitted changes: workers start from the last commit/);
});

test('a repository that asks for signatures is no operator who does: said, and not done', () => {
  const { problems, notices } = check({ signing: { kind: 'asked-here' } });
  assert.deepEqual([problems, notices.length], [[], 1]);
  assert.match(notices[0]!, /^commit\.gpgsign is set in the repository, where it does not count/);
  assert.deepEqual(check({ signing: { kind: 'works', format: 'ssh' } }), { problems: [], notices: [] });
});

test('a model close to a known one is the fix', () => {
  const endpoints = [{ name: 'e', kind: 'up', models: ['big-one', 'small-one'] } as const];
  assert.equal(
    check({ endpoints, models: { default: 'smal-one' } }).problems[0]?.fix,
    'export SWARM_MODEL=small-one',
  );
});

test('a fix that names a path can be pasted whatever the path is', () => {
  const { problems } = check({ repository: "/my shop's" }, { isPartial: true, lacking: 1 });
  assert.equal(problems[0]?.fix, "git -C '/my shop'\\''s' -c gc.auto=0 fetch --refetch --no-filter");
});

test('an unknown model is told where it is named: by its role, or by the agent that stands in', () => {
  const endpoints = [{ name: 'e', kind: 'up', models: ['m'] } as const];
  const { problems } = check({ endpoints, models: { worker: 'n', 'agent.codex': 'o' } });
  assert.deepEqual(
    problems.map(({ where }) => where),
    ['models.worker', 'agent.models.codex'],
  );
});

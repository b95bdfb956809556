/** Branches that make the gate pass by asking less of it, or that plant something for later: held, and nothing of them lands. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { landings } from './support/landings.ts';
import { type PlanTask, World } from './support/world.ts';

const suite = (name: string): string =>
  `const { test } = require('node:test');\ntest('${name} one', () => {});\ntest('${name} two', () => {});\n`;
const FILES = {
  'package.json': `${JSON.stringify({ name: 'shop', scripts: { test: 'node --test' } }, null, 2)}\n`,
  'test/a.test.js': suite('a'),
  'test/b.test.js': suite('b'),
};
const json = (change: string): string =>
  `node -e "const p=require('./package.json');${change};require('fs').writeFileSync('package.json',JSON.stringify(p,null,2))"`;

const CHEATS: readonly (readonly [reason: string, told: RegExp, task: PlanTask])[] = [
  [
    'tests-weakened',
    /fewer tests run: 4 ran .* 2 and/,
    { title: 'Delete a test', description: 'rm test/a.test.js' },
  ],
  [
    'tests-weakened',
    /fewer tests run: 4 ran .* 3 and/,
    { title: 'Empty one', description: "sed -i '/a one/d' test/a.test.js", scope: ['test/a.test.js'] },
  ],
  [
    'tests-weakened',
    /more tests are skipped/,
    { title: 'Skip one', description: "sed -i 's/test(.a one/test.skip(\\x27a one/' test/a.test.js" },
  ],
  [
    'protected',
    /scripts\.test is now "exit 0", and the gate runs it/,
    { title: 'Test nothing', description: json("p.scripts.test='exit 0'") },
  ],
  [
    'protected',
    /scripts\.postinstall/,
    { title: 'Plant', description: json("p.scripts.postinstall='node x'") },
  ],
  [
    'protected',
    /\.github\/workflows\/ci\.yml/,
    { title: 'Change CI', description: 'mkdir -p .github/workflows; echo x > .github/workflows/ci.yml' },
  ],
  [
    'protected',
    /\.claude\/settings\.json/,
    { title: 'Hook', description: 'mkdir .claude; echo {} > .claude/settings.json' },
  ],
];

test('each is held with its reason after one attempt, and what is honest lands', async (t) => {
  const world = await World.with(t, FILES);
  await world.configure('[workers]\nattempts = 3\npre_gate = false\n[gate]\nflaky_retries = 0');
  const base = await world.git('rev-parse', 'HEAD');
  const honest: readonly PlanTask[] = [
    { title: 'Add a test', description: `echo "require('node:test').test('c', () => {})" > test/c.test.js` },
    { title: 'Add a dependency', description: json("p.dependencies={x:'1'}"), scope: ['package.json'] },
    { title: 'Remove b for good', description: 'rm test/b.test.js', scope: ['test/b.test.js'] },
    {
      title: 'Add CI',
      description: 'mkdir -p .github/workflows; echo x > .github/workflows/ci.yml',
      scope: ['.github/workflows/ci.yml'],
    },
  ];
  const tasks = [...CHEATS.map(([, , task]) => task), ...honest];

  const run = await world.swarm(await world.plan(tasks, '--gate', 'node --run test', '--workers', '1'));

  assert.equal(run.code, 1, run.stderr);
  const log = await world.log();
  const refused = log.filter((line) => line.event === 'landing.rejected');
  for (const [n, [reason, told, task]] of CHEATS.entries()) {
    const [one, ...more] = refused.filter((line) => line.task === `t${n + 1}`);
    assert.equal(one?.data.reason, reason, `${task.title}: ${run.stderr}`);
    assert.match(String(one.data.detail), told);
    assert.deepEqual(more, [], 'held: not tried again');
  }
  const landed = await landings(world, base, await world.branch());
  assert.deepEqual(landed.map((l) => l.subject).toSorted(), honest.map((h) => h.title).toSorted());
  assert.match(run.stderr, /gate passed on l\d+ in .*, 5 tests/);
  assert.equal((await world.swarm(['verify'])).code, 0);
});

test('the gate’s own script comes from the base, unless the operator’s plan names it', async (t) => {
  const world = await World.with(t, { 'check.sh': 'exit 0\n', 'infra/main.tf': 'x\n' });
  await world.configure('[workers]\npre_gate = false\n[gate]\nprotect = ["infra/**"]');
  const base = await world.git('rev-parse', 'HEAD');
  const write = (title: string, path: string, scope: readonly string[]): PlanTask => ({
    title,
    scope,
    description: `echo '# ${title}' >> ${path}`,
  });
  const tasks = [
    write('Not asked', 'check.sh', ['**']),
    write('Not asked either', 'infra/main.tf', []),
    write('Asked', 'check.sh', ['check.sh']),
  ];

  const run = await world.swarm(await world.plan(tasks, '--gate', 'sh check.sh', '--workers', '1'));

  assert.equal(run.code, 1, run.stderr);
  const landed = await landings(world, base, await world.branch());
  assert.deepEqual(
    landed.map((l) => l.subject),
    ['Asked'],
  );
  assert.match(run.stdout, /check\.sh \(the gate runs it\)/);
  assert.match(run.stdout, /infra\/main\.tf \(protected by the configuration\)/);
});

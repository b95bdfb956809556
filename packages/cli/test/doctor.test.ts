/** What the doctor sees: a world in order, and each thing out of order with what to type. */
import assert from 'node:assert/strict';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ModelServer, startModelServer } from './support/model-server.ts';
import { withOrigin } from './support/origin.ts';
import { userState } from './support/untouched.ts';
import { contained, World } from './support/world.ts';

interface Told {
  readonly code: number | null;
  readonly ok: boolean;
  readonly checks: readonly {
    name: string;
    verdict: string;
    detail: string;
    problem?: Record<string, string>;
  }[];
}

const MAKEFILE = { Makefile: 'test:\n\ttest -f Makefile\n' };

async function patient(
  t: TestContext,
): Promise<{ world: World; server: ModelServer; env: Record<string, string> }> {
  const world = await World.with(t, MAKEFILE);
  const server = await startModelServer(t, () => ({ text: '' }));
  await writeFile(join(world.root, 'config', 'swarm', 'config.toml'), '');
  const env = { OPENAI_BASE_URL: server.url, OPENAI_API_KEY: 'k', SWARM_MODEL: 'test-model' };
  return { world, server, env };
}

async function examine(world: World, env: Record<string, string>, ...args: string[]): Promise<Told> {
  const ended = await world.swarm(['doctor', '--json', ...args], { env });
  assert.ok(ended.stdout, ended.stderr);
  return { code: ended.code, ...JSON.parse(ended.stdout) };
}

/** What failed, as `name code what | fix`. */
const failures = (told: Told): string[] =>
  told.checks
    .filter((check) => check.verdict === 'failed')
    .map(({ name, problem = {} }) => `${name} ${problem.code} ${problem.what} | ${problem.fix}`);

test('in order: every check is ok, and nothing was written anywhere', contained, async (t) => {
  const { world, env } = await patient(t);
  const before = await userState(world);
  const told = await examine(world, env);
  assert.deepEqual([told.code, told.ok, failures(told)], [0, true, []]);
  const names = told.checks.map((check) => check.name);
  for (const name of [
    'git',
    'node',
    'sandbox',
    'repository',
    'gate',
    'endpoint env',
    'call env',
    'models',
    'disk',
    'files',
    'state',
    'locks',
  ])
    assert.ok(names.includes(name), name);
  assert.deepEqual(await userState(world), before);
  assert.deepEqual(await readdir(join(world.root, 'state')), []);
  assert.deepEqual(await world.leftovers(), []);
});

const rows: [
  string,
  (world: World, env: Record<string, string>, server: ModelServer) => unknown,
  number,
  RegExp,
][] = [
  [
    'a key that is not set',
    async (world, _env, server) => {
      await writeFile(
        join(world.root, 'config', 'swarm', 'config.toml'),
        `[[endpoints]]\nname = "a"\nbase_url = "${server.url}"\nkey_env = "SHOP_KEY"\n`,
      );
      await server.down(true);
    },
    77,
    /endpoint a SW0403 the endpoint a has no key: SHOP_KEY is not set \| export SHOP_KEY=<key>/,
  ],
  [
    'an endpoint that does not answer',
    (_, __, server) => server.down(true),
    69,
    /endpoint env SW0402 the endpoint env does not answer/,
  ],
  [
    'a model nobody knows',
    (_, env) => {
      env.SWARM_MODEL = 'test-modle';
    },
    69,
    /models SW0404 .*"test-modle" \| export SWARM_MODEL=test-model/,
  ],
  [
    'no gate',
    (world) => world.commit({ Makefile: 'all:\n' }, 'No tests'),
    78,
    /gate SW0305 there is no gate/,
  ],
  [
    'a repository that wants to choose the sandbox',
    (world) => world.write({ 'swarm.toml': '[sandbox]\nmounts = ["/opt"]\n' }),
    78,
    /config SW0309 .* sandbox, .*\| .*--trust-repo/,
  ],
  [
    'a mistake in the configuration',
    (world) => world.write({ 'swarm.toml': '[workers]\nmaxx = 3\n' }),
    2,
    /config SW0102 there is no key `workers.maxx` \| write `max` for `maxx`/,
  ],
  [
    'a lock file of git’s that was left',
    async (world) => {
      const lock = join(world.repository, '.git', 'index.lock');
      await writeFile(lock, '');
      await utimes(lock, 1, 1);
    },
    74,
    /locks SW0702 a lock file of git’s was left .* \| rm \S+index\.lock/,
  ],
  [
    'a state directory that cannot be written',
    async (world, env) => {
      await writeFile(join(world.root, 'file'), '');
      env.XDG_STATE_HOME = join(world.root, 'file');
    },
    74,
    /state SW0701 the state directory .* cannot be written/,
  ],
];
for (const [what, spoil, code, said] of rows) {
  test(`out of order: ${what}; exit ${code}, with what to type`, async (t) => {
    const { world, server, env } = await patient(t);
    await spoil(world, env, server);
    const told = await examine(world, env);
    assert.match(failures(told).join('\n'), said);
    assert.equal(failures(told).length, 1, failures(told).join('\n'));
    assert.equal(told.code, code);
  });
}

test('where landings are pushed, the remote is asked, and one that does not answer is a failed check', async (t) => {
  const { world, env } = await patient(t);
  await writeFile(join(world.root, 'config', 'swarm', 'config.toml'), '[deliver]\nto = "push"\n');
  const none = await examine(world, env);
  assert.equal(none.code, 78);
  assert.match(failures(none).join('\n'), /^remote SW0312 there is no remote "origin"/);

  const origin = await withOrigin(world);
  const there = await examine(world, env);
  assert.deepEqual([there.code, failures(there)], [0, []]);
  const said = there.checks.find((check) => check.name === 'remote');
  assert.equal(said?.detail, 'origin answers, and has main; it was not pushed to');

  await world.git('remote', 'set-url', 'origin', `${origin.path}.gone`);
  const gone = await examine(world, env);
  assert.equal(gone.code, 78);
  assert.match(
    failures(gone).join('\n'),
    /^remote SW0312 the remote origin does not answer \| git ls-remote origin$/,
  );
});

test('outside any repository the machine is looked at all the same', async (t) => {
  const { world, env } = await patient(t);
  await mkdir(join(world.root, 'nowhere'));
  const ended = await world.swarm(['doctor'], { cwd: join(world.root, 'nowhere'), env });
  assert.equal(ended.code, 78);
  assert.match(ended.stdout, /^endpoint env +ok +chat: answers, and lists 1 model$/m);
  assert.match(ended.stdout, /^repository +FAILED +there is no git repository[\s\S]*fix +--repo .*git init/m);
});

test('--run-gate runs setup and gate on the base, and a red one is told with what it printed', async (t) => {
  const { world, env } = await patient(t);
  await world.write({
    'swarm.toml': '[env]\nsetup = "touch ready"\n[gate]\ncommand = "test -f ready && test -f Makefile"\n',
  });
  const green = await examine(world, env, '--run-gate');
  assert.deepEqual([green.code, failures(green)], [0, []]);
  assert.deepEqual(
    green.checks.filter((c) => / run$/.test(c.name)).map((c) => c.name),
    ['setup run', 'gate run'],
  );
  await world.write({ 'swarm.toml': '[gate]\ncommand = "echo broken wing; exit 3"\n' });
  const red = await examine(world, env, '--run-gate');
  assert.equal(red.code, 80);
  const [{ problem = {} } = {}] = red.checks.filter((c) => c.name === 'gate run');
  assert.match(`${problem.what}: ${problem.why}`, /ended with 3: broken wing/);
});

test('--config says of every value whether a file, a variable or nobody set it', async (t) => {
  const { world, env } = await patient(t);
  await world.write({ 'swarm.toml': '[workers]\nmax = 3\n' });
  const { config } = (await examine(world, env, '--config')) as Told & {
    config: { key: string; value: unknown; source: string }[];
  };
  const of = (key: string) => config.find((row) => row.key === key);
  assert.deepEqual(of('workers.max'), {
    key: 'workers.max',
    value: 3,
    source: `${world.repository}/swarm.toml: workers.max`,
  });
  assert.deepEqual(of('models.default'), {
    key: 'models.default',
    value: 'test-model',
    source: 'SWARM_MODEL',
  });
  assert.deepEqual(of('workers.attempts'), { key: 'workers.attempts', value: 3, source: 'default' });
});

test('an endpoint whose key a command prints says so, and what becomes of it when it ends', async (t) => {
  const { world, server, env } = await patient(t);
  const config = `[[endpoints]]\nname = "e"\nbase_url = "${server.url}"\nkey_command = ["sh", "-c", "echo sk-printed-1"]\n`;
  await writeFile(join(world.root, 'config', 'swarm', 'config.toml'), config);
  const { checks } = await examine(world, { SWARM_MODEL: env.SWARM_MODEL! });
  const { detail } = checks.find(({ name }) => name === 'endpoint e')!;
  assert.match(
    detail,
    /; its key is what sh prints, which is asked again when a key that worked is rejected$/,
  );
  assert.ok(!JSON.stringify(checks).includes('sk-printed-1'));
});

/**
 * Secrets of an operator in all the places where people have them, and an obedient agent that looks for each, prints it,
 * commits it and says it in its handoff. Each search has a control: without a sandbox it finds what it looks for.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { appendFile, chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { FILES, modelEnvironment, plannerAnswer } from './support/bicycle.ts';
import { type Call, startModelServer } from './support/model-server.ts';
import { contained, World } from './support/world.ts';

interface Canary {
  /** What is told of it. */
  readonly name: string;
  readonly value: string;
  /** Shell that prints it, where anything can. */
  readonly read: string;
}

/** No word of them is anywhere else, and none of them follows from another. */
const canary = (n: number): string => `c4nary${n}Qm9udGU${(n + 3) * 7919}xZ`;
const BASIC = Buffer.from(`me:${canary(8)}`).toString('base64');
const KEY = String(
  generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }),
);

const VARIABLES: Readonly<Record<string, string>> = {
  OPENAI_API_KEY: `sk-${canary(1)}`,
  AWS_SECRET_ACCESS_KEY: canary(2),
  GH_TOKEN: `ghp_${canary(3)}`,
};

/** Path below the home folder or the repository, what stands in it, and its secret. */
const PLACES: readonly (readonly [string, string, string])[] = [
  ['home/.netrc', `machine git.example login me password ${canary(4)}\n`, canary(4)],
  ['home/.npmrc', `//r.example/:_authToken=npm_${canary(5)}\n`, `npm_${canary(5)}`],
  ['home/.git-credentials', `https://me:${canary(6)}@git.example\n`, canary(6)],
  ['shop/.git/config', `[remote "mine"]\n\turl = https://me:${canary(7)}@git.example/x.git\n`, canary(7)],
  ['home/.gitconfig', `[http "https://git.example"]\n\textraheader = Authorization: Basic ${BASIC}\n`, BASIC],
  [
    'home/.aws/credentials',
    `[default]\naws_access_key_id = AKIAQ3EGTPKJ2M4X7WZA\naws_secret_access_key = ${canary(9)}\n`,
    canary(9),
  ],
  ['home/.ssh/id_rsa', KEY, KEY],
  [
    'home/.claude/.credentials.json',
    JSON.stringify({ claudeAiOauth: { accessToken: canary(11) } }),
    canary(11),
  ],
  ['home/.codex/auth.json', JSON.stringify({ tokens: { refresh_token: canary(12) } }), canary(12)],
  ['home/.gemini/oauth_creds.json', JSON.stringify({ access_token: canary(13) }), canary(13)],
  ['home/.config/github-copilot/apps.json', JSON.stringify({ x: { oauth_token: canary(14) } }), canary(14)],
  [
    'home/.local/share/opencode/auth.json',
    JSON.stringify({ x: { type: 'api', key: canary(15) } }),
    canary(15),
  ],
  ['shop/.env', `PORT=3000\nexport STRIPE="${canary(16)}"\n`, canary(16)],
];

const toldAs = (path: string): string => {
  if (path === 'shop/.git/config') return 'a password in the repository’s configuration';
  if (path === 'home/.gitconfig') return 'a header in ~/.gitconfig';
  if (path === 'shop/.env') return 'STRIPE of .env';
  const below = path.replace('home/', '~/');
  return path.includes('.ssh') ? `the key ${below}` : `a token in ${below}`;
};

async function seed(world: World): Promise<readonly Canary[]> {
  for (const [path, text] of PLACES) {
    const file = join(world.root, path);
    await mkdir(dirname(file), { recursive: true });
    await appendFile(file, text);
    await chmod(file, 0o600);
  }
  await writeFile(join(world.repository, '.git/info/exclude'), '.env\n');
  const inEnvironment = Object.entries(VARIABLES).map(([name, value]) => ({
    name,
    value,
    read: `cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep '^${name}=' | grep -v '=swarm-' | sort -u`,
  }));
  const inFiles = PLACES.map(([path, , value]) => {
    const file = join(world.root, path);
    const isGit = path.endsWith('config');
    return {
      name: toldAs(path),
      value,
      read: isGit ? `git config --file '${file}' --list` : `cat '${file}'`,
    };
  });
  return [...inEnvironment, ...inFiles];
}

/** A line of a key is a part of it. */
const needlesOf = ({ value }: Canary): readonly string[] =>
  value.includes('\n') ? value.trim().split('\n').slice(2, -2) : [value];

const within = (text: string, canaries: readonly Canary[]): readonly string[] =>
  canaries.filter((one) => needlesOf(one).some((needle) => text.includes(needle))).map(({ name }) => name);

/** Everything that lies under the world's folder, but for the places they were put; objects as git reads them. */
function leftBehind(world: World): string {
  const seeded = new Set(PLACES.map(([path]) => join(world.root, path)));
  const files = execFileSync('find', [world.root, '-type', 'f', '-size', '-8M'], { encoding: 'utf8' });
  const texts = files
    .trim()
    .split('\n')
    .filter((path) => !seeded.has(path) && !path.endsWith('plan.json'))
    .map((path) => readFileSync(path, 'latin1'));
  const repositories = execFileSync('find', [world.root, '-type', 'd', '-name', 'objects'], {
    encoding: 'utf8',
  });
  const objects = repositories
    .trim()
    .split('\n')
    .map((path) =>
      execFileSync('git', ['--git-dir', dirname(path), 'cat-file', '--batch-all-objects', '--batch'], {
        maxBuffer: 1e9,
        env: world.environment({
          GIT_CONFIG_COUNT: '1',
          GIT_CONFIG_KEY_0: 'safe.directory',
          GIT_CONFIG_VALUE_0: '*',
        }),
      }).toString('latin1'),
    );
  return [...texts, ...objects].join('\n');
}

/** What the sandbox does not hide, and is worth nothing outside of it. */
const OWN_TOKEN = `cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -m 1 '^OPENAI_API_KEY=swarm-'`;

/** Prints all, commits all, says all. */
function obedient(call: Call, canaries: readonly Canary[]): { tool: { name: string; arguments: object } } {
  const all = `env; ${canaries.map(({ read }) => `(${read}) 2>&1`).join('; ')}; git config --list 2>&1`;
  const run = (command: string) => ({ tool: { name: 'bash', arguments: { command } } });
  if (call.turn === 0) return run(`${all}; ${OWN_TOKEN}; true`);
  if (call.turn === 1)
    return run(`(${all}) | grep -v '=swarm-' > parts/axle.txt; echo axle >> parts/axle.txt`);
  const found = call.messages.filter(({ role }) => role === 'tool').map(({ content }) => content ?? '');
  const said = {
    status: 'complete',
    summary: found.join('\n').slice(0, 8_000),
    concerns: [],
    suggestions: [],
  };
  return { tool: { name: 'submit_handoff', arguments: said } };
}

async function searched(t: Parameters<typeof World.with>[0], more: readonly string[], attempts: number) {
  const world = await World.with(t, FILES);
  await world.configure(`[workers]\nattempts = ${attempts}\n`);
  const canaries = await seed(world);
  const received: string[] = [];
  const server = await startModelServer(t, (call) => {
    received.push(call.messages.map(({ content }) => content ?? '').join('\n'));
    return call.isWorker ? obedient(call, canaries) : plannerAnswer(call, ['axle']);
  });
  const env = { ...modelEnvironment(server.url), ...VARIABLES };
  const run = await world.swarm(['run', 'Build a bicycle', '--gate', 'true', ...more], { env });
  return { world, canaries, run, prompts: received.join('\n') };
}

test(
  'in the sandbox no agent finds any of them, and none is in anything a run leaves',
  contained,
  async (t) => {
    const { world, canaries, run, prompts } = await searched(t, [], 1);
    assert.equal(canaries.length, 16);
    assert.match(prompts, /OPENAI_API_KEY=swarm-/, 'the agent looked: it found its own token');
    assert.deepEqual(within(prompts, canaries), [], 'prompts');
    assert.deepEqual(within(leftBehind(world), canaries), [], 'files and objects');
    assert.deepEqual(within(`${run.stdout}${run.stderr}`, canaries), [], 'what is told');
    assert.equal(run.code, 0, run.stderr);
  },
);

test('without a sandbox it finds each; each is told by name, taken out of all that is written, and nothing lands', async (t) => {
  const { world, canaries, run, prompts } = await searched(t, ['--sandbox', 'none'], 1);
  assert.deepEqual(within(prompts, canaries).length, canaries.length, 'the search finds all of them');
  assert.deepEqual(within(leftBehind(world), canaries), [], 'files and objects');
  assert.deepEqual(within(`${run.stdout}${run.stderr}`, canaries), [], 'what is told');
  assert.equal(run.code, 1, run.stderr);
  const alarms = (await world.log()).filter(({ event }) => event === 'secret.found');
  const named = new Set(alarms.map(({ data }) => data.secret));
  assert.deepEqual(
    canaries.map(({ name }) => name).filter((name) => !named.has(name)),
    [],
  );
  assert(alarms.every(({ level }) => level === 'error'));
});

test('without a sandbox each that is committed is found there alone, by its name, file and line', async (t) => {
  const world = await World.with(t, FILES);
  await world.configure('[workers]\nattempts = 1\nmax = 4\n');
  const canaries = await seed(world);
  const tasks = canaries.map(({ read }, i) => ({
    id: `c${i}`,
    title: `Keep ${i}`,
    description: `(echo; ${read}) > parts/c${i}.txt`,
    scope: [`parts/c${i}.txt`],
  }));
  const clean = {
    id: 'clean',
    title: 'Keep nothing',
    description: 'echo x > parts/x.txt',
    scope: ['parts/x.txt'],
  };
  const run = await world.swarm(await world.plan([...tasks, clean], '--gate', 'true', '--sandbox', 'none'), {
    env: VARIABLES,
  });
  assert.equal(run.code, 1, run.stderr);
  const ended = (await world.log()).filter(({ event }) => event === 'secret.found').map(({ msg }) => msg);
  for (const [i, { name }] of canaries.entries()) {
    const told = ended.find((msg) => msg.includes(`parts/c${i}.txt`));
    assert(told?.includes(`the value of ${name} stands in "parts/c${i}.txt", line `), `${name}: ${told}`);
  }
  assert.deepEqual(within(leftBehind(world), canaries), []);
  const status = await world.swarm(['status']);
  assert.match(status.stdout, /^secret +t\d+\.1: the value of /m);
  const report = await world.swarm(['report', '--format', 'md']);
  assert.match(report.stdout, /\*\*Secrets\*\*, or what looks like them, were found/);
  assert.match(await world.git('log', '--all', '--format=%s'), /Keep nothing/);
});

const FORM = `ghp_${'a1B2c3D4e5F6g7H8i9J0'.repeat(2).slice(0, 36)}`;

test('what only looks like a secret holds the work, the next attempt is told where, and the operator can allow it', async (t) => {
  const world = await World.with(t, FILES);
  const description = `printf '// secretlint-disable\\nkey = ${FORM.slice(0, 10)}%s\\n' ${FORM.slice(10)} > parts/k.txt; cp "$PROMPT" ${join(world.root, 'prompt-')}$$`;
  const ask = [{ title: 'Keep a key', description, scope: ['parts/k.txt'] }];
  await world.configure('[workers]\nattempts = 2\n');
  const run = await world.swarm(await world.plan(ask, '--gate', 'true', '--sandbox', 'none'));
  assert.equal(run.code, 1, run.stderr);
  const why = 'rule github finds what looks like a secret in "parts/k.txt", line 2';
  const alarms = (await world.log()).filter(({ event }) => event === 'secret.found');
  assert.deepEqual(
    alarms.map(({ attempt, data }) => [attempt, data.why]),
    [
      ['t1.1', why],
      ['t1.2', why],
    ],
  );
  const prompts = execFileSync('sh', ['-c', `cat "${world.root}"/prompt-*`], { encoding: 'utf8' });
  assert(prompts.includes(why), 'the next attempt is told');

  await world.configure('[workers]\nattempts = 1\n[secrets]\nallow = ["rule:github parts/**"]\n');
  const allowed = await world.swarm(await world.plan(ask, '--gate', 'true', '--sandbox', 'none'));
  assert.equal(allowed.code, 0, allowed.stderr);
});

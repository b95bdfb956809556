/**
 * Part of `pnpm agents`: what the vendors’ own agents make of the headers of a plan, beside what is read of the same
 * headers here. Their servers are played; the headers are those that real ones were seen to send.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { PRESETS, type PresetName } from '@swarm/agent';
import { type Quota, quotasIn, readScript, startScriptedServer } from '@swarm/llm';
import { installFolder } from '../../src/agents/found.ts';
import { installAgent } from '../../src/agents/install.ts';
import { systemClock } from '../../src/running/clock.ts';
import { World } from '../support/world.ts';

const wanted = process.env.SWARM_AGENTS?.split(',') ?? ['claude', 'codex'];
const isThere = (name: PresetName) => (wanted.includes(name) ? {} : { skip: `${name} is not tried` });
const INSTALLED = {
  ...process.env,
  PATH: process.env.PATH!,
  XDG_STATE_HOME: join(import.meta.dirname, '..', '..', 'dist', 'agents'),
};
const SECONDS = Math.floor(Date.now() / 1_000);

type Headers_ = Readonly<Record<string, string>>;

/** Refuses each call with these headers. */
async function refusing(t: TestContext, headers: Headers_, error: object): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(429, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ type: 'error', error }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What it printed, in a home of its own. Codex takes none below the folder for temporary files. */
async function printed(t: TestContext, name: PresetName, args: readonly string[], env: NodeJS.ProcessEnv) {
  const folder = installFolder(PRESETS[name], INSTALLED);
  if (!existsSync(folder)) await installAgent(name, { nodePath: process.execPath }, INSTALLED);
  const home = mkdtempSync(join(homedir(), '.swarm-quotas-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, '.codex'));
  const child = spawn(
    join(folder, 'node_modules', PRESETS[name].npm.programs(process.arch === 'arm64' ? 'arm64' : 'x64')[0]!),
    args,
    {
      cwd: home,
      env: { PATH: `${join(process.execPath, '..')}:/usr/bin:/bin`, HOME: home, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 120_000,
    },
  );
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece;
  });
  await once(child, 'close');
  return { home, text };
}

const plain = (quotas: readonly Quota[]) =>
  quotas.map(({ of, used, resetsAt }) => [of, used * 100, resetsAt && resetsAt / 1_000]);

test('codex reads the plan’s headers as they are read here', isThere('codex'), async (t) => {
  const headers = {
    'x-codex-primary-used-percent': '100',
    'x-codex-primary-window-minutes': '300',
    'x-codex-primary-reset-at': `${SECONDS + 7_200}`,
    'x-codex-primary-reset-after-seconds': '7200',
    'x-codex-secondary-used-percent': '80',
    'x-codex-secondary-window-minutes': '10080',
    'x-codex-secondary-reset-at': `${SECONDS + 36_000}`,
    'x-codex-secondary-reset-after-seconds': '36000',
  };
  const url = await refusing(t, headers, {
    type: 'usage_limit_reached',
    message: 'The usage limit has been reached',
    plan_type: 'plus',
    resets_at: SECONDS + 7_200,
  });
  const provider = `{name="s",base_url="${url}/v1",env_key="KEY",wire_api="responses",request_max_retries=0,stream_max_retries=0}`;
  const config = ['-c', 'model_provider=s', '-c', `model_providers.s=${provider}`, '-c', 'model=m'];
  const { home } = await printed(t, 'codex', ['exec', '--json', '--skip-git-repo-check', ...config, 'Go.'], {
    KEY: 'k',
  });
  const files = readdirSync(join(home, '.codex', 'sessions'), { recursive: true, encoding: 'utf8' });
  const lines = files
    .filter((file) => file.endsWith('.jsonl'))
    .flatMap((file) =>
      readFileSync(join(home, '.codex', 'sessions', file), 'utf8')
        .trim()
        .split('\n'),
    );
  const told = lines.flatMap((line) => JSON.parse(line).payload?.rate_limits ?? []).at(-1);
  const spans: Readonly<Record<number, string>> = { 300: '5h', 10080: '7d' };
  assert.deepEqual(
    [told.primary, told.secondary].map((w) => [spans[w.window_minutes], w.used_percent, w.resets_at]),
    plain(quotasIn(new Headers(headers), Date.now())),
  );
});

test('claude reads the plan’s headers as they are read here', isThere('claude'), async (t) => {
  const headers = {
    'anthropic-ratelimit-unified-status': 'rejected',
    'anthropic-ratelimit-unified-representative-claim': 'five_hour',
    'anthropic-ratelimit-unified-reset': `${SECONDS + 7_200}`,
    'anthropic-ratelimit-unified-5h-status': 'rejected',
    'anthropic-ratelimit-unified-5h-utilization': '1',
    'anthropic-ratelimit-unified-5h-reset': `${SECONDS + 7_200}`,
    'anthropic-ratelimit-unified-7d-status': 'allowed',
    'anthropic-ratelimit-unified-7d-utilization': '0.3',
    'anthropic-ratelimit-unified-7d-reset': `${SECONDS + 72_000}`,
  };
  const error = { type: 'rate_limit_error', message: 'This request would exceed your account’s rate limit.' };
  const url = await refusing(t, headers, error);
  const env = { ANTHROPIC_BASE_URL: url, CLAUDE_CODE_OAUTH_TOKEN: 'played', CLAUDE_CODE_MAX_RETRIES: '0' };
  const args = ['-p', '--output-format', 'stream-json', '--verbose', 'Go.'];
  const { text } = await printed(t, 'claude', args, env);
  const events = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const told = events.find(({ type }) => type === 'rate_limit_event').rate_limit_info;
  const { five_hour, seven_day } = told.unifiedWindows;
  assert.deepEqual(
    [
      ['5h', five_hour.utilization * 100, five_hour.resetsAt],
      ['7d', seven_day.utilization * 100, seven_day.resetsAt],
    ],
    plain(quotasIn(new Headers(headers), Date.now())),
  );
  assert.equal(told.status, 'rejected');
});

/** Passes on to `url`, but for whoever shows the key once it has been shown `calls` times. */
async function limited(t: TestContext, url: string, key: string, calls: number, headers: Headers_) {
  const shown: string[] = [];
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const by = String(request.headers.authorization).replace('Bearer ', '');
    if (request.method === 'POST') shown.push(by);
    if (by === key && shown.filter((one) => one === key).length > calls) {
      response.writeHead(429, { 'content-type': 'application/json', ...headers });
      const error = {
        type: 'rate_limit_error',
        message: 'This request would exceed your account’s rate limit.',
      };
      return response.end(JSON.stringify({ type: 'error', error }));
    }
    const { host: _, connection: __, 'content-length': ___, ...kept } = request.headers;
    const body = pieces.length > 0 ? { body: Buffer.concat(pieces) } : {};
    const how = { method: request.method!, headers: kept as Record<string, string>, ...body };
    const answer = await fetch(new URL(request.url!, url), how);
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
    return response.end(Buffer.from(await answer.arrayBuffer()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, shown };
}

test(
  'claude is not told that its account is used up in the middle of its work: the next one goes on, and it lands',
  isThere('claude'),
  async (t) => {
    const answers = [
      { role: 'worker', text: 'I write it.', tools: [PRESETS.claude.shellCall('echo a > a.txt')] },
      { role: 'worker', text: 'I look.', tools: [PRESETS.claude.shellCall('cat a.txt')] },
      { role: 'worker', text: 'It is written.' },
    ];
    const script = readScript(JSON.stringify({ answers }), 'answers');
    const scripted = await startScriptedServer({ script, clock: systemClock });
    t.after(() => scripted.close());
    const { url, shown } = await limited(t, scripted.url, 'sk-of-one', 1, {
      'anthropic-ratelimit-unified-status': 'rejected',
      'anthropic-ratelimit-unified-representative-claim': 'five_hour',
      'anthropic-ratelimit-unified-reset': `${SECONDS + 7_200}`,
    });
    const world = await World.with(t, { 'README.md': 'parts\n' });
    const accounts = ['one', 'two'].map(
      (name) => `{ name = "${name}", key_command = ["echo", "sk-of-${name}"] }`,
    );
    await world.configure(
      `[models]\ndefault = "scripted"\n[[endpoints]]\nname = "v"\nbase_url = "${url}"\ndialect = "messages"\nauth = "bearer"\naccounts = [${accounts.join(', ')}]\n[workers]\nattempts = 1\n`,
    );
    const plan = join(world.root, 'plan.json');
    writeFileSync(plan, JSON.stringify([{ title: 'Add a', description: 'Write a.txt.', scope: ['a.txt'] }]));
    const folder = join(installFolder(PRESETS.claude, INSTALLED), 'node_modules', '.bin');
    const args = ['run', '--plan', plan, '--agent', 'claude', '--setup', 'none', '--gate', 'cat README.md'];
    const ran = await world.swarm([...args, '--sandbox', 'bubblewrap'], {
      env: { PATH: `${folder}:/usr/local/bin:/usr/bin:/bin` },
    });
    assert.equal(ran.code, 0, ran.stderr);
    assert.equal(await world.git('show', `${await world.branch()}:a.txt`), 'a');
    assert.deepEqual(shown, ['sk-of-one', 'sk-of-one', 'sk-of-two', 'sk-of-two']);
    const emptied = (await world.log()).filter(({ event }) => event === 'endpoint.emptied');
    assert.deepEqual(
      emptied.map(({ data }) => [data.endpoint, data.moreAt]),
      [['v/one', (SECONDS + 7_200) * 1_000]],
    );
  },
);

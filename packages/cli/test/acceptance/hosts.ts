/**
 * `pnpm hosts`: three hosts in three network namespaces over Debian's nats-server, sixty tasks; one host is cut off in the
 * middle, one is killed, the message server loses all it held, the home is killed and resumed. Every task lands once.
 * `pnpm hosts --speed`: the same tasks on 1, 2 and 4 hosts, with what they took and what went over the wire.
 * Needs root, iproute2, nats-server and bubblewrap. Exit 0: all of it held.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const MAIN = join(import.meta.dirname, '../../src/main.ts');
const NODE = [process.execPath, '--conditions=swarm-src', MAIN];
const HOSTS = ['h1', 'h2', 'h3'];
const NET = '10.77.0';
const { values } = parseArgs({
  options: { speed: { type: 'boolean', default: false }, tasks: { type: 'string', default: '60' } },
});
const TASKS = Number(values.tasks);
const folder = mkdtempSync(join(tmpdir(), 'swarm-hosts-'));
const env = {
  PATH: process.env.PATH,
  HOME: join(folder, 'home'),
  XDG_STATE_HOME: join(folder, 'state'),
  GIT_CONFIG_NOSYSTEM: '1',
};
const children = new Map<string, ChildProcess>();

const sh = (...argv: readonly string[]): string =>
  execFileSync(argv[0]!, argv.slice(1), { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const quietly = (...argv: readonly string[]): void => {
  try {
    sh(...argv);
  } catch {
    // What is to be removed may not be there.
  }
};
const say = (text: string): void => console.log(`${new Date().toISOString().slice(11, 19)} ${text}`);

function start(name: string, argv: readonly string[], cwd = folder): ChildProcess {
  const child = spawn(argv[0]!, argv.slice(1), {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: string[] = [];
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => log.push(text));
  child.once('exit', () => {
    if (existsSync(folder)) writeFileSync(join(folder, `${name}-${child.pid}.log`), log.join(''));
  });
  children.set(name, child);
  return child;
}

/** With all it started. */
function kill(name: string): void {
  const { pid } = children.get(name)!;
  if (pid) process.kill(-pid, 'SIGKILL');
}

function makeRepository(sleepSeconds: number): string {
  const repository = join(folder, `repo-${Date.now()}`);
  mkdirSync(repository, { recursive: true });
  mkdirSync(env.HOME, { recursive: true });
  const agent = join(folder, 'agent.sh');
  writeFileSync(
    agent,
    `#!/bin/sh\nsleep ${sleepSeconds}\nf=$(sed -n 's/.*write \\(f[0-9]*\\.txt\\).*/\\1/p' "$1" | head -1)\necho "work of $f" > "$f"\n`,
  );
  chmodSync(agent, 0o755);
  writeFileSync(
    join(repository, 'swarm.toml'),
    `[agent]\ndriver = "command"\n[agent.command]\nrun = [${JSON.stringify(agent)}, "{prompt_file}"]\n[gate]\ncommand = "true"\n`,
  );
  const git = (...args: string[]): string => sh('git', '-C', repository, ...args);
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('-c', 'user.name=a', '-c', 'user.email=a@localhost', 'commit', '--quiet', '--message', 'base');
  const plan = Array.from({ length: TASKS }, (_, i) => ({
    id: `p${i}`,
    title: `Write f${i}`,
    description: `write f${i}.txt now`,
    scope: [`f${i}.txt`],
    priority: 5,
  }));
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
  return repository;
}

// ───────────────────────── namespaces ─────────────────────────

function makeNet(): void {
  takeNetDown();
  sh('ip', 'link', 'add', 'swarmbr', 'type', 'bridge');
  sh('ip', 'addr', 'add', `${NET}.1/24`, 'dev', 'swarmbr');
  sh('ip', 'link', 'set', 'swarmbr', 'up');
  for (const [i, host] of HOSTS.entries()) {
    sh('ip', 'netns', 'add', host);
    sh('ip', 'link', 'add', `v${host}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host);
    sh('ip', 'link', 'set', `v${host}`, 'master', 'swarmbr', 'up');
    const inside = ['ip', 'netns', 'exec', host, 'ip'];
    sh(...inside, 'link', 'set', 'lo', 'up');
    sh(...inside, 'addr', 'add', `${NET}.${i + 2}/24`, 'dev', 'eth0');
    sh(...inside, 'link', 'set', 'eth0', 'up');
  }
}

function takeNetDown(): void {
  for (const host of HOSTS) quietly('ip', 'netns', 'del', host);
  quietly('ip', 'link', 'del', 'swarmbr');
}

const link = (host: string, state: 'up' | 'down'): string => sh('ip', 'link', 'set', `v${host}`, state);

// ───────────────────────── the run ─────────────────────────

const nats = join(folder, 'nats');
const url = `nats://${NET}.1:4333`;
const startServer = (): ChildProcess => start('nats', ['nats-server', '-c', join(nats, 'nats-server.conf')]);
const startHost = (host: string): ChildProcess =>
  start(host, [
    ...['ip', 'netns', 'exec', host, ...NODE, 'worker', '--nats', url, '--name', host, '--slots', '3'],
    ...['--creds', join(nats, `${host}.seed`), '--state', join(folder, host)],
  ]);

interface Line {
  readonly event: string;
  readonly msg: string;
  readonly task?: string;
}

function logOf(repository: string): readonly Line[] {
  const found = quiet(() => sh('find', join(repository, '.git/swarm/runs'), '-name', 'log.ndjson')).trim();
  if (found === '') return [];
  const text = readFileSync(found.split('\n')[0]!, 'utf8');
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);
}
const quiet = (read: () => string): string => {
  try {
    return read();
  } catch {
    return '';
  }
};
const landed = (repository: string): number => {
  const head = quiet(() =>
    sh('git', '-C', repository, 'for-each-ref', '--format=%(refname)', 'refs/heads/swarm'),
  ).trim();
  return head === '' ? 0 : trailers(repository).length;
};
const trailers = (repository: string): string[] =>
  sh('git', '-C', repository, 'log', '--branches=swarm/*', '--format=%(trailers:key=Swarm-Task,valueonly)')
    .split('\n')
    .filter((line) => /^t\d+$/.test(line));

async function when(what: string, isSo: () => boolean): Promise<void> {
  for (let n = 0; n < 6_000 && !isSo(); n++) await new Promise((resolve) => setTimeout(resolve, 100));
  if (!isSo()) throw new Error(`it never came to this: ${what}`);
}

async function faults(): Promise<boolean> {
  const repository = makeRepository(5);
  makeNet();
  sh(
    ...NODE,
    'workers',
    '--setup',
    nats,
    ...HOSTS.flatMap((host) => ['--host', host]),
    '--listen',
    `${NET}.1:4333`,
  );
  startServer();
  for (const host of HOSTS) startHost(host);
  const flags = ['--nats', url, '--nats-creds', join(nats, 'home.seed'), '--workers', '9'];
  const isOver = { value: false };
  const begin = (...argv: string[]): ChildProcess =>
    start('home', [...NODE, ...argv], repository).once('exit', (code) => {
      if (code === 0) isOver.value = true;
    });
  begin('run', '--plan', join(folder, 'plan.json'), '--trust-repo', ...flags);
  await when('a sixth has landed', () => landed(repository) >= TASKS / 6);
  say(`${landed(repository)} landed: h1 is cut off`);
  link('h1', 'down');
  await when('a quarter has landed', () => landed(repository) >= TASKS / 4);
  say(`${landed(repository)} landed: h2 is killed`);
  kill('h2');
  await when('a third has landed', () => landed(repository) >= TASKS / 3);
  say(`${landed(repository)} landed: the message server loses all it held`);
  kill('nats');
  rmSync(join(nats, 'streams'), { recursive: true, force: true });
  startServer();
  await when('two fifths have landed', () => landed(repository) >= (TASKS * 2) / 5);
  say(`${landed(repository)} landed: the home is killed, and resumed; h2 begins anew, h1 is there again`);
  kill('home');
  startHost('h2');
  link('h1', 'up');
  begin('resume');
  await when('the run has ended', () => isOver.value);
  const tasks = trailers(repository);
  const once_ = new Set(tasks).size === TASKS && tasks.length === TASKS;
  const log = logOf(repository);
  const count = (event: string): number => log.filter((line) => line.event === event).length;
  say(`${tasks.length} landings of ${new Set(tasks).size} tasks`);
  for (const event of [
    'host.joined',
    'host.lapsed',
    'host.left',
    'host.stale',
    'attempt.held',
    'attempt.started',
    'wire.lost',
  ])
    say(`  ${event}: ${count(event)}`);
  say(
    `  lost: ${log.filter(({ event, msg }) => event === 'attempt.ended' && msg.includes('went away')).length}`,
  );
  const verified = execFileSync(NODE[0]!, [...NODE.slice(1), 'verify'], {
    cwd: repository,
    env,
    encoding: 'utf8',
  });
  say(verified.trim().split('\n').at(-1)!);
  return once_ && verified.includes('every promise was kept');
}

async function speed(): Promise<boolean> {
  let first = 0;
  for (const hosts of [1, 2, 4]) {
    const repository = makeRepository(3);
    const since = performance.now();
    const argv = ['run', '--plan', join(folder, 'plan.json'), '--trust-repo', '--hosts', String(hosts)];
    const home = start('home', [...NODE, ...argv, '--workers', String(hosts * 3)], repository);
    const meter = metered(home.pid!);
    const [code] = await once(home, 'exit');
    const seconds = (performance.now() - since) / 1_000;
    first ||= seconds;
    const landed = trailers(repository).length;
    const { cpuMs, wireBytes } = meter.stop();
    const each = (value: number): number => Math.round(value / TASKS);
    say(
      `${hosts} hosts x 3 slots: ${landed} of ${TASKS} landed in ${seconds.toFixed(1)} s, ${(first / seconds).toFixed(2)}x; an attempt takes ${each(cpuMs)} ms of home's CPU and ${each(wireBytes)} bytes over the wire, beside a bare pack of ${barePack(repository)}`,
    );
    if (code !== 0) return false;
  }
  return true;
}

const METER_MS = 100;
const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** CPU of the home's own process, its start included, and what its message server has read; as last seen before the end. */
function metered(home: number): { stop(): { readonly cpuMs: number; readonly wireBytes: number } } {
  let [cpuMs, wireBytes] = [0, 0];
  const look = (): void => {
    try {
      cpuMs = cpuMsOf(home);
      const server = sh('pgrep', '-n', '-f', `nats-server -c ${env.XDG_STATE_HOME}`).trim();
      wireBytes = Number(/^rchar: (\d+)/m.exec(readFileSync(`/proc/${server}/io`, 'utf8'))![1]);
    } catch {
      // Not there yet, or gone by now.
    }
  };
  const timer = setInterval(look, METER_MS);
  return {
    stop() {
      clearInterval(timer);
      return { cpuMs, wireBytes };
    },
  };
}

function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_PER_SECOND;
}

/** Bytes of what one landing brought, as git packs it. */
function barePack(repository: string): number {
  const branch = sh(
    'git',
    '-C',
    repository,
    'for-each-ref',
    '--format=%(refname)',
    'refs/heads/swarm/',
  ).trim();
  const git = ['git', '-C', repository, 'pack-objects', '--revs', '--stdout', '-q'];
  const input = `${branch}\n^${branch}~1\n`;
  return execFileSync(git[0]!, git.slice(1), { env, input }).length;
}

try {
  const isKept = await (values.speed ? speed() : faults());
  say(isKept ? 'all of it held' : `NOT all of it held; see ${folder}`);
  process.exitCode = isKept ? 0 : 1;
} finally {
  for (const name of children.keys()) {
    const child = children.get(name)!;
    if (child.exitCode === null && child.signalCode === null) kill(name);
  }
  if (!values.speed) takeNetDown();
  if (process.exitCode === 0) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

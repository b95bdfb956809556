/**
 * What a run takes while its model is silent: two agents wait for an answer that does not come, and nothing else is to be
 * done. The program as it is installed, over a minute: CPU of every process of the run, and the memory each has of its
 * own (RssAnon, proc(5): what is mapped of programs is shared, and can be dropped).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Figure } from './figure.ts';
import { makeOrigin } from './landing-repo.ts';
import { installed, userAt } from './typed.ts';

const FILES = 40;
/** Every agent has begun, and what was needed to start has been given back. */
const SETTLE_MS = 20_000;
const MEASURED_MS = 60_000;
const MIB = 1_024 * 1_024;

export async function run(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-bench-'));
  const server = await startSilentModel();
  try {
    return await measureIn(folder, server.url);
  } finally {
    server.close();
    await rm(folder, { recursive: true, maxRetries: 3 });
  }
}

async function measureIn(folder: string, url: string): Promise<readonly Figure[]> {
  const main = await installed(join(folder, 'swarm'));
  const origin = join(folder, 'origin.git');
  makeOrigin(origin, FILES, 1);
  const user = await userAt(folder, origin);
  const env = { ...user.env, OPENAI_API_KEY: 'key', OPENAI_BASE_URL: url, SWARM_MODEL: 'silent' };
  const words = ['run', 'Write two files', '--gate', 'none', '--setup', 'none', '--workers', '2'];
  const child = spawn(process.execPath, [main, ...words], {
    cwd: user.repository,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'close');
  try {
    await begun(child.stderr);
    await pause(SETTLE_MS);
    const before = useOf(child.pid!);
    const at = performance.now();
    await pause(MEASURED_MS);
    const state = await bytesOf(join(user.env.HOME, '.local/state/swarm'));
    return figuresOf(child.pid!, { before, after: useOf(child.pid!), ms: performance.now() - at, state });
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

/** Both agents have started; throws with the program's words when it ends before. What it says later is read on. */
function begun(lines: NodeJS.ReadableStream): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let said = '';
  lines.on('data', (chunk: Buffer) => {
    said += chunk;
    if ((said.match(/ started on w\d/g) ?? []).length === 2) resolve();
  });
  lines.on('end', () => reject(new Error(`swarm ended:\n${said}`)));
  return promise;
}

// ───────────── the model ─────────────

const PLAN = JSON.stringify({
  tasks: ['a', 'b'].map((id) => ({
    id,
    title: `Write ${id}`,
    description: 'One line.',
    scope: [`${id}.txt`],
  })),
  done: true,
});

/** Gives the planner its plan, and no agent an answer. */
async function startSilentModel() {
  const server = createServer((request, response) => {
    let asked = '';
    request.on('data', (chunk: Buffer) => {
      asked += chunk;
    });
    request.on('end', () => answer(response, request.method === 'GET', asked.includes('submit_handoff')));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, close };
}

function answer(response: ServerResponse, isList: boolean, isAgent: boolean): void {
  if (isList) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ object: 'list', data: [{ id: 'silent' }] }));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  if (isAgent) return void response.write(': nothing yet\n\n');
  const usage = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };
  const choices = [{ index: 0, delta: { role: 'assistant', content: PLAN }, finish_reason: 'stop' }];
  for (const event of [{ choices }, { choices: [], usage }])
    response.write(`data: ${JSON.stringify(event)}\n\n`);
  response.end('data: [DONE]\n\n');
}

// ───────────── what is used ─────────────

interface Use {
  readonly cpuMs: number;
  readonly ownBytes: number;
  readonly isNode: boolean;
}

/** Of a process and all below it, by id. */
function useOf(root: number): ReadonlyMap<number, Use> {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) if (/^\d+$/.test(name)) parents.set(Number(name), parentOf(name));
  const found = new Set([root]);
  for (const one of found) for (const [pid, parent] of parents) if (parent === one) found.add(pid);
  return new Map([...found].map((pid) => [pid, usedBy(pid)]));
}

const textOf = (path: string): string => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
};

/** What follows the name in brackets, which may hold anything. */
const statOf = (pid: number | string): readonly string[] => {
  const stat = textOf(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
};

const parentOf = (pid: string): number => Number(statOf(pid)[1]);

/** Linux counts in hundredths of a second. */
const TICK_MS = 10;

function usedBy(pid: number): Use {
  const stat = statOf(pid);
  const own = Number(/^RssAnon:\s*(\d+) kB/m.exec(textOf(`/proc/${pid}/status`))?.[1] ?? 0) * 1_024;
  const isNode = /^[^\0]*node\0/.test(textOf(`/proc/${pid}/cmdline`));
  return { cpuMs: (Number(stat[11]) + Number(stat[12])) * TICK_MS, ownBytes: own, isNode };
}

async function bytesOf(path: string): Promise<number> {
  const names = await readdir(path, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map((entry) => stat(join(entry.parentPath, entry.name))));
  return sizes.reduce((sum, { blocks }) => sum + blocks * 512, 0);
}

interface Seen {
  readonly before: ReadonlyMap<number, Use>;
  readonly after: ReadonlyMap<number, Use>;
  readonly ms: number;
  readonly state: number;
}

function figuresOf(root: number, { before, after, ms, state }: Seen): Figure[] {
  const spent = [...before].reduce((sum, [pid, use]) => sum + ((after.get(pid)?.cpuMs ?? 0) - use.cpuMs), 0);
  const agents = [...after].filter(([pid, { isNode }]) => pid !== root && isNode);
  if (agents.length !== 2) throw new Error(`${agents.length} agents instead of 2`);
  const largest = Math.max(...agents.map(([, { ownBytes }]) => ownBytes));
  const atMost = (value: number) => ({ kind: 'at-most', value }) as const;
  return [
    {
      name: 'a silent model, two agents: CPU of all processes',
      value: (100 * spent) / ms,
      unit: '% of one',
      aim: atMost(1),
    },
    {
      name: '  memory of the run’s own process',
      value: after.get(root)!.ownBytes / MIB,
      unit: 'MiB',
      aim: atMost(60),
    },
    { name: '  memory of an agent', value: largest / MIB, unit: 'MiB', aim: atMost(60) },
    { name: '  state directory, meanwhile', value: state / MIB, unit: 'MiB' },
  ];
}

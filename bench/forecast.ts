/**
 * How often a forecast is right: thirty runs as a user types them, with an agent that asks its model once and a model whose
 * tokens and times differ from run to run and from task to task; plans that are wide, plans that are a chain, and both.
 * Before each one `swarm run --dry-run --json` says what it is likely to
 * use; afterwards `swarm report --json` says what it used.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Figure } from './figure.ts';
import { makeOrigin } from './landing-repo.ts';
import { installed, type User, userAt } from './typed.ts';

const RUNS = 30;
/** Recorded before the first one counts. */
const LEARNT = 4;
const FILES = 40;
/** Of the logarithm: of a run as a whole, and of each of its tasks. */
const RUN_SPREAD = 0.3;
const TASK_SPREAD = 0.5;
const CALL = { inputTokens: 8_000, outputTokens: 600, ms: 300 };

export async function run(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-bench-'));
  const model = await startModel();
  try {
    const main = await installed(join(folder, 'swarm'));
    const origin = join(folder, 'origin.git');
    makeOrigin(origin, FILES, 1);
    const user = await userAt(folder, origin);
    const env = { ...user.env, OPENAI_API_KEY: 'key', OPENAI_BASE_URL: model.url, SWARM_MODEL: 'gpt-5' };
    await giveAgent(folder, user.env.HOME);
    const tried: Tried[] = [];
    for (let i = 0; i < LEARNT + RUNS; i++) {
      const one = await tryOnce({ main, user: { ...user, env }, folder, i, model });
      if (i >= LEARNT) tried.push(one);
    }
    return figuresOf(tried);
  } finally {
    model.close();
    await rm(folder, { recursive: true, maxRetries: 3 });
  }
}

interface Range {
  readonly low: number;
  readonly high: number;
}

interface Tried {
  readonly foreseen: Readonly<Record<'tokens' | 'usd' | 'wallMs', Range>>;
  readonly used: Readonly<Record<'tokens' | 'usd' | 'wallMs', number>>;
}

interface Ask {
  readonly main: string;
  readonly user: User;
  readonly folder: string;
  readonly i: number;
  readonly model: Model;
}

const execute = promisify(execFile);

async function tryOnce({ main, user, folder, i, model }: Ask): Promise<Tried> {
  const plan = join(folder, 'plan.json');
  await writeFile(plan, JSON.stringify(planOf(i)));
  model.nextRun();
  const swarm = async (...words: string[]) =>
    (await execute(process.execPath, [main, ...words], { cwd: user.repository, env: user.env })).stdout;
  const open = ['--gate', 'none', '--setup', 'none', '--sandbox', 'none'];
  const words = ['run', '--plan', plan, '--agent', 'command', ...open, '--workers', '2'];
  const { forecast } = JSON.parse(await swarm(...words, '--dry-run', '--json'));
  await swarm(...words);
  const { tokens, used, activeMs, landed } = JSON.parse(await swarm('report', '--json'));
  if (landed !== planOf(i).length) throw new Error(`${landed} of ${planOf(i).length} tasks landed`);
  return { foreseen: forecast, used: { tokens, usd: used.costUsd, wallMs: activeMs } };
}

/** As light as an agent may be: what is measured is the forecast, and not how fast an agent starts. */
const AGENT = `
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
const [task] = [JSON.parse(readFileSync(process.argv[2], 'utf8'))].flat();
const { OPENAI_BASE_URL, OPENAI_API_KEY } = process.env;
const asked = await fetch(OPENAI_BASE_URL + '/chat/completions', {
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Bearer ' + OPENAI_API_KEY },
  body: JSON.stringify({ model: 'gpt-5', messages: [{ role: 'user', content: task.description }] }),
});
if (!asked.ok) throw new Error(await asked.text());
await asked.text();
mkdirSync('new', { recursive: true });
writeFileSync(task.scope[0], task.title);
`;

async function giveAgent(folder: string, home: string): Promise<void> {
  const file = join(folder, 'agent.mjs');
  await writeFile(file, AGENT);
  const config = join(home, '.config', 'swarm');
  await mkdir(config, { recursive: true });
  const run = JSON.stringify([process.execPath, file, '{task_file}']);
  await writeFile(join(config, 'config.toml'), `[agent.command]\nrun = ${run}\n`);
}

/** Two to nine tasks: of every third plan none waits, of every third a third of them does, and the others are a chain. */
const planOf = (i: number) =>
  Array.from({ length: 2 + ((i * 5) % 8) }, (_, n) => ({
    id: `t${n}`,
    title: `Write ${i}-${n}`,
    description: `Write the file new/${i}-${n}.txt.`,
    scope: [`new/${i}-${n}.txt`],
    ...(n > 0 && waits(i, n) && { dependsOn: [`t${n - 1}`] }),
  }));

const waits = (i: number, n: number): boolean => (i % 3 === 0 ? false : i % 3 === 1 ? n % 3 === 2 : true);

function figuresOf(tried: readonly Tried[]): Figure[] {
  return (['tokens', 'usd', 'wallMs'] as const).flatMap((what) => {
    const held = tried.filter(({ foreseen, used }) => {
      const { low, high } = foreseen[what];
      return low <= used[what] && used[what] <= high;
    });
    const widths = tried.map(({ foreseen }) => foreseen[what].high / foreseen[what].low);
    return [
      {
        name: `${what}: runs that ended within their forecast`,
        value: (100 * held.length) / tried.length,
        unit: '%',
        aim: { kind: 'at-least', value: 80 },
      },
      {
        name: '  its widest range',
        value: Math.max(...widths),
        unit: 'times',
        aim: { kind: 'at-most', value: 4.001 },
      },
      {
        name: '  its ranges on average',
        value: widths.reduce((sum, width) => sum + width, 0) / widths.length,
        unit: 'times',
      },
    ] as const;
  });
}

// ───────────── the model ─────────────

interface Model {
  readonly url: string;
  /** From here on calls cost what they cost in another run. */
  nextRun(): void;
  close(): void;
}

async function startModel(): Promise<Model> {
  const normal = normals(11);
  let ofRun = 1;
  const ofTask = new Map<string, number>();
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk;
    });
    request.on('end', async () => {
      if (request.method === 'GET')
        return void response.end(JSON.stringify({ object: 'list', data: [{ id: 'gpt-5' }] }));
      const path = /Write the file (new\/\d+-\d+\.txt)/.exec(text)?.[1] ?? '';
      if (!ofTask.has(path)) ofTask.set(path, Math.exp(TASK_SPREAD * normal()));
      const factor = ofRun * ofTask.get(path)!;
      await pause(CALL.ms * factor);
      answer(response, factor);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    nextRun() {
      ofRun = Math.exp(RUN_SPREAD * normal());
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(response: ServerResponse, factor: number): void {
  const [prompt_tokens, completion_tokens] = [CALL.inputTokens, CALL.outputTokens].map((n) =>
    Math.round(n * factor),
  ) as [number, number];
  const usage = { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
  const message = { role: 'assistant', content: 'ok' };
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }], usage }));
}

/** Standard normal numbers, the same ones each time (Box and Muller, 1958). */
function normals(seed: number): () => number {
  let state = seed;
  const random = (): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return (state + 1) / 2_147_483_649;
  };
  return () => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
}

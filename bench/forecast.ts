/**
 * How often a forecast is right: thirty runs as a user types them, with our own agent and a model whose tokens and times
 * differ from run to run and from task to task. Before each one `swarm run --dry-run --json` says what it is likely to
 * use; afterwards `swarm report --json` says what it used.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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
const CALL = { inputTokens: 4_000, outputTokens: 300, ms: 150 };

export async function run(): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'swarm-bench-'));
  const model = await startModel();
  try {
    const main = await installed(join(folder, 'swarm'));
    const origin = join(folder, 'origin.git');
    makeOrigin(origin, FILES, 1);
    const user = await userAt(folder, origin);
    const env = { ...user.env, OPENAI_API_KEY: 'key', OPENAI_BASE_URL: model.url, SWARM_MODEL: 'gpt-5' };
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
  const words = ['run', '--plan', plan, '--gate', 'none', '--setup', 'none', '--workers', '2'];
  const { forecast } = JSON.parse(await swarm(...words, '--dry-run', '--json'));
  await swarm(...words);
  const { tokens, used, activeMs, landed } = JSON.parse(await swarm('report', '--json'));
  if (landed !== planOf(i).length) throw new Error(`${landed} of ${planOf(i).length} tasks landed`);
  return { foreseen: forecast, used: { tokens, usd: used.costUsd, wallMs: activeMs } };
}

/** Two to nine tasks, a third of which wait for the one before. */
const planOf = (i: number) =>
  Array.from({ length: 2 + ((i * 5) % 8) }, (_, n) => ({
    id: `t${n}`,
    title: `Write ${i}-${n}`,
    description: `Write the file new/${i}-${n}.txt.`,
    scope: [`new/${i}-${n}.txt`],
    ...(n % 3 === 2 && { dependsOn: [`t${n - 1}`] }),
  }));

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
      answer(response, path, text.includes('"role":"tool"'), factor);
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

/** Writes its file, then hands it in. */
function answer(response: ServerResponse, path: string, isSecond: boolean, factor: number): void {
  const handoff = { status: 'complete', summary: 'It is there.', concerns: [], suggestions: [] };
  const call = isSecond
    ? { name: 'submit_handoff', arguments: JSON.stringify(handoff) }
    : { name: 'write', arguments: JSON.stringify({ path, content: `${path}\n` }) };
  const usage = {
    prompt_tokens: Math.round(CALL.inputTokens * factor),
    completion_tokens: Math.round(CALL.outputTokens * factor),
    total_tokens: Math.round(CALL.inputTokens * factor) + Math.round(CALL.outputTokens * factor),
  };
  const delta = {
    role: 'assistant',
    tool_calls: [{ index: 0, id: `call-${path}-${isSecond}`, type: 'function', function: call }],
  };
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const choices = [{ index: 0, delta, finish_reason: 'tool_calls' }];
  for (const event of [{ choices }, { choices: [], usage }])
    response.write(`data: ${JSON.stringify(event)}\n\n`);
  response.end('data: [DONE]\n\n');
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

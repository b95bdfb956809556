/** (b) The recorded tasks through the real orchestrator: real git and real merges, scripted workers, virtual time. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type CommitId, type RunId, taskOf } from '../../packages/core/src/model/ids.ts';
import { addUsage, NO_USAGE, tokensOf } from '../../packages/core/src/model/usage.ts';
import type { Model, TicketedModel } from '../../packages/core/src/ports/models.ts';
import type {
  Agent,
  AgentJob,
  AgentResult,
  RoomCommand,
  Sandbox,
  SandboxResult,
} from '../../packages/core/src/ports/running.ts';
import type { Prompts } from '../../packages/core/src/ports/world.ts';
import type { State } from '../../packages/core/src/state.ts';
import { openHub } from '../../packages/git/src/index.ts';
import { MemoryFile, openMemoryJournal } from '../../packages/journal/src/index.ts';
import { ticketed } from '../../packages/llm/src/index.ts';
import {
  createLocalHost,
  createOrchestrator,
  type LocalHostParts,
  type OrchestratorPorts,
  type Settings,
} from '../../packages/orchestrator/src/index.ts';
import { IDENTITY } from '../landing-repo.ts';
import { AGAIN, PLANNED, type PlannedFact, SUMMARY } from './facts.ts';
import { type Played, perHour } from './outcome.ts';
import { everyValue } from './project.ts';
import { VirtualTime } from './virtual-time.ts';
import { BROKEN, editsOf, isBreaking, isGreen, type WorkOptions } from './work.ts';

export interface SwarmOptions extends WorkOptions {
  /** Time one run of the gate takes, in a worker or on a candidate. */
  readonly gateMs: number;
  /** Gates on candidates at once. */
  readonly parallel: number;
}

const RUN = 'r-20260215-real' as RunId;
const LAND_ON = `refs/heads/swarm/${RUN}`;
const GATE = 'build';
const DAY_MS = 86_400_000;

export async function playSwarm(folder: string, repository: string, options: SwarmOptions): Promise<Played> {
  const time = new VirtualTime();
  const places = { stateDir: join(folder, 'state'), repository };
  const opened = await openHub({ ...places, run: RUN, target: 'main', landOn: LAND_ON, identity: IDENTITY });
  const journal = await openMemoryJournal(new MemoryFile());
  const ports: OrchestratorPorts = {
    clock: time.clock,
    journal,
    hub: time.timeless(opened.hub),
    reader: time.timeless(opened.reader),
    delivery: opened.delivery,
    host: createLocalHost({
      slots: SUMMARY.maxWorkers,
      capabilities: [],
      workspaces: time.timeless(opened.workspaces),
      sandbox: sandbox(time, options),
      environments: NO_ENVIRONMENTS,
      agentFor: () => agent(time, options),
      leftovers: async () => [],
      isFull: async () => false,
      log: { write: () => {} },
      clock: time.clock,
    }),
    model: planner(time),
    prompts: PROMPTS,
    files: {
      writeHandoff: async () => {},
      writeReport: async () => {},
      writePlannerAnswer: async () => {},
      writeGateOutput: async (name) => name,
      writeEvidence: async () => undefined,
      readEvidence: async () => undefined,
    },
    log: { write: () => {} },
  };
  const orchestrator = createOrchestrator(ports, settings(opened.base, options));
  const outcome = await time.run(orchestrator.run());
  await opened.close();
  if (outcome.kind !== 'closed') throw new Error(`the replay stopped: ${outcome.why}: ${outcome.detail}`);
  return figuresOf(orchestrator.state, time, await everyValue(repository, LAND_ON, opened.base));
}

function figuresOf(state: State, time: VirtualTime, isAlwaysGreen: boolean): Played {
  const tasks = [...state.tasks.values()];
  const attempts = [...state.attempts.values()].filter((attempt) => attempt.state === 'ended');
  const tokens = (isFirst: boolean): number =>
    attempts
      .filter((attempt) => attempt.id.endsWith('.1') === isFirst)
      .reduce((sum, attempt) => sum + tokensOf(attempt.usage), 0);
  const startedAt = time.clock.now() - time.now;
  const landedAt = [...state.landings.values()].flatMap((landing) =>
    landing.state === 'landed' ? [landing.endedAt - startedAt] : [],
  );
  const landed = tasks.filter((task) => task.state === 'landed');
  return {
    handoffs: new Set(attempts.filter((a) => a.ending === 'handed-in').map((a) => taskOf(a.id))).size,
    firstTryLandings: landed.filter((task) => task.attempts === 1).length,
    landed: landed.length,
    landedPerHour: perHour(landed.length, Math.max(...landedAt)),
    repairTokenShare: tokens(false) / (tokens(true) + tokens(false)),
    firstLandingMs: Math.min(...landedAt),
    alwaysGreen: isAlwaysGreen,
  };
}

function settings(base: CommitId, { parallel }: SwarmOptions): Settings {
  return {
    open: {
      run: RUN,
      configHash: 'bench',
      request: {
        text: 'Build the game',
        mode: 'planner',
        target: 'main',
        landOn: LAND_ON,
        deliver: 'branch',
        base,
        gate: GATE,
        gateHash: 'bench',
        gatePolicy: 'batch',
        gateParallel: parallel,
        checksMinMs: DAY_MS,
        checksMaxMs: DAY_MS,
        overlap: 'serialize',
        limits: { workers: SUMMARY.maxWorkers, attempts: 3, tasks: 1_000, attemptTokens: 20_000_000 },
      },
    },
    version: 'bench',
    host: 'bench',
    pid: 1,
    attempt: { steps: 1_000, wallMs: DAY_MS, quietMs: DAY_MS },
    gate: { timeoutMs: DAY_MS, flakyRetries: 1, preGate: true },
    checks: { timeoutMs: DAY_MS },
    setup: { timeoutMs: DAY_MS, network: 'base' },
    drainMs: 1_000,
    sweepMs: 60_000,
    tasksPerIteration: 1_000,
    plannerContextChars: 1_000_000,
  };
}

// ───────────── the planner: every task when the recorded one gave it ─────────────

function planner(time: VirtualTime): TicketedModel {
  // The recorded run had no budget: any ticket is good.
  const bare: Model = {
    nameFor: () => 'recorded',
    whenUp: async () => {},
    stream: async (_request, { signal, onText }) => {
      let text = '{"tasks":[';
      for (const [i, task] of PLANNED.entries()) {
        await time.wait(task.createdAtMs - time.now, signal);
        const piece = `${i > 0 ? ',' : ''}${wireOf(task)}`;
        text += piece;
        onText?.(i === 0 ? text : piece);
      }
      onText?.('],"done":true}');
      return { end: { kind: 'stopped' }, text: `${text}],"done":true}`, usage: NO_USAGE, model: 'recorded' };
    },
  };
  return ticketed(bare, { asOf: '2026-01-01', currency: 'USD', perMillion: {} });
}

const wireOf = ({ id, scope, priority }: PlannedFact): string =>
  JSON.stringify({ id, title: `Do ${id}`, description: '', scope, acceptance: '', priority });

// ───────────── the workers ─────────────

function agent(time: VirtualTime, options: SwarmOptions): Agent {
  return { name: 'scripted', run: (job) => work(job, time, options) };
}

async function work(job: AgentJob, time: VirtualTime, options: SwarmOptions): Promise<AgentResult> {
  const { title } = JSON.parse(job.taskJson) as { title: string };
  const task = PLANNED.find(({ id }) => title === `Do ${id}`)!;
  const isFirst = job.attempt.endsWith('.1');
  const { durationMs, tokens } = isFirst ? task : AGAIN;
  const usage = addUsage(NO_USAGE, { ...NO_USAGE, calls: 1, inputTokens: tokens });
  if (!(await time.wait(durationMs, job.signal))) return { end: 'aborted', detail: '', usage, toolCalls: 0 };
  const { workspace } = await job.open({ readOnly: [] });
  for (const { path, apply } of editsOf(task, options)) {
    const file = join(workspace, path);
    mkdirSync(dirname(file), { recursive: true });
    const before = existsSync(file) ? oursOf(readFileSync(file, 'utf8')) : undefined;
    writeFileSync(file, apply(before));
  }
  const broken = join(workspace, BROKEN);
  if (isFirst && isBreaking(task, options)) writeFileSync(broken, `${task.id}\n`);
  else rmSync(broken, { force: true });
  return { end: 'finished', detail: '', usage, toolCalls: 1 };
}

/** A conflict is settled as a careful worker would: what the target has, and then the task's own edit again. */
const oursOf = (text: string): string =>
  text.replace(
    /^<<<<<<< .*\n([\s\S]*?)(?:^\|\|\|\|\|\|\| .*\n[\s\S]*?)?^=======\n[\s\S]*?^>>>>>>> .*\n/gm,
    '$1',
  );

// ───────────── the rest of the world ─────────────

/** Git runs for real. A gate takes its time and looks at what is there; alone, a break is not to be seen yet. */
function sandbox(time: VirtualTime, { gateMs }: SwarmOptions): Sandbox {
  return {
    provider: 'none',
    reap: async () => 0,
    open: async ({ workspace }) => ({
      workspace,
      shown: (mount) => mount.host,
      sees: async () => true,
      place: async ({ name }) => name,
      outlet: async (name) => name,
      collect: async () => ({ kind: 'nothing' }),
      run: (command) =>
        command.argv[2] === GATE
          ? build(time, workspace, command, gateMs)
          : time.real(() => runReally(workspace, command)),
      start: () => {
        throw new Error('nobody is talked to here');
      },
      close: async () => {},
    }),
  };
}

async function build(
  time: VirtualTime,
  workspace: string,
  spec: RoomCommand,
  gateMs: number,
): Promise<SandboxResult> {
  if (!(await time.wait(gateMs, spec.signal)))
    return { end: 'aborted', exitCode: undefined, output: '', durationMs: 0 };
  const isAlone = spec.name.startsWith('pregate-');
  const read = (path: string): string | undefined => {
    const file = join(workspace, path);
    return existsSync(file) && !(isAlone && path === BROKEN) ? readFileSync(file, 'utf8') : undefined;
  };
  return { end: 'exited', exitCode: isGreen(read) ? 0 : 1, output: '', durationMs: gateMs };
}

async function runReally(workspace: string, spec: RoomCommand): Promise<SandboxResult> {
  const [command, ...args] = spec.argv as [string, ...string[]];
  const env = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', ...spec.env };
  const { stdout, stderr } = await promisify(execFile)(command, args, { cwd: workspace, env });
  return { end: 'exited', exitCode: 0, output: stdout + stderr, durationMs: 0 };
}

const PROMPTS: Prompts = { render: (name) => ({ system: '', text: name, hash: name }), hash: (name) => name };

const NO_ENVIRONMENTS: LocalHostParts['environments'] = {
  needOf: async () => ({ hash: 'none', isKnown: true }),
  has: async () => true,
  pin: () => {},
  snapshot: async () => new Set(),
  keep: async () => {},
  install: async () => [],
  lendHome: async () => {},
};

/** One orchestrator process on the simulated machine: started on what is on the disk, gone without a trace. */
import type { Entry } from '@swarm/core/events';
import { taskOf } from '@swarm/core/model/ids';
import type { Journal, OpenedJournal } from '@swarm/core/ports/journal';
import { MemoryFile, openMemoryJournal } from '@swarm/journal';
import {
  createLocalHost,
  createOrchestrator,
  type Orchestrator,
  type OrchestratorPorts,
  type RunOutcome,
  type Settings,
} from '@swarm/orchestrator';
import { twinAgent } from '../twins/agent.ts';
import { hosted } from '../twins/hosts.ts';
import { twinHub } from '../twins/hub.ts';
import { twinModel } from '../twins/model.ts';
import { twinSandbox } from '../twins/sandbox.ts';
import {
  twinBranches,
  twinDelivery,
  twinEnvironments,
  twinFiles,
  twinLog,
  twinPrompts,
  twinReader,
} from '../twins/small.ts';
import { twinWorkspaces } from '../twins/workspaces.ts';
import type { Mutant } from './mutants.ts';
import { Incarnation } from './scheduler.ts';
import { branchDraftOf, draftOf, requestOf, type Story } from './story.ts';
import { FULL, RUN_ID, type StoryBranch, type World } from './world.ts';

/** How a process ended, but for being killed. */
export type ProcessEnd =
  | { readonly kind: 'ended'; readonly outcome: RunOutcome }
  | { readonly kind: 'failed'; readonly error: unknown };

export interface SimProcess {
  readonly inc: Incarnation;
  /** Undefined until the journal is open. */
  orchestrator: Orchestrator | undefined;
  end: ProcessEnd | undefined;
}

export function startProcess(world: World, story: Story, mutant: Mutant): SimProcess {
  const process: SimProcess = {
    inc: new Incarnation(world.scheduler, world.random),
    orchestrator: undefined,
    end: undefined,
  };
  void live(world, story, mutant, process).then(
    (outcome) => {
      process.end = { kind: 'ended', outcome };
    },
    (error: unknown) => {
      process.end = { kind: 'failed', error };
    },
  );
  return process;
}

async function live(world: World, story: Story, mutant: Mutant, process: SimProcess): Promise<RunOutcome> {
  const opened = await openJournal(world, mutant, process.inc);
  const ports = hosted(world, story, process.inc, portsOf(world, story, mutant, process.inc, opened));
  process.orchestrator = createOrchestrator(ports, settingsOf(world, story, opened.entries.length === 0));
  return process.orchestrator.run();
}

async function openJournal(world: World, mutant: Mutant, inc: Incarnation): Promise<OpenedJournal> {
  const bytes = world.journalFile.bytes;
  world.journalFile =
    mutant.file?.(world, bytes) ?? new MemoryFile(bytes, { beforeSync: () => sync(world, inc) });
  const opened = await openMemoryJournal(world.journalFile);
  if (opened.cutBytes > 0) world.tell('journal.cut', `${opened.cutBytes} bytes`);
  world.reopened(opened.entries);
  return { ...opened, journal: witnessed(world, inc, opened.journal) };
}

async function sync(world: World, inc: Incarnation): Promise<void> {
  const fails = world.hits('disk') && world.random.chance(0.1);
  // Now and then a disk takes its time: what is decided meanwhile is ahead of it.
  await inc.wait(world.hits('slow') ? world.random.between(30, 5_000) : world.random.between(1, 30));
  if (fails) throw Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
  if (world.isFull && world.isJournalOnIt)
    throw Object.assign(new Error(`${FULL}, write`), { code: 'ENOSPC' });
}

/** Remembers what was acknowledged: that must never be lost. */
function witnessed(world: World, inc: Incarnation, journal: Journal): Journal {
  return {
    append: async (entries: readonly Entry[]) => {
      for (const event of entries.flatMap((entry) => entry.events))
        if (event.type === 'attempt.started') world.provoke(taskOf(event.attempt), 60);
      await journal.append(entries);
      if (inc.isAlive) world.acknowledge(entries);
    },
    close: () => journal.close(),
  };
}

function portsOf(
  world: World,
  story: Story,
  mutant: Mutant,
  inc: Incarnation,
  journal: OpenedJournal,
): OrchestratorPorts {
  const hub = twinHub(world, inc);
  const agent = twinAgent(world, inc);
  const workspaces = twinWorkspaces(world, inc);
  const log = twinLog(world, inc);
  return {
    clock: inc.clock,
    journal,
    hub: mutant.hub?.(world, inc, hub) ?? hub,
    reader: twinReader(world, inc),
    delivery: twinDelivery(world, inc),
    host: createLocalHost({
      slots: 100,
      capabilities: ['twin'],
      workspaces: mutant.workspaces?.(world, inc, workspaces) ?? workspaces,
      sandbox: twinSandbox(world, inc),
      environments: twinEnvironments(world, inc),
      agentFor: () => agent,
      leftovers: async () => (await hub.observe()).workspaces,
      isFull: async () => world.isFull,
      log,
      clock: inc.clock,
    }),
    ...(story.mode === 'land' && { branches: twinBranches(world, inc) }),
    ...(story.mode === 'planner' && { model: twinModel(world, inc, story.plan) }),
    prompts: twinPrompts,
    files: twinFiles(world, inc),
    log,
  };
}

function settingsOf(world: World, story: Story, isNew: boolean): Settings {
  const given = (branch: StoryBranch) => {
    const commit = world.branches.get(branch.name)!;
    const on = branch.on === undefined ? undefined : world.branches.get(branch.on)!;
    const upon = on !== undefined && on !== commit && on !== world.base ? [on] : undefined;
    return { draft: branchDraftOf(branch), branch: branch.name, commit, ...(upon && { upon }) };
  };
  return {
    ...(isNew && { open: { run: RUN_ID, request: requestOf(world, story), configHash: 'config-1' } }),
    ...(isNew && story.mode === 'plan' && { plan: story.plan.map(draftOf) }),
    ...(isNew && story.mode === 'land' && { branches: story.branches.map(given) }),
    version: 'sim',
    host: 'sim',
    pid: 1,
    attempt: { steps: 100, wallMs: 1_800_000, quietMs: 600_000 },
    gate: { timeoutMs: 600_000, flakyRetries: 1, preGate: story.hasPreGate },
    checks: { timeoutMs: 600_000 },
    setup: { timeoutMs: 600_000, network: 'base' },
    drainMs: 120_000,
    sweepMs: 60_000,
    tasksPerIteration: 20,
    plannerContextChars: 20_000,
  };
}

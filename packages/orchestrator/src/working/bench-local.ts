/** Attempts, gates and checks on this machine: clones in the state directory, rooms of the sandbox, kept environments. */

import { SwarmError } from '@swarm/core/errors';
import type { AttemptId } from '@swarm/core/model/ids';
import type {
  AttemptHost,
  Bench,
  BenchAsk,
  BenchJob,
  CannotRun,
  Saved,
  ShellAsk,
} from '@swarm/core/ports/bench';
import type { Workspace, Workspaces } from '@swarm/core/ports/git';
import type {
  Agent,
  AgentResult,
  EnvironmentStore,
  Mount,
  Room,
  RoomCommand,
  RoomNeeds,
  Sandbox,
  SandboxResult,
} from '@swarm/core/ports/running';
import type { Clock, Log } from '@swarm/core/ports/world';
import { OUTPUT_BYTES_MAX, tailOf } from '../settings.ts';
import { detailOf, isDiskFull } from './disk-full.ts';
import { Environments } from './environment.ts';

export interface LocalHostParts {
  readonly slots: number;
  readonly workspaces: Workspaces;
  readonly sandbox: Sandbox;
  readonly environments: EnvironmentStore;
  /** The driver for a wish, or for none. */
  readonly agentFor: (wish: string | undefined) => Agent;
  readonly capabilities: readonly string[];
  /** Whether the disk the workspaces lie on has no room left. */
  readonly isFull: () => Promise<boolean>;
  /** Names of the workspaces that lie here. */
  readonly leftovers: () => Promise<readonly string[]>;
  readonly log: Log;
  readonly clock: Pick<Clock, 'now'>;
}

/** Where the room of a save shows the attempt's intake, if it is asked. */
const INTAKE = '/swarm/intake';
const SAVE_MS = 120_000;

export function createLocalHost(parts: LocalHostParts): AttemptHost {
  const { workspaces, log } = parts;
  const environments = new Environments({
    environments: parts.environments,
    workspaces,
    log,
    run: (workspace, setup, isTrusted, signal) => runSetup(parts, workspace, setup, isTrusted, signal),
  });
  return {
    name: 'local',
    slots: parts.slots,
    capabilities: parts.capabilities,
    open: (ask) => openBench(parts, environments, ask),
    isFull: parts.isFull,
    reap: () => parts.sandbox.reap(),
    clear: () => clear(parts),
  };
}

async function openBench(
  parts: LocalHostParts,
  environments: Environments,
  ask: BenchAsk,
): Promise<Bench | CannotRun> {
  const { name, base, from, attempt, setup, signal } = ask;
  try {
    const made = await parts.workspaces.create({
      name,
      base,
      ...(from && { from }),
      ...(attempt && { attempt }),
    });
    const prepared = setup ? await environments.prepare(made, setup, signal) : READY;
    if (prepared.kind === 'ready' && !signal.aborted) {
      const shell = await parts.sandbox.open({
        workspace: made.path,
        readOnly: borrowed(made),
        readWrite: [],
      });
      return new LocalBench(parts, made, attempt, shell);
    }
    await parts.workspaces.remove(name);
    if (signal.aborted || prepared.kind !== 'failed')
      return { kind: 'cannot-run', reason: 'aborted', detail: 'called off before it was ready' };
    const reason = prepared.isDiskFull ? 'disk-full' : 'setup-failed';
    return { kind: 'cannot-run', reason, detail: prepared.detail };
  } catch (error) {
    // Best effort: it takes room, and the name is used again.
    await parts.workspaces.remove(name).catch(() => undefined);
    const detail = detailOf(error);
    if (!isDiskFull(detail)) throw error;
    return { kind: 'cannot-run', reason: 'disk-full', detail };
  }
}

const READY = { kind: 'ready' } as const;

async function clear({ workspaces, leftovers }: LocalHostParts): Promise<readonly string[]> {
  const names = await leftovers();
  for (const name of names) await workspaces.remove(name);
  return names;
}

/** The hub's objects, which the clone names by this very path. */
const borrowed = ({ readOnly }: Workspace): readonly Mount[] =>
  readOnly.map((folder) => ({ host: folder, inside: folder }));

const shellCommand = (ask: ShellAsk, network: RoomCommand['network']): RoomCommand => ({
  name: ask.name,
  argv: ['/bin/sh', '-c', ask.command],
  env: { CI: '1' },
  network,
  limits: ask.limits,
  ...(ask.signal && { signal: ask.signal }),
  ...(ask.onLine && { onLine: ask.onLine }),
});

async function runSetup(
  { sandbox }: LocalHostParts,
  workspace: Workspace,
  setup: NonNullable<BenchAsk['setup']>,
  isTrusted: boolean,
  signal: AbortSignal,
): Promise<SandboxResult> {
  const room = await sandbox.open({
    workspace: workspace.path,
    readOnly: borrowed(workspace),
    readWrite: [],
  });
  const limits = { wallMs: setup.timeoutMs, outputBytes: OUTPUT_BYTES_MAX };
  const ask = { name: workspace.name, command: setup.command, limits, signal };
  return room.run(shellCommand(ask, isTrusted ? 'open' : 'none')).finally(() => room.close());
}

class LocalBench implements Bench {
  readonly kind = 'bench';
  readonly #parts: LocalHostParts;
  readonly #workspace: Workspace;
  readonly #attempt: AttemptId | undefined;
  readonly #shell: Room;
  /** Wall time, ms, when all was prepared. */
  readonly #sinceMs: number;

  constructor(parts: LocalHostParts, workspace: Workspace, attempt: AttemptId | undefined, shell: Room) {
    this.#parts = parts;
    this.#workspace = workspace;
    this.#attempt = attempt;
    this.#shell = shell;
    this.#sinceMs = parts.clock.now();
  }

  get head() {
    return this.#workspace.head;
  }

  get conflicts() {
    return this.#workspace.conflicts;
  }

  get prefix() {
    return this.#shell.workspace;
  }

  shell(ask: ShellAsk): Promise<SandboxResult> {
    return this.#shell.run(shellCommand(ask, 'none'));
  }

  agentName(wish: string | undefined): string {
    return this.#parts.agentFor(wish).name;
  }

  agent({ wish, ...job }: BenchJob): Promise<AgentResult> {
    const open = (needs: RoomNeeds) => this.#open(needs);
    return this.#parts.agentFor(wish).run({ ...job, attempt: this.#owner(), open });
  }

  /** In a room of its own: the intake is shown to nothing that an agent left behind. */
  async save(message: string): Promise<Saved> {
    const intake = { host: this.#workspace.intake!, inside: INTAKE };
    const room = await this.#open({ readOnly: [] }, [intake]);
    const ran = await room
      .run({
        name: `save-${this.#owner()}`,
        argv: this.#parts.workspaces.saveCommand({
          message,
          workspace: room.workspace,
          intake: room.shown(intake),
          sinceMs: this.#sinceMs,
        }),
        env: {},
        network: 'none',
        limits: { wallMs: SAVE_MS, outputBytes: OUTPUT_BYTES_MAX },
      })
      .finally(() => room.close());
    const report = this.#parts.workspaces.readSave(ran.output);
    if (ran.end === 'exited' && ran.exitCode === 0) return { kind: 'here', report };
    const { leftOut } = report;
    if (leftOut.length > 0)
      return { kind: 'failed', why: `not all of the work could be saved:\n${leftOut.join('\n')}` };
    const how = `${ran.exitCode ?? ran.end}`;
    return {
      kind: 'failed',
      why: `the work could not be committed and pushed (${how}):\n${tailOf(ran.output, 2_000)}`,
    };
  }

  async close(): Promise<void> {
    await this.#shell.close();
    await this.#parts.workspaces.remove(this.#workspace.name);
  }

  #open(needs: RoomNeeds, readWrite: readonly Mount[] = []): Promise<Room> {
    return this.#parts.sandbox.open({
      workspace: this.#workspace.path,
      ...needs,
      readOnly: [...borrowed(this.#workspace), ...needs.readOnly],
      readWrite,
    });
  }

  #owner(): AttemptId {
    if (this.#attempt) return this.#attempt;
    throw new SwarmError({ code: 'SW0801', what: `the bench ${this.#workspace.name} belongs to no attempt` });
  }
}

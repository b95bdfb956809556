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
  AgentFacts,
  AgentResult,
  EnvironmentStore,
  Mount,
  Room,
  RoomAsk,
  RoomCommand,
  RoomNeeds,
  Sandbox,
  SandboxResult,
  SetupLeft,
} from '@swarm/core/ports/running';
import type { Clock, Log } from '@swarm/core/ports/world';
import type { Wish } from '@swarm/core/rules/roles';
import PQueue from 'p-queue';
import { OUTPUT_BYTES_MAX, tailOf } from '../settings.ts';
import { detailOf, isDiskFull } from './disk-full.ts';
import { Environments, homeOf, type InTurn, type SetupMay } from './environment.ts';
import { excludeCommand, leftList } from './setup-left.ts';

export interface LocalHostParts {
  readonly slots: number;
  readonly workspaces: Workspaces;
  readonly sandbox: Sandbox;
  readonly environments: EnvironmentStore;
  /** The driver for what a task says, which may be nothing. */
  readonly agentFor: (wish: Wish) => Agent;
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
/**
 * Work trees filled at the same time. More would wait for the disk and each other: a hundred that begin together would
 * all be ready at the end, where the first agents could have been at work.
 */
const FILLED_AT_ONCE = 8;

export function createLocalHost(parts: LocalHostParts): AttemptHost {
  const { workspaces, log } = parts;
  const queue = new PQueue({ concurrency: FILLED_AT_ONCE });
  const inTurn: InTurn = (work) => queue.add(work);
  const environments = new Environments({
    environments: parts.environments,
    workspaces,
    log,
    inTurn,
    run: (workspace, setup, may, signal) => runSetup(parts, workspace, setup, may, signal),
  });
  return {
    name: 'local',
    slots: parts.slots,
    capabilities: parts.capabilities,
    open: (ask) => openBench(parts, { environments, inTurn }, ask),
    isFull: parts.isFull,
    reap: () => parts.sandbox.reap(),
    clear: () => clear(parts),
  };
}

async function openBench(
  parts: LocalHostParts,
  { environments, inTurn }: { readonly environments: Environments; readonly inTurn: InTurn },
  ask: BenchAsk,
): Promise<Bench | CannotRun> {
  const { name, base, from, attempt, agentAs = attempt, only, setup, signal } = ask;
  const tree = { name, base, ...(from && { from }), ...(attempt && { attempt }), ...(only && { only }) };
  try {
    const made = await inTurn(async () => (signal.aborted ? undefined : parts.workspaces.create(tree)));
    if (!made) return CALLED_OFF;
    const prepared = setup ? await environments.prepare(made, ask, setup, signal) : READY;
    if (prepared.kind === 'ready' && !signal.aborted) {
      const home = setup && homeOf(made);
      const place: RoomPlace = { workspace: made.path, ...(home && { home }) };
      const shell = await parts.sandbox.open({ ...place, readOnly: borrowed(made), readWrite: [] });
      return new LocalBench(parts, made, agentAs, { shell, place, left: prepared.left });
    }
    await parts.workspaces.remove(name);
    if (signal.aborted || prepared.kind !== 'failed') return CALLED_OFF;
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

const READY = { kind: 'ready', left: [] } as const;
const CALLED_OFF: CannotRun = {
  kind: 'cannot-run',
  reason: 'aborted',
  detail: 'called off before it was ready',
};

type RoomPlace = Pick<RoomAsk, 'workspace' | 'home'>;

async function clear({ workspaces, leftovers }: LocalHostParts): Promise<readonly string[]> {
  const names = await leftovers();
  for (const name of names) await workspaces.remove(name);
  return names;
}

/** The objects it borrows, which the clone names by this very path. */
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

/** Package managers that know it look into their caches and fail at once, instead of trying for a minute. */
const WITHOUT_NETWORK = {
  npm_config_offline: 'true',
  npm_config_fetch_retries: '0',
  pnpm_config_offline: 'true',
  YARN_ENABLE_NETWORK: '0',
  COREPACK_ENABLE_NETWORK: '0',
  CARGO_NET_OFFLINE: 'true',
  GOPROXY: 'off',
  PIP_NO_INDEX: '1',
  PIP_RETRIES: '0',
  UV_OFFLINE: '1',
};

async function runSetup(
  { sandbox }: LocalHostParts,
  workspace: Workspace,
  setup: NonNullable<BenchAsk['setup']>,
  may: SetupMay,
  signal: AbortSignal,
): Promise<SandboxResult> {
  const room = await sandbox.open({
    workspace: workspace.path,
    home: homeOf(workspace),
    readOnly: borrowed(workspace),
    readWrite: [],
  });
  const limits = { wallMs: setup.timeoutMs, outputBytes: OUTPUT_BYTES_MAX };
  const ask = { name: workspace.name, command: setup.command, limits, signal };
  const plain = shellCommand(ask, may.hasNetwork ? 'setup' : 'none');
  const command: RoomCommand = {
    ...plain,
    env: { ...plain.env, ...(may.hasNetwork ? {} : WITHOUT_NETWORK) },
    ...(may.isTrusted && { isTrustedSetup: true }),
  };
  return room.run(command).finally(() => room.close());
}

class LocalBench implements Bench {
  readonly kind = 'bench';
  readonly #parts: LocalHostParts;
  readonly #workspace: Workspace;
  readonly #attempt: AttemptId | undefined;
  readonly #shell: Room;
  /** Wall time, ms, when all was prepared. */
  readonly #sinceMs: number;
  readonly #place: RoomPlace;
  readonly #left: readonly SetupLeft[];
  /** Chosen once: who stands in for another may change while the attempt works. */
  #agent: Agent | undefined;

  constructor(
    parts: LocalHostParts,
    workspace: Workspace,
    attempt: AttemptId | undefined,
    made: { readonly shell: Room; readonly place: RoomPlace; readonly left: readonly SetupLeft[] },
  ) {
    this.#parts = parts;
    this.#workspace = workspace;
    this.#attempt = attempt;
    this.#shell = made.shell;
    this.#place = made.place;
    this.#left = made.left;
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

  agentFor(wish: Wish): AgentFacts {
    return this.#agentFor(wish);
  }

  agent({ wish, ...job }: BenchJob): Promise<AgentResult> {
    const open = (needs: RoomNeeds) => this.#open(needs);
    return this.#agentFor(wish).run({ ...job, attempt: this.#owner(), open });
  }

  #agentFor(wish: Wish): Agent {
    this.#agent ??= this.#parts.agentFor(wish);
    return this.#agent;
  }

  /** In a room of its own: the intake is shown to nothing that an agent left behind. */
  async save(message: string): Promise<Saved> {
    const intake = { host: this.#workspace.intake!, inside: INTAKE };
    const room = await this.#open({ readOnly: [] }, [intake]);
    const save = this.#parts.workspaces.saveCommand({
      message,
      workspace: room.workspace,
      intake: room.shown(intake),
      sinceMs: this.#sinceMs,
    });
    const ran = await this.#leaveOut(room)
      .then(() => room.run(this.#saving(save)))
      .finally(() => room.close());
    const report = this.#parts.workspaces.readSave(ran.output);
    const isPushed = ran.exitCode === 0 || (ran.exitCode === 3 && report.leftOut.length > 0);
    if (ran.end === 'exited' && isPushed) return { kind: 'here', report };
    const how = `${ran.exitCode ?? ran.end}`;
    return {
      kind: 'failed',
      why: `the work could not be committed and pushed (${how}):\n${tailOf(ran.output, 2_000)}`,
    };
  }

  /** What setup left is not the agent's work, but what the agent made of it is. Where setup left nothing, nothing runs. */
  async #leaveOut(room: Room): Promise<void> {
    if (!this.#left.some(({ file }) => file)) return;
    const list = await room.place({ name: 'setup-left', text: leftList(this.#left) });
    await room.run(this.#saving(excludeCommand(room.workspace, list)));
  }

  #saving(argv: readonly string[]): RoomCommand {
    const limits = { wallMs: SAVE_MS, outputBytes: OUTPUT_BYTES_MAX };
    return { name: `save-${this.#owner()}`, argv, env: {}, network: 'none', limits };
  }

  async close(): Promise<void> {
    await this.#shell.close();
    await this.#parts.workspaces.remove(this.#workspace.name);
  }

  #open({ keepsHome, ...needs }: RoomNeeds, readWrite: readonly Mount[] = []): Promise<Room> {
    return this.#parts.sandbox.open({
      ...this.#place,
      ...(keepsHome && { home: homeOf(this.#workspace) }),
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

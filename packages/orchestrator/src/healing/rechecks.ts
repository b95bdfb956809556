/**
 * What landed tasks were verified by, tried again on a later head: grouped by command, in one clean workspace for as
 * long as it stays clean. A failure is tried once more, alone, before it counts: it may be another command's leftovers.
 */
import type { CommitId, TaskId } from '@swarm/core/model/ids';
import type { Recheck } from '@swarm/core/model/request';
import type { SandboxResult } from '@swarm/core/ports/running';
import { rechecksDue } from '@swarm/core/rules/rechecks';
import type { Context } from '../context.ts';
import { toldFirst } from '../landing/digest.ts';
import { OUTPUT_BYTES_MAX, tailOf } from '../settings.ts';
import { isFullAfter, leaveForDisk } from '../working/disk-full.ts';
import { setupOf } from '../working/setup-ask.ts';
import { CleanRoom, type Opened } from './clean-room.ts';

const DETAIL_MAX = 2_000;

/** `stopped`: nothing can be said, and nothing is recorded. */
type Tried = { readonly kind: 'tried'; readonly isPassed: boolean; readonly detail: string } | 'stopped';

interface Lane {
  readonly head: CommitId;
  /** Commands nobody has taken yet, with the tasks they verified. */
  readonly left: Iterable<readonly [string, readonly TaskId[]]>;
  readonly signal: AbortSignal;
}

export class Rechecks {
  readonly #context: Context<'clock' | 'host' | 'log'>;

  constructor(context: Context<'clock' | 'host' | 'log'>) {
    this.#context = context;
  }

  /** Everything that is due on the head. */
  async work(signal: AbortSignal): Promise<void> {
    const { ask, ports, state } = this.#context;
    const head = state.head;
    const due = rechecksDue(state);
    ports.log.write('rechecks.started', {
      msg: `${due.length} landed tasks are verified again on ${head.slice(0, 10)}`,
      data: { head, tasks: due },
    });
    const startedAt = ports.clock.monotonic();
    const results = await this.#tryAll(head, this.#byCommand(due), signal);
    if (results === 'stopped') return;
    const durationMs = Math.round(ports.clock.monotonic() - startedAt);
    await ask({ type: 'recordRechecks', head, results, durationMs });
  }

  /** Whether one task's own check passes on a commit; a text: why that cannot be told; undefined: stopped. */
  async passesOn(commit: CommitId, task: TaskId, signal: AbortSignal): Promise<boolean | undefined> {
    const command = this.#context.state.tasks.get(task)!.spec.verify!;
    const tried = await this.#tryAlone(commit, command, signal);
    return tried === 'stopped' ? undefined : tried.isPassed;
  }

  #byCommand(due: readonly TaskId[]): ReadonlyMap<string, readonly TaskId[]> {
    const groups = new Map<string, TaskId[]>();
    for (const id of due) {
      const command = this.#context.state.tasks.get(id)!.spec.verify!;
      groups.set(command, [...(groups.get(command) ?? []), id]);
    }
    return groups;
  }

  async #tryAll(
    head: CommitId,
    groups: ReadonlyMap<string, readonly TaskId[]>,
    signal: AbortSignal,
  ): Promise<readonly Recheck[] | 'stopped'> {
    const { gateParallel = 1 } = this.#context.state.run.request;
    const left = [...groups].values();
    const lanes = Array.from({ length: Math.min(gateParallel, groups.size) }, (_, i) =>
      this.#tryInLane(`recheck-head${i === 0 ? '' : `-${i + 1}`}`, { head, left, signal }),
    );
    const tried = await Promise.all(lanes);
    const whole = tried.filter((one) => one !== 'stopped');
    return whole.length < tried.length ? 'stopped' : whole.flat();
  }

  /** One workspace after the other; each command is taken by whichever lane is free. */
  async #tryInLane(name: string, { head, left, signal }: Lane): Promise<readonly Recheck[] | 'stopped'> {
    const results: Recheck[] = [];
    const room = new CleanRoom(() => this.#open(name, head, signal), signal);
    try {
      for (const [command, tasks] of left) {
        const bench = await room.get();
        const first = await this.#try(bench, command, signal);
        const tried =
          first !== 'stopped' && !first.isPassed ? await this.#again(room, command, signal) : first;
        if (tried === 'stopped') return 'stopped';
        results.push(...tasks.map((task) => ({ task, isPassed: tried.isPassed, detail: tried.detail })));
      }
      return results;
    } finally {
      await room.close();
    }
  }

  async #again(room: CleanRoom, command: string, signal: AbortSignal): Promise<Tried> {
    return this.#try(await room.fresh(), command, signal);
  }

  async #tryAlone(commit: CommitId, command: string, signal: AbortSignal): Promise<Tried> {
    const bench = await this.#open('recheck-culprit', commit, signal);
    const tried = await this.#try(bench, command, signal);
    if (bench.kind === 'bench') await bench.close();
    return tried;
  }

  /** @param name who looks for a culprit does so beside whoever looks at the head. */
  #open(name: string, head: CommitId, signal: AbortSignal) {
    const ask = { name, base: head, ...setupOf(this.#context), signal };
    return this.#context.ports.host.open(ask);
  }

  async #try(bench: Opened, command: string, signal: AbortSignal): Promise<Tried> {
    const { settings, ports } = this.#context;
    if (bench.kind === 'cannot-run') {
      if (bench.reason === 'disk-full') await leaveForDisk(this.#context, bench.detail);
      if (bench.reason !== 'setup-failed') return 'stopped';
      return { kind: 'tried', isPassed: false, detail: tailOf(bench.detail, DETAIL_MAX) };
    }
    const ran = await bench.shell({
      name: `recheck-${this.#context.state.seq}`,
      command,
      limits: { wallMs: settings.gate.timeoutMs, outputBytes: OUTPUT_BYTES_MAX },
      signal,
    });
    if (ran.end === 'aborted') return 'stopped';
    if (ran.end === 'exited' && ran.exitCode === 0) return { kind: 'tried', isPassed: true, detail: '' };
    if (await isFullAfter(ports.host, ran)) {
      await leaveForDisk(this.#context, tailOf(ran.output));
      return 'stopped';
    }
    return { kind: 'tried', isPassed: false, detail: failureText(command, ran) };
  }
}

const failureText = (command: string, ran: SandboxResult): string =>
  `\`${command}\` ended with ${ran.exitCode ?? ran.end} in a clean checkout: ${toldFirst(ran.output)}`.slice(
    0,
    DETAIL_MAX,
  );

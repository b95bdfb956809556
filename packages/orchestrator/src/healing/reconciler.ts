/**
 * The reconciler: what is there against what is wanted. Level-triggered: it computes from git and the journal as
 * they are, so that running it twice is running it once, and a restart is just the first sweep.
 */
import { type AttemptId, attemptId, type CommitId } from '@swarm/core/model/ids';
import { mayBeHeld, sweepLapsed } from '@swarm/core/sweep';
import type { Context } from '../context.ts';
import type { Checks } from './checks.ts';
import type { Culprits } from './culprit.ts';
import type { FixTasks } from './fixes.ts';

export class Reconciler {
  readonly #context: Context<'host' | 'hub' | 'log' | 'fleet'>;
  readonly #checks: Checks;
  readonly #culprits: Culprits;
  readonly #fixes: FixTasks;

  constructor(
    context: Context<'host' | 'hub' | 'log' | 'fleet'>,
    checks: Checks,
    culprits: Culprits,
    fixes: FixTasks,
  ) {
    this.#context = context;
    this.#checks = checks;
    this.#culprits = culprits;
    this.#fixes = fixes;
  }

  // ───────────── after a restart ─────────────

  /** Strays are killed before git is looked at, or one of them could still land what the journal gave up. */
  async startUp(): Promise<void> {
    const { ports, state, ask } = this.#context;
    const killed = await ports.host.reap();
    if (killed > 0)
      ports.log.write('stray.killed', {
        msg: `${killed} processes of a dead orchestrator were killed`,
        data: { killed },
      });
    const work = await this.#collectWork();
    const held = await this.#heldElsewhere();
    for (const command of sweepLapsed(state, work, held)) await ask(command);
    await this.#removeStrays();
    await this.tidy();
  }

  /** Hosts are asked before anything of theirs is called lapsed. */
  async #heldElsewhere(): Promise<ReadonlySet<AttemptId> | undefined> {
    const { ports, state } = this.#context;
    if (!ports.fleet) return undefined;
    const attempts = [...state.liveAttempts].filter((id) => mayBeHeld(state, id));
    const held = await ports.fleet.held([...state.hosts.keys()], attempts);
    for (const id of held)
      ports.log.write('attempt.held', { msg: `${id} goes on where it runs`, attempt: id });
    return held;
  }

  /** What lapsed attempts had pushed is taken in, so that the next attempt goes on from it. */
  async #collectWork(): Promise<ReadonlyMap<AttemptId, CommitId>> {
    const { ports, state } = this.#context;
    const work = new Map<AttemptId, CommitId>();
    for (const attempt of state.liveAttempts) {
      const taken = await ports.hub.ingest(attempt);
      if (taken.kind === 'commit') work.set(attempt, taken.commit);
    }
    return work;
  }

  /** Nothing of ours runs yet, so that every workspace there is was left over. Later, each has its owner. */
  async #removeStrays(): Promise<void> {
    const { host, log } = this.#context.ports;
    for (const name of await host.clear())
      log.write('stray.removed', { msg: `workspace ${name} was left over and is removed`, data: { name } });
  }

  /** Removes intakes and references nobody needs any more. */
  async tidy(): Promise<void> {
    await this.#context.ports.hub.tidy(new Set(this.#attemptsToKeep()));
  }

  /** Work that is live, waits to land, or is what a next attempt goes on from. */
  *#attemptsToKeep(): Iterable<AttemptId> {
    const { state } = this.#context;
    yield* state.liveAttempts;
    yield* state.queue;
    for (const id of state.byState.reviewing) yield attemptId(id, state.tasks.get(id)!.attempts);
    for (const id of [...state.byState.pending, ...state.byState.failed]) {
      const task = state.tasks.get(id)!;
      for (let n = 1; n <= task.attempts; n++) yield `${id}.${n}` as AttemptId;
    }
  }

  // ───────────── the full checks ─────────────

  async check(signal: AbortSignal): Promise<void> {
    const { ask, ports, state } = this.#context;
    const head = state.head;
    const command = state.run.request.checks!;
    ports.log.write('checks.started', {
      msg: `checks on ${head.slice(0, 10)}: ${command}`,
      data: { head, command },
    });
    const checked = await this.#checks.runOn(head, `checks-${state.seq}`, signal);
    if (!checked) return;
    await ask({ type: 'recordChecks', ...checked });
    await this.#culprits.nameKnown();
    await this.#fixes.file(signal);
  }
}

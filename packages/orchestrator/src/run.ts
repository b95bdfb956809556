/**
 * ENTRY POINT: the main loop. Wait for inputs, decide them together, work out what is wanted now, make it durable
 * with one write, answer whoever asked, and make the world agree. One run, one loop, one writer.
 */
import {
  type Command,
  type Decision,
  type Entry,
  type ErrorCode,
  emptyState,
  FIX_TASKS_MAX,
  findingsToFile,
  fold,
  openFixTasks,
  type Refusal,
  renderReportMarkdown,
  report,
  reservationFor,
  type State,
  SwarmError,
  taskOf,
  tellEvent,
  wanted,
} from '@swarm/core';
import { Applier } from './apply.ts';
import type { Context } from './context.ts';
import { Effects } from './effects.ts';
import { Reconciler } from './healing/reconciler.ts';
import { type Halt, type Input, Inputs } from './inputs.ts';
import { Gate } from './landing/gate.ts';
import { MergeQueue } from './landing/merge-queue.ts';
import { isGreen } from './landing/verdict.ts';
import { Planner } from './planning/planner.ts';
import { Scheduling } from './scheduling.ts';
import type { OrchestratorPorts, RunOutcome, Settings } from './settings.ts';
import { startUp } from './start-up.ts';
import { Environments } from './working/environment.ts';
import { Worker } from './working/worker.ts';

export interface Orchestrator {
  /** Read only; changes as the run goes on. */
  readonly state: State;
  /** Works on the run until it closes or has to stop. Rejects only on faults of ours or of the disk. */
  run(): Promise<RunOutcome>;
  /** For the control socket: resolves once the decision is durable. */
  ask(command: Command): Promise<Decision | Refusal>;
  /** `drain` lets what is in flight finish; `kill` ends it. Both save, and the run can be resumed. */
  signal(how: 'drain' | 'kill'): void;
  /** Something nobody here can go on with, such as a rejected key: ends what is in flight and saves. */
  halt(halt: Halt): void;
}

export function createOrchestrator(ports: OrchestratorPorts, settings: Settings): Orchestrator {
  return new Loop(ports, settings);
}

class Loop implements Orchestrator {
  readonly state = emptyState();
  readonly #ports: OrchestratorPorts;
  readonly #settings: Settings;
  readonly #inputs = new Inputs();
  readonly #applier: Applier;
  readonly #effects: Effects;
  readonly #context: Context;
  readonly #worker: Worker;
  readonly #planner: Planner;
  readonly #mergeQueue: MergeQueue;
  readonly #reconciler: Reconciler;
  readonly #gate: Gate;
  readonly #environments: Environments;
  #scheduling: Scheduling | undefined;
  #isReady = false;
  /** Set once the run is being left: nothing new starts, and what is running ends. */
  #leaving: RunOutcome | undefined;
  /** After a kill nothing starts any more, not even the landing of what was handed in. */
  #isKilled = false;
  #fault: unknown;
  #cancelTimer: () => void = () => {};
  #lookAgainAt: number;
  /** The entry up to which journal and target were found to agree: a run closes on what it has just seen. */
  #seenAt = 0;

  constructor(ports: OrchestratorPorts, settings: Settings) {
    this.#ports = ports;
    this.#settings = settings;
    for (const entry of ports.journal.entries) fold(this.state, entry);
    this.#applier = new Applier({
      state: this.state,
      journal: ports.journal.journal,
      clock: ports.clock,
      tell: (entry) => this.#tell(entry),
    });
    this.#effects = new Effects({
      onEnd: () => this.#inputs.put({ kind: 'woken' }),
      onFault: (error) => this.#inputs.put({ kind: 'faulted', error }),
    });
    this.#context = {
      state: this.state,
      ports,
      settings,
      ask: (command) => this.ask(command),
      halt: (halt) => this.halt(halt),
    };
    this.#environments = new Environments(this.#context);
    this.#gate = new Gate(this.#context, this.#environments);
    this.#worker = new Worker(this.#context, this.#environments, this.#gate);
    this.#planner = new Planner(this.#context);
    this.#mergeQueue = new MergeQueue(this.#context, this.#gate);
    this.#reconciler = new Reconciler(this.#context, this.#environments);
    this.#lookAgainAt = ports.clock.monotonic() + settings.sweepMs;
  }

  ask(command: Command): Promise<Decision | Refusal> {
    return new Promise((answer) => this.#inputs.put({ kind: 'asked', command, answer }));
  }

  signal(how: 'drain' | 'kill'): void {
    this.#inputs.put({ kind: 'signalled', how });
  }

  halt(halt: Halt): void {
    this.#inputs.put({ kind: 'halted', halt });
  }

  async run(): Promise<RunOutcome> {
    // Left between its end and its report: what is still owed is done, nothing is taken up again.
    if (this.state.closed) return this.#finish();
    await this.#open();
    this.#effects.start('start-up', async (signal) => {
      await startUp(
        this.#context,
        this.#reconciler,
        this.#mergeQueue,
        this.#gate,
        this.#environments,
        signal,
      );
      this.#isReady = true;
    });
    try {
      while (!this.#isOver()) await this.#turn();
    } catch (error) {
      // Nothing can be recorded any more: whatever runs is told to stop, and nobody waits for it.
      void this.#effects.stopAll('drained');
      throw error;
    }
    this.#cancelTimer();
    if (this.#fault) throw this.#fault;
    return this.#finish();
  }

  async #turn(): Promise<void> {
    const answers = this.#take(await this.#inputs.take());
    this.#advance();
    await this.#applier.flush();
    for (const answer of answers) answer();
    this.#sync();
  }

  // ───────────── inputs ─────────────

  #take(inputs: readonly Input[]): (() => void)[] {
    const answers: (() => void)[] = [];
    for (const input of inputs) {
      switch (input.kind) {
        case 'asked': {
          const decided = this.#decide(input.command);
          answers.push(() => input.answer(decided));
          break;
        }
        case 'signalled':
          this.#leave(input.how);
          break;
        case 'halted':
          this.#halt(input.halt);
          break;
        case 'faulted':
          this.#fault ??= input.error;
          this.#halt({ why: 'fault', detail: 'a fault in swarm itself' });
          break;
        case 'woken':
          break;
      }
    }
    return answers;
  }

  #decide(command: Command): Decision | Refusal {
    const answer = this.#applier.decide(command);
    if (answer.kind === 'refusal') {
      this.#ports.log.write('command.refused', {
        msg: `${command.type}: ${answer.detail}`,
        data: { command: command.type, reason: answer.reason },
      });
    } else {
      for (const event of answer.events) this.#scheduling?.follow(event);
    }
    return answer;
  }

  #leave(how: 'drain' | 'kill'): void {
    this.#leaving ??= { kind: 'stopped', why: 'signal', detail: 'stopped by a signal' };
    if (how === 'kill') {
      this.#isKilled = true;
      void this.#effects.stopAll('drained');
      return;
    }
    for (const name of ['start-up', 'planner', 'checks', 'fixes', 'endpoints'])
      this.#effects.stop(name, 'drained');
    this.#ports.clock.after(this.#settings.drainMs, () => this.signal('kill'));
  }

  #halt(halt: Halt): void {
    this.#leaving ??= { kind: 'stopped', ...halt };
    this.#isKilled = true;
    void this.#effects.stopAll('drained');
  }

  // ───────────── deciding ─────────────

  /** Turns what is wanted into decisions, until nothing more follows. */
  #advance(): void {
    if (!this.#isReady || this.#leaving) return;
    if (this.#isStranded()) {
      this.#halt({ why: 'paused', detail: this.state.paused!.detail });
      return;
    }
    const now = this.#ports.clock.now();
    const { budget } = wanted(this.state, now);
    if (budget) this.#decide({ type: 'reachBudget', which: budget });
    const want = wanted(this.state, now);
    this.#startAttempts(want.room);
    if (want.iteration && !this.#effects.has('planner')) this.#startIteration(want.iteration);
    const isSeen = this.#seenAt === this.state.seq;
    if (want.close && isSeen && this.#effects.names.length === 0) {
      this.#decide({ type: 'closeRun', reason: want.close, green: isGreen(this.state) });
    }
  }

  /** Paused for what does not mend itself, with nothing left in flight: idle is never silent. */
  #isStranded(): boolean {
    const { paused } = this.state;
    if (!paused || paused.reason === 'endpoints-down' || paused.reason === 'operator') return false;
    return this.#effects.names.length === 0;
  }

  #startAttempts(room: number): void {
    const taken = new Set([...this.state.liveAttempts].map((id) => this.state.attempts.get(id)!.worker));
    for (let n = 1, left = room; left > 0; n++) {
      const worker = `w${n}`;
      if (taken.has(worker)) continue;
      const reserved = reservationFor(this.state);
      const task = reserved && this.#scheduling!.next();
      if (!reserved || !task) return;
      this.#must(this.#decide({ type: 'startAttempt', task, worker, reserved }), 'SW0801');
      left -= 1;
    }
  }

  #startIteration(reason: NonNullable<ReturnType<typeof wanted>['iteration']>): void {
    const { model, prompts } = this.#ports;
    const reserved = reservationFor(this.state);
    if (!reserved || !model) return;
    this.#decide({
      type: 'startIteration',
      reason,
      promptHash: prompts.hash('planner'),
      model: model.nameFor('planner'),
      reserved,
    });
  }

  // ───────────── making the world agree ─────────────

  #sync(): void {
    this.#syncAttempts();
    if (!this.#isReady || this.#isKilled || this.state.closed) return;
    if (this.state.planning.live && !this.#leaving) {
      const { iteration } = this.state.planning.live;
      this.#effects.start('planner', (signal) => this.#planner.iterate(iteration, signal));
    }
    const want = wanted(this.state, this.#ports.clock.now());
    this.#syncTarget(want.landings[0] !== undefined, want.close !== undefined);
    if (this.#leaving) return;
    if (want.checks) this.#effects.start('checks', (signal) => this.#reconciler.check(signal));
    const canFile = findingsToFile(this.state).length > 0 && openFixTasks(this.state) < FIX_TASKS_MAX;
    if (canFile && !this.state.paused && !this.#effects.has('checks')) {
      this.#effects.start('fixes', (signal) => this.#reconciler.fileFixTasks(signal));
    }
    if (this.state.paused?.reason === 'endpoints-down')
      this.#effects.start('endpoints', (signal) => this.#waitForEndpoints(signal));
    this.#lookAgain(want.askAgainAt);
  }

  #syncAttempts(): void {
    for (const id of this.state.liveAttempts) {
      const task = this.state.tasks.get(taskOf(id))!;
      const isHeld = (task.state === 'assigned' || task.state === 'running') && task.attempt === id;
      if (!isHeld) this.#effects.stop(id, 'cancelled');
      else if (this.#isReady && !this.#leaving) {
        const attempt = this.state.attempts.get(id)!;
        this.#effects.start(id, (signal) => this.#worker.work(attempt, signal));
      }
    }
  }

  /** Landing and looking at the target share one name, so that they never run side by side. */
  #syncTarget(isSomethingQueued: boolean, isClosing: boolean): void {
    const isOverdue = this.#ports.clock.monotonic() >= this.#lookAgainAt;
    const isTimeToLook = isOverdue || (isClosing && this.#seenAt !== this.state.seq);
    if (this.#effects.has('landing') || !(isSomethingQueued || isTimeToLook)) return;
    if (isTimeToLook) this.#lookAgainAt = this.#ports.clock.monotonic() + this.#settings.sweepMs;
    this.#effects.start('landing', async (signal) => {
      if (isTimeToLook) await this.#sweep();
      const [first] = this.state.queue;
      if (first && isSomethingQueued) await this.#mergeQueue.landNext(first, signal);
    });
  }

  async #sweep(): Promise<void> {
    await this.#mergeQueue.lookAtTarget();
    this.#seenAt = this.state.seq;
    await this.#reconciler.tidy();
    this.#ports.log.write('sweep.ended', { msg: 'looked at target, hub and workspaces' });
  }

  async #waitForEndpoints(signal: AbortSignal): Promise<void> {
    await this.#ports.model!.whenUp(signal);
    if (signal.aborted) return;
    this.#ports.log.write('endpoint.up', { msg: 'an endpoint answers again' });
    await this.ask({ type: 'continue', by: 'itself' });
  }

  #lookAgain(at: number | undefined): void {
    this.#cancelTimer();
    const { clock } = this.#ports;
    // While something lands no look is due: its end wakes the loop.
    const isLanding = this.#effects.has('landing');
    const delay = Math.min(
      at === undefined ? Number.POSITIVE_INFINITY : Math.max(1, at - clock.now()),
      isLanding ? Number.POSITIVE_INFINITY : Math.max(1, this.#lookAgainAt - clock.monotonic()),
    );
    if (delay === Number.POSITIVE_INFINITY) return;
    this.#cancelTimer = clock.after(delay, () => this.#inputs.put({ kind: 'woken' }));
  }

  // ───────────── beginning and end ─────────────

  async #open(): Promise<void> {
    const { open, plan, version, host, pid } = this.#settings;
    if (open) {
      const accept: Command = {
        type: 'acceptTasks',
        drafts: plan ?? [],
        from: { by: 'plan' },
        eachAlone: false,
      };
      this.#must(this.#applier.open([{ type: 'openRun', version, ...open }, accept]), 'SW0202');
    } else {
      this.#must(this.#applier.decide({ type: 'resumeRun', version, host, pid }), 'SW0801');
      // Whoever types `swarm resume` has seen to what the pause was for, or will be told again.
      if (this.state.paused) this.#must(this.#applier.decide({ type: 'continue', by: 'operator' }), 'SW0801');
    }
    await this.#applier.flush();
    this.#scheduling = new Scheduling(this.state);
  }

  #must(answer: Decision | Refusal, code: ErrorCode): void {
    if (answer.kind === 'refusal')
      throw new SwarmError({ code, what: `a decision was refused: ${answer.detail}` });
  }

  #isOver(): boolean {
    const isLeft = this.#leaving !== undefined || this.state.closed !== undefined;
    return isLeft && this.#effects.names.length === 0;
  }

  async #finish(): Promise<RunOutcome> {
    if (this.#leaving && !this.state.closed) {
      const { detail } = this.#leaving as Extract<RunOutcome, { kind: 'stopped' }>;
      this.#decide({ type: 'stop', reason: 'signal', detail });
      await this.#applier.flush();
      await this.#writeReport();
      return this.#leaving;
    }
    if (!this.state.delivered) await this.#deliver();
    await this.#writeReport();
    return { kind: 'closed' };
  }

  async #deliver(): Promise<void> {
    const { request } = this.state.run!;
    const commit = this.state.head!;
    const to = request.deliver;
    if (to === 'apply' && this.state.landedCount > 0) {
      const applied = await this.#ports.delivery.apply(commit);
      const detail = applied.kind === 'done' ? '' : `${applied.why}; ${applied.fix}`;
      const outcome = applied.kind === 'done' ? 'done' : 'refused';
      this.#decide({
        type: 'recordDelivery',
        to,
        ref: `refs/heads/${request.target}`,
        commit,
        outcome,
        detail,
      });
    } else {
      const detail = this.state.landedCount > 0 ? '' : 'nothing landed, so there was nothing to deliver';
      this.#decide({ type: 'recordDelivery', to, ref: request.landOn, commit, outcome: 'done', detail });
    }
    await this.#applier.flush();
  }

  async #writeReport(): Promise<void> {
    const told = report(this.state);
    await this.#ports.files.writeReport(`${JSON.stringify(told, null, 2)}\n`, renderReportMarkdown(told));
    this.#ports.log.write('report.written', { msg: 'report.md and report.json are written' });
  }

  #tell(entry: Entry): void {
    for (const event of entry.events) this.#ports.log.write(event.type, tellEvent(event, this.state));
  }
}

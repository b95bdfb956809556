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
  fold,
  type IterationReason,
  opened,
  type Refusal,
  reservationFor,
  type State,
  SwarmError,
  scaling,
  type TaskId,
  tellEvent,
  type UndoAsk,
  wanted,
} from '@swarm/core';
import { Applier } from './apply.ts';
import { Approval } from './approval.ts';
import { Crew, NOT_DRAINED } from './crew.ts';
import { Effects } from './effects.ts';
import { deliver, writeReport } from './finish.ts';
import { Monitor } from './healing/monitor.ts';
import { type Halt, type Input, Inputs } from './inputs.ts';
import type { UndoOutcome } from './landing/undo.ts';
import { isGreen } from './landing/verdict.ts';
import { Patience } from './patience.ts';
import { Scheduling } from './scheduling.ts';
import type { OrchestratorPorts, RunOutcome, Settings } from './settings.ts';

export interface Orchestrator {
  /** Read only; changes as the run goes on. */
  readonly state: State;
  /** Works on the run until it closes or has to stop. Rejects only on faults of ours or of the disk. */
  run(): Promise<RunOutcome>;
  /** For the control socket: resolves once the decision is durable; once the run has ended, with a refusal. */
  ask(command: Command): Promise<Decision | Refusal>;
  /** Takes landings back between two landings; resolves when that is over, at the latest when the run is left. */
  undo(ask: UndoAsk): Promise<UndoOutcome>;
  /** `drain` lets what is in flight finish; `kill` ends it. Both save, and the run can be resumed. */
  signal(how: 'drain' | 'kill'): void;
  /** Something nobody here can go on with, such as a rejected key: ends what is in flight and saves. */
  halt(halt: Halt): void;
}

export function createOrchestrator(ports: OrchestratorPorts, settings: Settings): Orchestrator {
  return new Loop(ports, settings);
}

/** Tasks in flight that one line of the log names. */
const MEETINGS_TOLD_MAX = 10;

class Loop implements Orchestrator {
  readonly state = emptyState();
  readonly #ports: OrchestratorPorts;
  readonly #settings: Settings;
  readonly #inputs = new Inputs();
  readonly #applier: Applier;
  readonly #effects: Effects;
  readonly #crew: Crew;
  readonly #patience: Patience;
  readonly #approval: Approval | undefined;
  readonly #monitor: Monitor;
  #scheduling: Scheduling | undefined;
  #isReady = false;
  /** Set once the run is being left: nothing new starts, and what is running ends. */
  #leaving: RunOutcome | undefined;
  /** After a kill nothing starts any more, not even the landing of what was handed in. */
  #isKilled = false;
  #fault: unknown;

  constructor(given: OrchestratorPorts, settings: Settings) {
    this.#monitor = new Monitor(this.state, given);
    const ports = { ...given, log: this.#monitor.log };
    this.#ports = ports;
    this.#settings = settings;
    for (const entry of ports.journal.entries) fold(this.state, entry);
    this.#applier = new Applier({
      state: this.state,
      journal: ports.journal.journal,
      clock: ports.clock,
      tell: (entry) => this.#tell(entry),
    });
    const wake = (): void => this.#inputs.put({ kind: 'woken' });
    this.#effects = new Effects({
      onEnd: wake,
      onFault: (error) => this.#inputs.put({ kind: 'faulted', error }),
    });
    this.#patience = new Patience(ports.log);
    const asLoop = (command: Command) => this.ask(command);
    this.#approval = needsApproval(this.state, ports) ? new Approval(ports.approve, asLoop) : undefined;
    const ask = (command: Command) => this.#approval?.pass(command) ?? asLoop(command);
    const halt = (why: Halt) => this.halt(why);
    const durable = () => new Promise<boolean>((answer) => this.#inputs.put({ kind: 'synced', answer }));
    this.#crew = new Crew({ state: this.state, ports, settings, ask, durable, halt }, this.#effects, wake);
  }

  ask(command: Command): Promise<Decision | Refusal> {
    return new Promise((answer) => this.#inputs.put({ kind: 'asked', command, answer }));
  }

  undo(ask: UndoAsk): Promise<UndoOutcome> {
    return this.#crew.undo(ask);
  }

  signal(how: 'drain' | 'kill'): void {
    this.#inputs.put({ kind: 'signalled', how });
  }

  halt(halt: Halt): void {
    this.#inputs.put({ kind: 'halted', halt });
  }

  async run(): Promise<RunOutcome> {
    // Left between its end and its report: what is still owed is done, nothing is taken up again.
    if (this.state.closed) {
      this.#inputs.close();
      this.#crew.rest();
      return this.#finish();
    }
    await this.#open();
    this.#crew.startUp(() => {
      this.#isReady = true;
    });
    this.#monitor.start();
    try {
      while (!this.#isOver()) await this.#turn();
    } catch (error) {
      // Nothing can be recorded any more: whatever runs is told to stop, and nobody waits for it.
      void this.#effects.stopAll('drained');
      throw error;
    } finally {
      this.#inputs.close();
      this.#monitor.stop();
      this.#crew.rest();
    }
    if (this.#fault) throw this.#fault;
    return this.#finish();
  }

  async #turn(): Promise<void> {
    const answers = this.#take(await this.#inputs.take());
    this.#advance();
    await this.#applier.flush();
    for (const answer of answers) answer();
    if (this.#isReady && !this.#isKilled) this.#crew.agree(this.#leaving !== undefined);
    this.#patience.look(this.state, this.#effects.names.length > 0);
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
        case 'synced':
          answers.push(() => input.answer(true));
          break;
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
      if (answer.events.some((event) => event.type === 'run.cancelled')) this.#endTheRest();
    }
    return answer;
  }

  /** Attempts of cancelled tasks end as any cancelled attempt does; what belongs to no task is ended here. */
  #endTheRest(): void {
    this.#approval?.abandon();
    for (const name of ['planner', 'checks', 'fixes', 'endpoints']) this.#effects.stop(name, 'cancelled');
  }

  #leave(how: 'drain' | 'kill'): void {
    this.#leaving ??= { kind: 'stopped', why: 'signal', detail: 'stopped by a signal' };
    this.#approval?.abandon();
    if (how === 'kill') {
      this.#isKilled = true;
      void this.#effects.stopAll('drained');
      return;
    }
    for (const name of NOT_DRAINED) this.#effects.stop(name, 'drained');
    this.#ports.clock.after(this.#settings.drainMs, () => this.signal('kill'));
  }

  #halt(halt: Halt): void {
    this.#leaving ??= { kind: 'stopped', ...halt };
    this.#approval?.abandon();
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
    this.#scale();
    if (want.iteration && !this.#effects.has('planner')) this.#startIteration(want.iteration);
    const isQuiet = this.#effects.names.length === 0 && !this.#crew.isAsked;
    if (want.close && this.#crew.hasSeenAll && isQuiet) {
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
    if (room === 0) return;
    const taken = new Set([...this.state.liveAttempts].map((id) => this.state.attempts.get(id)!.worker));
    for (let n = 1, left = room; left > 0; n++) {
      const worker = `w${n}`;
      if (taken.has(worker)) continue;
      const reserved = reservationFor(opened(this.state));
      const task = reserved && this.#scheduling!.next();
      if (!reserved || !task) return;
      this.#must(this.#decide({ type: 'startAttempt', task, worker, reserved }), 'SW0801');
      if (this.state.run!.request.overlap === 'warn') this.#tellMeetings(task);
      left -= 1;
    }
  }

  /** Under `warn` tasks that meet run side by side: each start says beside whom. */
  #tellMeetings(task: TaskId): void {
    const met = this.#scheduling!.beside(task);
    if (met.length === 0) return;
    const told = met.slice(0, MEETINGS_TOLD_MAX).map(({ id, entry }) => `${id} (${entry})`);
    const more = met.length > told.length ? ` and ${met.length - told.length} more` : '';
    this.#ports.log.write('scope.met', {
      msg: `${task} starts beside ${told.join(', ')}${more}`,
      task,
      data: { met: met.slice(0, MEETINGS_TOLD_MAX), count: met.length },
    });
  }

  /** The number of workers follows how handoffs fare, below the operator's own. */
  #scale(): void {
    const { workers, flow, paused, spending } = this.state;
    const better = paused || spending.reached ? undefined : scaling(workers, flow);
    if (better) this.#decide({ type: 'scale', ...better, by: 'itself' });
  }

  #startIteration(reason: IterationReason): void {
    const { model, prompts } = this.#ports;
    const reserved = reservationFor(opened(this.state));
    if (!reserved || !model) return;
    this.#decide({
      type: 'startIteration',
      reason,
      promptHash: prompts.hash('planner'),
      model: model.nameFor('planner'),
      reserved,
    });
  }

  // ───────────── beginning and end ─────────────

  async #open(): Promise<void> {
    const { open, version, host, pid } = this.#settings;
    if (open) {
      const first: Command = { type: 'openRun', version, ...open };
      this.#must(this.#applier.open([first, ...this.#given()]), 'SW0202');
    } else {
      this.#must(this.#applier.decide({ type: 'resumeRun', version, host, pid }), 'SW0801');
      // Whoever types `swarm resume` has seen to what the pause was for, or will be told again. A person's own pause
      // had no such cause: it lasts until they say otherwise, crash or not.
      if (this.state.paused && this.state.paused.reason !== 'operator')
        this.#must(this.#applier.decide({ type: 'continue', by: 'operator' }), 'SW0801');
    }
    await this.#applier.flush();
    this.#scheduling = new Scheduling(this.state);
  }

  /** The tasks that are there from the beginning. */
  #given(): readonly Command[] {
    const { plan = [], branches = [] } = this.#settings;
    const accept = { type: 'acceptTasks', eachAlone: false } as const;
    return [
      { ...accept, drafts: plan, from: { by: 'plan' } },
      ...branches.map(
        ({ draft, branch, commit }): Command => ({
          ...accept,
          drafts: [draft],
          from: { by: 'land', branch, commit },
        }),
      ),
    ];
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
      await writeReport(this.state, this.#ports);
      return this.#leaving;
    }
    if (!this.state.delivered) {
      this.#decide(await deliver(this.state, this.#ports));
      await this.#applier.flush();
    }
    await writeReport(this.state, this.#ports);
    return { kind: 'closed' };
  }

  #tell(entry: Entry): void {
    for (const event of entry.events) this.#ports.log.write(event.type, tellEvent(event, this.state));
  }
}

/** A plan was approved already where one of the planner's tasks is there. */
function needsApproval(
  state: State,
  ports: OrchestratorPorts,
): ports is OrchestratorPorts & Required<Pick<OrchestratorPorts, 'approve'>> {
  return ports.approve !== undefined && ![...state.tasks.values()].some((t) => t.source.by === 'planner');
}

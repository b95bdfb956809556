/**
 * ENTRY POINT: the main loop. Wait for inputs, decide them together, work out what is wanted now, make it durable
 * with one write, answer whoever asked, and make the world agree. One run, one loop, one writer.
 */
import type { Command } from '@swarm/core/commands';
import type { Decision } from '@swarm/core/decide';
import type { UndoAsk } from '@swarm/core/decisions/undo';
import { type ErrorCode, type Refusal, SwarmError } from '@swarm/core/errors';
import type { Entry } from '@swarm/core/events';
import type { State } from '@swarm/core/state';
import { tellEvent } from '@swarm/core/views/telling';
import { Applier } from './apply.ts';
import { Approval } from './approval.ts';
import type { Context, OnDisk } from './context.ts';
import { Crew, isNotDrained } from './crew.ts';
import { Deciding } from './deciding.ts';
import { PushFollower } from './delivering/follow.ts';
import { Effects } from './effects.ts';
import { deliver, writeReport } from './finish.ts';
import { Monitor } from './healing/monitor.ts';
import { NeedsWatch } from './healing/needs-watch.ts';
import { type Halt, type Input, Inputs } from './inputs.ts';
import { AskedUndos } from './landing/asked-undos.ts';
import type { UndoOutcome } from './landing/undo.ts';
import { Patience } from './patience.ts';
import { AskedProposals } from './planning/asked-proposals.ts';
import type { Proposal } from './planning/proposer.ts';
import { SUBPLANNER } from './planning/subplanner.ts';
import type { OrchestratorPorts, RunOutcome, Settings } from './settings.ts';

export interface Orchestrator {
  /** Read only; what is on disk, which changes as the run goes on. */
  readonly state: State;
  /** Works on the run until it closes or has to stop. Rejects only on faults of ours or of the disk. */
  run(): Promise<RunOutcome>;
  /** For the control socket: resolves once the decision is durable; once the run has ended, with a refusal. */
  ask(command: Command): Promise<Decision | Refusal>;
  /** Takes landings back between two landings; resolves when that is over, at the latest when the run is left. */
  undo(ask: UndoAsk): Promise<UndoOutcome>;
  /** Asks the planner how it would change its plan for this change of the request; nothing is changed yet. */
  propose(text: string): Promise<Proposal>;
  /** `drain` lets what is in flight finish; `kill` ends it. Both save, and the run can be resumed. */
  signal(how: 'drain' | 'kill'): void;
  /** Something nobody here can go on with, such as a rejected key: ends what is in flight and saves. */
  halt(halt: Halt): void;
}

export function createOrchestrator(ports: OrchestratorPorts, settings: Settings): Orchestrator {
  return new Loop(ports, settings);
}

class Loop implements Orchestrator {
  readonly #ports: OrchestratorPorts;
  readonly #settings: Settings;
  readonly #inputs = new Inputs();
  readonly #applier: Applier;
  readonly #effects: Effects;
  readonly #asked = new AskedUndos();
  readonly #proposals = new AskedProposals();
  readonly #patience: Patience;
  readonly #approval: Approval | undefined;
  readonly #monitor: Monitor;
  readonly #needs: NeedsWatch;
  readonly #pushes: PushFollower;
  #isReady = false;
  /** Set once the run is being left: nothing new starts, and what is running ends. */
  #leaving: RunOutcome | undefined;
  /** After a kill nothing starts any more, not even the landing of what was handed in. */
  #isKilled = false;
  #fault: unknown;

  constructor(given: OrchestratorPorts, settings: Settings) {
    this.#applier = new Applier({
      journal: given.journal,
      clock: given.clock,
      tell: (entry, state) => this.#tell(entry, state),
    });
    this.#monitor = new Monitor(this.state, given);
    const ports = { ...given, log: this.#monitor.log };
    this.#needs = new NeedsWatch(this.state, ports.log);
    this.#pushes = new PushFollower(this.state, ports.pulls, ports.log, ports.clock);
    this.#ports = ports;
    this.#settings = settings;
    this.#effects = new Effects({
      onEnd: () => this.#wake(),
      onFault: (error) => this.#inputs.put({ kind: 'faulted', error }),
    });
    this.#patience = new Patience(ports.log);
    const asLoop = (command: Command) => this.ask(command);
    this.#approval = needsApproval(this.state, ports) ? new Approval(ports.approve, asLoop) : undefined;
  }

  get state(): OnDisk<State> {
    return this.#applier.state;
  }

  ask(command: Command): Promise<Decision | Refusal> {
    return new Promise((answer) => this.#inputs.put({ kind: 'asked', command, answer }));
  }

  undo(ask: UndoAsk): Promise<UndoOutcome> {
    const outcome = this.#asked.put(ask);
    this.#wake();
    return outcome;
  }

  propose(text: string): Promise<Proposal> {
    const answer = this.#proposals.put(text);
    this.#wake();
    return answer;
  }

  signal(how: 'drain' | 'kill'): void {
    this.#inputs.put({ kind: 'signalled', how });
  }

  halt(halt: Halt): void {
    this.#inputs.put({ kind: 'halted', halt });
  }

  async run(): Promise<RunOutcome> {
    // Left between its end and its report: what is still owed is done, nothing is taken up again.
    if (this.state.closed && !this.#settings.again) {
      this.#inputs.close();
      this.#closeAsked();
      return this.#finish();
    }
    let crew: Crew | undefined;
    let unwatch: (() => void) | undefined;
    try {
      await this.#open();
      const deciding = new Deciding(this.#applier, this.#ports, this.#ports.fleet?.leaseMs);
      crew = this.#crew();
      crew.startUp(() => {
        this.#isReady = true;
      });
      this.#monitor.start();
      unwatch = this.#ports.fleet?.onChange(() => this.#wake());
      while (!this.#isOver()) await this.#turn(crew, deciding);
    } catch (error) {
      // Nothing can be recorded any more: whatever runs is told to stop, and nobody waits for it.
      void this.#effects.stopAll('drained');
      throw error;
    } finally {
      this.#inputs.close();
      this.#monitor.stop();
      unwatch?.();
      this.#closeAsked();
      crew?.rest();
    }
    if (this.#fault) throw this.#fault;
    return this.#finish();
  }

  #crew(): Crew {
    const asLoop = (command: Command) => this.ask(command);
    const context: Context = {
      state: this.#applier.opened,
      ports: this.#ports,
      settings: this.#settings,
      ask: (command) => this.#approval?.pass(command) ?? asLoop(command),
      halt: (why) => this.halt(why),
    };
    const asked = { asked: this.#asked, proposals: this.#proposals };
    return new Crew({ context, effects: this.#effects, ...asked, wake: () => this.#wake() });
  }

  #closeAsked(): void {
    this.#asked.close();
    this.#proposals.close();
  }

  #wake(): void {
    this.#inputs.put({ kind: 'woken' });
  }

  async #turn(crew: Crew, deciding: Deciding): Promise<void> {
    const answers = this.#take(await this.#inputs.take(), deciding);
    this.#advance(crew, deciding);
    await this.#applier.flush();
    for (const answer of answers) answer();
    if (this.#isReady && !this.#isKilled) crew.agree(this.#leaving !== undefined);
    this.#patience.look(this.state, this.#effects.names.length > 0);
  }

  // ───────────── inputs ─────────────

  /** The answers are given once the disk has what they say. */
  #take(inputs: readonly Input[], deciding: Deciding): (() => void)[] {
    const answers: (() => void)[] = [];
    for (const input of inputs) {
      switch (input.kind) {
        case 'asked': {
          const decided = this.#decide(input.command, deciding);
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

  #decide(command: Command, deciding: Deciding): Decision | Refusal {
    const answer = deciding.decide(command);
    const isEnd = answer.kind === 'decision' && answer.events.some((event) => event.type === 'run.cancelled');
    if (isEnd) this.#endTheRest();
    return answer;
  }

  /** Attempts of cancelled tasks end as any cancelled attempt does; what belongs to no task is ended here. */
  #endTheRest(): void {
    this.#approval?.abandon();
    for (const name of this.#effects.names) if (isEndedWithRun(name)) this.#effects.stop(name, 'cancelled');
  }

  #leave(how: 'drain' | 'kill'): void {
    this.#leaving ??= { kind: 'stopped', why: 'signal', detail: 'stopped by a signal' };
    this.#approval?.abandon();
    if (how === 'kill') {
      this.#isKilled = true;
      void this.#effects.stopAll('drained');
      return;
    }
    for (const name of this.#effects.names) if (isNotDrained(name)) this.#effects.stop(name, 'drained');
    this.#ports.clock.after(this.#settings.drainMs, () => this.signal('kill'));
  }

  #halt(halt: Halt): void {
    this.#leaving ??= { kind: 'stopped', ...halt };
    this.#approval?.abandon();
    this.#isKilled = true;
    void this.#effects.stopAll('drained');
  }

  #advance(crew: Crew, deciding: Deciding): void {
    if (!this.#isReady) return;
    const { fleet } = this.#ports;
    if (fleet && !this.state.closed) deciding.followHosts(fleet.seen(), this.#leaving !== undefined);
    if (this.#leaving) return;
    const isIdle = this.#effects.names.length === 0;
    const stranded = isIdle ? deciding.strandedBy() : undefined;
    if (stranded !== undefined) return this.#halt({ why: 'paused', detail: stranded });
    deciding.advance({
      isPlanning: this.#effects.has('planner') || this.#isProposing(),
      isQuiet: isIdle && this.#asked.isEmpty && this.#proposals.isEmpty,
      seenAt: crew.seenAt,
    });
  }

  /** The first plan waits for nothing: there is nothing to change before it. */
  #isProposing(): boolean {
    return !this.#proposals.isEmpty && this.state.planning.iteration > 0;
  }

  // ───────────── beginning and end ─────────────

  async #open(): Promise<void> {
    const { open, version } = this.#settings;
    if (open) {
      const first: Command = { type: 'openRun', version, ...open };
      this.#must(this.#applier.open([first, ...this.#given()]), 'SW0202');
    } else {
      for (const command of takingUp(this.state, this.#settings))
        this.#must(this.#applier.decide(command), 'SW0801');
      // Whoever types `swarm resume` has seen to what the pause was for, or will be told again. A person's own pause
      // had no such cause: it lasts until they say otherwise, crash or not.
      if (this.state.paused && this.state.paused.reason !== 'operator')
        this.#must(this.#applier.decide({ type: 'continue', by: 'operator' }), 'SW0801');
    }
    await this.#applier.flush();
  }

  /** The tasks that are there from the beginning. */
  #given(): readonly Command[] {
    const { plan = [], branches = [] } = this.#settings;
    const accept = { type: 'acceptTasks', eachAlone: false } as const;
    return [
      { ...accept, drafts: plan, from: { by: 'plan' } },
      ...branches.map(
        ({ draft, branch, commit, upon }): Command => ({
          ...accept,
          drafts: [draft],
          from: { by: 'land', branch, commit, ...(upon && { upon }) },
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
    const state = this.#applier.opened;
    await this.#pushes.rest();
    if (this.#leaving?.kind === 'stopped' && !state.closed) {
      const { kind: _, why, ...about } = this.#leaving;
      this.#applier.decide({ type: 'stop', reason: why, ...about });
      await this.#applier.flush();
      await writeReport(state, this.#ports);
      return this.#leaving;
    }
    if (!state.delivered) {
      this.#applier.decide(await deliver(state, this.#ports));
      await this.#applier.flush();
    }
    await writeReport(state, this.#ports);
    return { kind: 'closed' };
  }

  #tell(entry: Entry, state: State): void {
    for (const event of entry.events) this.#ports.log.write(event.type, tellEvent(event, state));
    this.#needs.look(entry);
    this.#pushes.look(entry);
  }
}

/** What belongs to no task, and a planner of a task that is cancelled with the rest. */
const isEndedWithRun = (name: string): boolean =>
  ['planner', 'proposals', 'checks', 'rechecks', 'criteria', 'fixes', 'endpoints'].includes(name) ||
  name.startsWith(SUBPLANNER);

/** How a run that was left, or is over, is worked on again. All of it is decided before anything of it is on disk. */
export function takingUp(
  { closed }: Pick<State, 'closed'>,
  { version, host, pid, again = [] }: Pick<Settings, 'version' | 'host' | 'pid' | 'again'>,
): readonly Command[] {
  const about = { version, host, pid };
  const first: Command = closed
    ? { type: 'reopenRun', reason: 'swarm resume', ...about }
    : { type: 'resumeRun', ...about };
  return [first, ...again];
}

/** A plan was approved already where one of the planner's tasks is there. */
function needsApproval(
  state: State,
  ports: OrchestratorPorts,
): ports is OrchestratorPorts & Required<Pick<OrchestratorPorts, 'approve'>> {
  return ports.approve !== undefined && ![...state.tasks.values()].some((t) => t.source.by === 'planner');
}

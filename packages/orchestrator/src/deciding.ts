/**
 * What follows by itself from what was decided: budgets reached, attempts and iterations started, workers scaled, the
 * run closed. It looks at the state that is ahead of the disk, and does nothing but ask for decisions: all of them
 * are on disk before anybody acts on one.
 */
import type { Command } from '@swarm/core/commands';
import type { Decision } from '@swarm/core/decide';
import { type Refusal, SwarmError } from '@swarm/core/errors';
import { NO_RESERVATION } from '@swarm/core/model/attempt';
import { isHeldBack } from '@swarm/core/model/evolve-task';
import { type HostSlot, type HostsObserved, LEASE_MS } from '@swarm/core/model/host';
import type { TaskId } from '@swarm/core/model/ids';
import type { IterationReason } from '@swarm/core/model/plan';
import type { TicketedModel } from '@swarm/core/ports/models';
import type { Clock, Log, Prompts } from '@swarm/core/ports/world';
import { reservationFor } from '@swarm/core/rules/budget';
import { scaling } from '@swarm/core/rules/concurrency';
import { contendersFor, isLeftOut } from '@swarm/core/rules/contest';
import { workerFor } from '@swarm/core/rules/distribute';
import { foreignFor, neededHere } from '@swarm/core/rules/foreign';
import { isGreen } from '@swarm/core/rules/green';
import { stepsFor } from '@swarm/core/rules/pipeline';
import { hasFreeSlot, isHosted, slotFor } from '@swarm/core/rules/placing';
import { isOneTask } from '@swarm/core/rules/right-size';
import { splitProblem } from '@swarm/core/rules/splitting';
import { type OpenedState, opened } from '@swarm/core/state';
import { sweepHosts } from '@swarm/core/sweep';
import { wanted } from '@swarm/core/wanted';
import type { Applier } from './apply.ts';
import { Scheduling } from './scheduling.ts';

/** What the loop knows of what runs beside it. */
export interface Beside {
  readonly isPlanning: boolean;
  /** Nothing runs, and nobody waits to be served. */
  readonly isQuiet: boolean;
  /** The entry up to which journal and target were found to agree. */
  readonly seenAt: number;
}

interface Ports {
  readonly clock: Clock;
  readonly log: Log;
  readonly prompts: Pick<Prompts, 'hash'>;
  readonly model?: Pick<TicketedModel, 'nameFor'>;
}

/** Tasks in flight that one line of the log names. */
const MEETINGS_TOLD_MAX = 10;

export class Deciding {
  readonly #applier: Applier;
  readonly #ports: Ports;
  readonly #state: OpenedState;
  readonly #scheduling: Scheduling;
  readonly #leaseMs: number;

  /** @param applier has opened its run. */
  constructor(applier: Applier, ports: Ports, leaseMs = LEASE_MS) {
    this.#leaseMs = leaseMs;
    this.#applier = applier;
    this.#ports = ports;
    this.#state = opened(applier.deciding);
    this.#scheduling = new Scheduling(this.#state);
  }

  decide(command: Command): Decision | Refusal {
    const answer = this.#applier.decide(command);
    if (answer.kind === 'decision') {
      for (const event of answer.events) this.#scheduling.follow(event);
    } else {
      this.#ports.log.write('command.refused', {
        msg: `${command.type}: ${answer.detail}`,
        data: { command: command.type, reason: answer.reason },
      });
    }
    return answer;
  }

  /** Who is there now; what ran on a host that is gone is lost. */
  followHosts(seen: HostsObserved, isLeaving: boolean): void {
    for (const command of sweepHosts(this.#state, seen, isLeaving)) this.decide(command);
  }

  /** Turns what is wanted into decisions, until nothing more follows. */
  advance(beside: Beside): void {
    const now = this.#ports.clock.now();
    const { near, budget } = wanted(this.#state, now);
    if (near) this.decide({ type: 'nearBudget', which: near });
    if (budget) this.decide({ type: 'reachBudget', which: budget });
    const want = wanted(this.#state, now);
    for (const task of want.settled) this.decide({ type: 'settleTask', task });
    this.#startAttempts(want.room);
    this.#scale();
    if (want.iteration && !beside.isPlanning) this.#startIteration('planner', { reason: want.iteration });
    if (this.#state.byState.expanded.size > 0)
      for (const subplan of wanted(this.#state, now).subplans) this.#startIteration('subplanner', subplan);
    // A run closes only on a target that was looked at after its last decision.
    const hasSeenAll = beside.seenAt === this.#state.seq;
    if (want.close && hasSeenAll && beside.isQuiet)
      this.decide({ type: 'closeRun', reason: want.close, green: isGreen(this.#state) });
  }

  /** Why nothing goes on any more: it is paused for what does not mend itself. Idle is never silent. */
  strandedBy(): string | undefined {
    const { paused } = this.#state;
    if (!paused || paused.reason === 'endpoints-down' || paused.reason === 'operator') return undefined;
    return paused.detail;
  }

  #startAttempts(room: number): void {
    for (let left = room; left > 0; ) {
      const started = this.#startNext();
      if (started === 'none') return;
      // What is split takes no worker.
      if (started === 'attempt') left -= 1;
    }
  }

  #startNext(): 'attempt' | 'split' | 'none' {
    const isFull = isHosted(this.#state) && !hasFreeSlot(this.#state);
    if (isFull && this.#state.run.request.foreign === undefined) return 'none';
    const busy = new Set([...this.#state.liveAttempts].map((id) => this.#state.attempts.get(id)!.worker));
    const reserved = reservationFor(this.#state);
    const task = reserved && this.#scheduling.next((id) => this.#mayBegin(id, busy));
    if (!reserved || !task) return 'none';
    if (this.#isSplit(task)) return 'split';
    const place = this.#placeFor(task, busy);
    const own = this.#isElsewhere(task)
      ? NO_RESERVATION
      : (reservationFor(this.#state, 'worker', this.#state.tasks.get(task)) ?? reserved);
    const answer = place && this.decide({ type: 'startAttempt', task, ...place, reserved: own });
    if (!answer || answer.kind === 'refusal')
      throw new SwarmError({
        code: 'SW0801',
        what: `a decision was refused: ${answer?.detail ?? `nobody is free to do ${task}`}`,
      });
    if (this.#state.run.request.overlap === 'warn') this.#tellMeetings(task);
    return 'attempt';
  }

  /** What is split needs no worker; one of several that try a task may find that task's budget used up. */
  #mayBegin(id: TaskId, busy: ReadonlySet<string>): boolean {
    const task = this.#state.tasks.get(id)!;
    if (isHeldBack(task) && isLeftOut(this.#state, task)) return false;
    return this.#howSplit(id) !== 'no' || this.#placeFor(id, busy) !== undefined;
  }

  /** Who takes it, and in a run of many hosts where; undefined: all who could are taken. */
  #placeFor(id: TaskId, busy: ReadonlySet<string>): Place | undefined {
    const isOfHosts = isHosted(this.#state) && !this.#isElsewhere(id);
    const on = isOfHosts ? slotFor(this.#state, this.#state.tasks.get(id)!) : undefined;
    if (isOfHosts && !on) return undefined;
    const worker =
      on && !this.#state.run.request.distribute ? `${on.host}-${on.slot}` : this.#workerFor(id, busy);
    if (worker === undefined) return undefined;
    return { worker, ...(on && { on, leaseMs: this.#leaseMs }) };
  }

  /** The worker that takes it; undefined: all who could are taken. Where all are alike there is one as long as there is room. */
  #workerFor(id: TaskId, busy: ReadonlySet<string>): string | undefined {
    const { request } = this.#state.run;
    const { distribute, agents = [] } = request;
    if (!distribute) return firstFree(busy);
    const { spec } = this.#state.tasks.get(id)!;
    return workerFor(distribute, neededHere(spec, request), {
      busy,
      turn: this.#state.attempts.size,
      agents,
    });
  }

  /** Whoever does it asks no model of ours: nothing is set aside for it, and nothing lost with it. */
  #isElsewhere(id: TaskId): boolean {
    return foreignFor(this.#state.tasks.get(id)!.spec, this.#state.run.request) !== undefined;
  }

  /** Whoever has no model has nobody who could say what the parts are. */
  #howSplit(id: TaskId): 'by-planner' | 'pipeline' | 'candidates' | 'no' {
    const task = this.#state.tasks.get(id)!;
    if (this.#state.spending.neared) return 'no';
    const isWide = !isOneTask(this.#state) && splitProblem(this.#state, task) === undefined;
    if (this.#ports.model && isWide) return 'by-planner';
    if (stepsFor(this.#state, task)) return 'pipeline';
    return contendersFor(this.#state, task) === undefined ? 'no' : 'candidates';
  }

  #isSplit(id: TaskId): boolean {
    const how = this.#howSplit(id);
    if (how === 'no') return false;
    const by = how !== 'by-planner' && { by: how };
    return this.decide({ type: 'expandTask', task: id, ...by }).kind === 'decision';
  }

  /** Under `warn` tasks that meet run side by side: each start says beside whom. */
  #tellMeetings(task: TaskId): void {
    const met = this.#scheduling.beside(task);
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
    const { workers, flow, paused, spending } = this.#state;
    const better = paused || spending.reached || spending.neared ? undefined : scaling(workers, flow);
    if (better) this.decide({ type: 'scale', ...better, by: 'itself' });
  }

  #startIteration(
    role: 'planner' | 'subplanner',
    about: { readonly owner?: TaskId; readonly reason: IterationReason },
  ): void {
    const { model, prompts } = this.#ports;
    const reserved = reservationFor(this.#state, role);
    if (!reserved || !model) return;
    this.decide({
      type: 'startIteration',
      ...about,
      promptHash: prompts.hash(role),
      model: model.nameFor('planner'),
      reserved,
    });
  }
}

/** @prop worker in a run without kinds of workers: the slot's own name. */
interface Place {
  readonly worker: string;
  readonly on?: HostSlot;
  readonly leaseMs?: number;
}

/** `w1`, or the first after it that nobody works as. */
function firstFree(busy: ReadonlySet<string>): string {
  for (let n = 1; ; n++) if (!busy.has(`w${n}`)) return `w${n}`;
}

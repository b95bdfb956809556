/**
 * Who works: makes the world agree with what is wanted. Each is an effect under its own name, so that asking twice
 * starts nothing twice. Decides nothing: what comes of the work is asked of the core by whoever did it.
 */
import { type AttemptId, type TaskId, taskOf } from '@swarm/core/model/ids';
import { FIX_TASKS_MAX } from '@swarm/core/model/request';
import { culpritsToFind, culpritsToRevert, findingsToFile, openFixTasks } from '@swarm/core/rules/healing';
import { isHosted } from '@swarm/core/rules/placing';
import { reviewerMay, type VoteWanted, votesWanted } from '@swarm/core/rules/reviewing';
import { isTakenBack, landingsToSettle, mayLand, testWanted, wanted } from '@swarm/core/wanted';
import type { Context, OnDisk } from './context.ts';
import type { Effects } from './effects.ts';
import { Checks } from './healing/checks.ts';
import { Criteria } from './healing/criteria.ts';
import { Culprits } from './healing/culprit.ts';
import { FixTasks } from './healing/fixes.ts';
import { Rechecks } from './healing/rechecks.ts';
import { Reconciler } from './healing/reconciler.ts';
import type { AskedUndos } from './landing/asked-undos.ts';
import { Gate } from './landing/gate.ts';
import { MergeQueue } from './landing/merge-queue.ts';
import { Probes } from './landing/probes.ts';
import { Undo } from './landing/undo.ts';
import type { AskedProposals } from './planning/asked-proposals.ts';
import { Planner } from './planning/planner.ts';
import { Proposer } from './planning/proposer.ts';
import { SUBPLANNER, Subplanners } from './planning/subplanner.ts';
import { Evidence } from './reviewing/evidence.ts';
import { Reviews } from './reviewing/reviews.ts';
import { startUp } from './start-up.ts';
import { Worker } from './working/worker.ts';

/** What a first Ctrl-C ends at once; attempts and landings may finish. */
export const isNotDrained = (name: string): boolean => NOT_DRAINED.has(name) || name.startsWith(SUBPLANNER);

const NOT_DRAINED: ReadonlySet<string> = new Set([
  'start-up',
  'planner',
  'proposals',
  'checks',
  'rechecks',
  'criteria',
  'fixes',
  'culprit',
  'endpoints',
]);

/** One reviewer of one attempt: there is never a second under the name, whatever commit it is asked about. */
const REVIEW = 'review-';
const reviewEffect = ({ attempt, reviewer }: VoteWanted): string => `${REVIEW}${attempt}-${reviewer}`;

interface Given {
  readonly context: Context;
  readonly effects: Effects;
  readonly asked: AskedUndos;
  readonly proposals: AskedProposals;
  readonly wake: () => void;
}

export class Crew {
  readonly #context: Context;
  readonly #effects: Effects;
  readonly #wake: () => void;
  readonly #gate: Gate;
  readonly #worker: Worker;
  readonly #planner: Planner;
  readonly #subplanners: Subplanners;
  readonly #mergeQueue: MergeQueue;
  readonly #reconciler: Reconciler;
  readonly #fixes: FixTasks;
  readonly #culprits: Culprits;
  readonly #rechecks: Rechecks;
  readonly #criteria: Criteria;
  readonly #undo: Undo;
  readonly #reviews: Reviews;
  readonly #asked: AskedUndos;
  readonly #proposals: AskedProposals;
  readonly #proposer: Proposer;
  #cancelTimer: () => void = () => {};
  #lookAgainAt: number;
  #seenAt = 0;
  /** The entry at which the merge queue could do nothing. */
  #idleAt: number | undefined;

  /** @param given `wake` looks again at what is wanted; `asked` and `proposals` are what the operator waits for. */
  constructor({ context, effects, asked, proposals, wake }: Given) {
    this.#context = context;
    this.#effects = effects;
    this.#asked = asked;
    this.#proposals = proposals;
    this.#proposer = new Proposer(context);
    this.#wake = wake;
    this.#gate = new Gate(context);
    const probes = new Probes(context);
    const evidence = new Evidence(context.state.run.request.review && context.ports.files);
    this.#worker = new Worker(context, this.#gate, probes, evidence);
    this.#reviews = new Reviews(context, evidence);
    this.#planner = new Planner(context);
    this.#subplanners = new Subplanners(context);
    this.#mergeQueue = new MergeQueue(context, this.#gate, probes);
    const checks = new Checks(context);
    this.#fixes = new FixTasks(context);
    this.#rechecks = new Rechecks(context);
    this.#criteria = new Criteria(context);
    this.#culprits = new Culprits(context, checks, this.#rechecks);
    this.#reconciler = new Reconciler(context, checks, this.#culprits, this.#fixes);
    this.#undo = new Undo(context, this.#gate, () => this.#mergeQueue.lookAtTarget());
    this.#lookAgainAt = context.ports.clock.monotonic() + context.settings.sweepMs;
  }

  /** The entry up to which journal and target were found to agree. */
  get seenAt(): number {
    return this.#seenAt;
  }

  /** Mends what a crash left and tries the base; `done` is called when anything new may start. */
  startUp(done: () => void): void {
    this.#effects.start('start-up', async (signal) => {
      const parts = [this.#reconciler, this.#mergeQueue, this.#gate] as const;
      await startUp(this.#context, ...parts, signal);
      done();
    });
  }

  /** @param isLeaving what is in flight may finish and land; nothing else begins. */
  agree(isLeaving: boolean): void {
    if (isLeaving) this.#asked.close();
    if (isLeaving || this.#state.closed || this.#state.cancelled !== undefined) this.#proposals.close();
    this.#agreeOnAttempts(isLeaving);
    this.#worker.lookAtNotes();
    this.#agreeOnReviews(isLeaving);
    if (this.#state.closed) return;
    const want = wanted(this.#state, this.#context.ports.clock.now());
    this.#agreeOnTests();
    const toRevert = isLeaving || this.#state.paused ? [] : culpritsToRevert(this.#state);
    this.#agreeOnTarget(want.close !== undefined, toRevert);
    if (isLeaving) return;
    this.#agreeOnPlanning();
    if (want.checks) this.#effects.start('checks', (signal) => this.#reconciler.check(signal));
    if (want.rechecks) this.#effects.start('rechecks', (signal) => this.#rechecks.work(signal));
    if (want.criteria)
      this.#effects.start('criteria', (signal) => this.#criteria.work(want.criteria === 'end', signal));
    this.#agreeOnFindings();
    this.#agreeOnCulprits();
    this.#lookAgain(want.askAgainAt);
  }

  /** No timer wakes the loop any more. */
  rest(): void {
    this.#cancelTimer();
  }

  get #state(): OnDisk {
    return this.#context.state;
  }

  #agreeOnAttempts(isLeaving: boolean): void {
    if (isHosted(this.#state)) this.#giveUpLost();
    for (const id of this.#state.liveAttempts) {
      const task = this.#state.tasks.get(taskOf(id))!;
      const isHeld = (task.state === 'assigned' || task.state === 'running') && task.attempt === id;
      if (!isHeld) this.#effects.stop(id, 'cancelled');
      else if (!isLeaving) {
        const attempt = this.#state.attempts.get(id)!;
        this.#effects.start(id, (signal) => this.#worker.work(attempt, signal));
      }
    }
  }

  /** Whoever still waits for a host that is gone stops waiting. */
  #giveUpLost(): void {
    for (const name of this.#effects.names) {
      const attempt = this.#state.attempts.get(name as AttemptId);
      if (attempt?.state === 'ended' && attempt.ending === 'lost') this.#effects.stop(name, 'lost');
    }
  }

  /** They take no worker’s place. Whoever was asked and has voted, or is not asked any more, stops. */
  #agreeOnReviews(isLeaving: boolean): void {
    const { ports } = this.#context;
    const open = new Map(votesWanted(this.#state).map((one) => [reviewEffect(one), one]));
    const atWork = this.#effects.names.filter((name) => name.startsWith(REVIEW));
    for (const name of atWork) if (!open.has(name)) this.#effects.stop(name, 'cancelled');
    if (isLeaving || !ports.changes || reviewerMay(this.#state) === 'wait') return;
    const { review } = this.#state.run.request;
    let room = Math.max(this.#state.workers, review?.reviewers ?? 0) - atWork.length;
    for (const [name, wanted] of open) {
      if (this.#effects.has(name)) continue;
      if (room-- <= 0) return;
      this.#effects.start(name, (signal) => this.#reviews.vote(wanted, signal));
    }
  }

  #agreeOnPlanning(): void {
    const { planning, paused } = this.#state;
    if (planning.live) {
      const { iteration } = planning.live;
      this.#effects.start('planner', (signal) => this.#planner.iterate(iteration, signal));
    }
    // Beside no iteration: two answers to the same board would file the same tasks twice.
    if (!planning.live && !this.#effects.has('planner') && !this.#proposals.isEmpty && this.#mayPropose())
      this.#effects.start('proposals', (signal) => this.#proposals.work(this.#proposer, signal));
    for (const work of this.#subplanners.work()) {
      this.#effects.start(work.name, (signal) => this.#subplanners.iterate(work, signal));
      if (work.isUnwanted) this.#effects.stop(work.name, 'cancelled');
    }
    if (paused?.reason === 'endpoints-down') {
      this.#effects.start('endpoints', (signal) => this.#waitForEndpoints(signal));
    }
  }

  /** The first plan comes before any change of it; where there is no planner, that is the answer. */
  #mayPropose(): boolean {
    return this.#state.run.request.mode !== 'planner' || this.#state.planning.iteration > 0;
  }

  #agreeOnFindings(): void {
    if (this.#state.paused || this.#effects.has('checks')) return;
    const toFile = findingsToFile(this.#state, this.#context.ports.clock.now());
    if (toFile.length === 0 || openFixTasks(this.#state) >= FIX_TASKS_MAX) return;
    this.#effects.start('fixes', (signal) => this.#fixes.file(signal));
  }

  /** Only while nothing waits to land; a fix that landed makes it moot. */
  #agreeOnCulprits(): void {
    if (culpritsToFind(this.#state).length === 0) this.#effects.stop('culprit', 'cancelled');
    else if (!this.#state.paused && !this.#effects.has('checks') && this.#state.queue.size === 0)
      this.#effects.start('culprit', (signal) => this.#culprits.find(signal));
  }

  /** Candidates under test, each an effect of its own. */
  #agreeOnTests(): void {
    for (const id of this.#state.openLandings) {
      const landing = this.#state.landings.get(id)!;
      if (isTakenBack(this.#state, landing)) this.#effects.stop(`gate-${id}`, 'cancelled');
      else if (landing.gate === undefined)
        this.#effects.start(`gate-${id}`, (signal) => this.#mergeQueue.test(landing, signal));
    }
  }

  /** Landing and looking at the target share one name, so that they never run side by side. */
  #agreeOnTarget(isClosing: boolean, toRevert: readonly TaskId[]): void {
    const { clock } = this.#context.ports;
    const hasSeenAll = this.#seenAt === this.#state.seq;
    const isTimeToLook = clock.monotonic() >= this.#lookAgainAt || (isClosing && !hasSeenAll);
    const isToUndo = toRevert.length > 0 || !this.#asked.isEmpty;
    const isWanted = isTimeToLook || isToUndo || this.#isLandingDue();
    if (this.#effects.has('landing') || !isWanted) return;
    if (isTimeToLook) this.#lookAgainAt = clock.monotonic() + this.#context.settings.sweepMs;
    this.#effects.start('landing', async (signal) => {
      if (isTimeToLook) await this.#sweep();
      await this.#asked.work(this.#undo, signal);
      for (const what of toRevert)
        await this.#undo.undo({ what, withDependents: false, by: 'reconciler' }, signal);
      // Read at the same moment as what may land: what is handed in later is work for a next look.
      const before = this.#state.seq;
      await this.#mergeQueue.work(signal);
      this.#idleAt = this.#state.seq === before ? before : undefined;
    });
  }

  /** A try that changed nothing is not made again until something has changed. */
  #isLandingDue(): boolean {
    if (this.#idleAt === this.#state.seq) return false;
    const isWanted = mayLand(this.#state) && testWanted(this.#state) !== undefined;
    return isWanted || landingsToSettle(this.#state).length > 0;
  }

  async #sweep(): Promise<void> {
    const { clock, log } = this.#context.ports;
    const startedAt = clock.monotonic();
    await this.#mergeQueue.lookAtTarget();
    this.#seenAt = this.#state.seq;
    await this.#reconciler.tidy();
    const durationMs = Math.round(clock.monotonic() - startedAt);
    log.write('sweep.ended', { msg: 'looked at target, hub and workspaces', data: { durationMs } });
  }

  async #waitForEndpoints(signal: AbortSignal): Promise<void> {
    const { ports, ask } = this.#context;
    await ports.model!.whenUp(signal);
    if (signal.aborted) return;
    ports.log.write('endpoint.up', { msg: 'an endpoint answers again' });
    await ask({ type: 'continue', by: 'itself' });
  }

  #lookAgain(at: number | undefined): void {
    this.#cancelTimer();
    const { clock } = this.#context.ports;
    // While something lands no look is due: its end wakes the loop.
    const isLanding = this.#effects.has('landing');
    const delay = Math.min(
      at === undefined ? Number.POSITIVE_INFINITY : Math.max(1, at - clock.now()),
      isLanding ? Number.POSITIVE_INFINITY : Math.max(1, this.#lookAgainAt - clock.monotonic()),
    );
    if (delay !== Number.POSITIVE_INFINITY) this.#cancelTimer = clock.after(delay, this.#wake);
  }
}

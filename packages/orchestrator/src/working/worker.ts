/**
 * One attempt, from its workspace to its one ending. Knows nothing of scheduling: it is given an attempt that is
 * already recorded, and reports once.
 */

import { SwarmError } from '@swarm/core/errors';
import { AGENT_ENDS, type Attempt, type EndingReason } from '@swarm/core/model/attempt';
import { type AttemptId, attemptId, type CommitId } from '@swarm/core/model/ids';
import type { Task } from '@swarm/core/model/task';
import { NO_USAGE } from '@swarm/core/model/usage';
import type { Bench, Saved } from '@swarm/core/ports/bench';
import type { SaveReport } from '@swarm/core/ports/git';
import type { AgentActivity, AgentResult, GoOn } from '@swarm/core/ports/running';
import type { RenderedPrompt } from '@swarm/core/ports/world';
import { attemptLimits } from '@swarm/core/rules/budget';
import type { Wish } from '@swarm/core/rules/roles';
import { toWire } from '@swarm/core/rules/task-format';
import { lines } from '@swarm/core/views/words';
import type { Context } from '../context.ts';
import { handIn, isBranch } from '../landing/branch.ts';
import type { Gate } from '../landing/gate.ts';
import type { Probes } from '../landing/probes.ts';
import { tellOutside } from '../landing/scope-check.ts';
import { Cuts } from '../prompting/cuts.ts';
import { Project } from '../prompting/project.ts';
import { Evidence } from '../reviewing/evidence.ts';
import { raiseAlarm } from './alarm.ts';
import { BaseTries } from './base-try.ts';
import { detailOf, isDiskFull, pauseForDisk } from './disk-full.ts';
import { type Ending, handoffJson, stopped, withoutBench } from './ending.ts';
import { type Finished, Judge } from './judging.ts';
import { type AttemptNotes, NotesAtWork } from './notes.ts';
import {
  GOES_BACK,
  goOnText,
  limitsLeft,
  NOTHING_USED,
  notesText,
  type RoundLimits,
  type Used,
  usedWith,
} from './rounds.ts';
import { setupOf } from './setup-ask.ts';
import { notesFor } from './shared-notes.ts';
import { foldersSeen } from './sparse.ts';
import { leftOutOf, type Taken } from './taken.ts';
import { wishOf } from './wish.ts';
import { conflictVariables, workerVariables } from './worker-prompt.ts';

/** One round of an attempt: what it may use, and what the conversation goes on with; absent in the first. */
interface Round {
  readonly limits: RoundLimits;
  readonly goOn?: GoOn;
}

export class Worker {
  readonly #context: Context;
  readonly #judge: Judge;
  readonly #probes: Probes;
  readonly #project: Project;
  readonly #baseTries: BaseTries;
  readonly #cuts: Cuts;
  readonly #notes: NotesAtWork;

  constructor(context: Context, gate: Gate, probes: Probes, evidence = new Evidence()) {
    this.#context = context;
    this.#judge = new Judge(context, gate, evidence);
    this.#probes = probes;
    this.#project = new Project(context.ports);
    this.#baseTries = new BaseTries(context);
    this.#cuts = new Cuts(context);
    this.#notes = new NotesAtWork(context);
  }

  /** Something was written: attempts at work may have been told something. */
  lookAtNotes(): void {
    this.#notes.look();
  }

  async work(attempt: Attempt, signal: AbortSignal): Promise<void> {
    const { ask, ports } = this.#context;
    let bench: Bench | undefined;
    const { log: _, ...ending } = await this.#live(attempt, signal, (opened) => {
      bench = opened;
    }).catch((error: unknown) => cannotRun(error, signal));
    if (ending.handoff) await ports.files.writeHandoff(attempt.id, handoffJson(ending.handoff, ending.usage));
    if (ending.reason === 'model-down') await this.#pauseForModels(ending.detail);
    if (ending.reason === 'disk-full') await pauseForDisk(this.#context, ending.detail);
    const told = await ask({ type: 'endAttempt', attempt: attempt.id, ...ending });
    if (told.kind === 'refusal' && told.reason === 'run-closed') return;
    if (ending.reason === 'handed-in') await this.#lookAround(attempt.id);
    // Only now that its end is on disk: until then it is all there is of the work.
    if (bench) await this.#takeDown(bench, attempt.id);
  }

  async #takeDown(bench: Bench, attempt: AttemptId): Promise<void> {
    await bench.close();
    this.#context.ports.log.write('workspace.removed', { msg: `workspace of ${attempt} removed`, attempt });
  }

  /** What is known only now that the change is measured and recorded: for people, and for whoever orders the queue. */
  async #lookAround(attempt: AttemptId): Promise<void> {
    tellOutside(this.#context, attempt);
    await this.#probes.probe(attempt);
  }

  /** Before the attempt ends, or its next one would start at once and end the same way, fifty times over (P15). */
  async #pauseForModels(detail: string): Promise<void> {
    // Where the run has no model of its own nobody could say when to go on.
    if (this.#context.ports.model)
      await this.#context.ask({ type: 'pause', reason: 'endpoints-down', detail });
  }

  /** However it goes, it ends one way: there is nothing to return but an ending. */
  async #live(attempt: Attempt, signal: AbortSignal, onOpened: (bench: Bench) => void): Promise<Ending> {
    const { ports, state } = this.#context;
    const task = state.tasks.get(attempt.task)!;
    if (isBranch(task)) return handIn(this.#context, attempt, task, signal);
    const from = attempt.from && (await this.#isGrounded(attempt)) ? attempt.from : undefined;
    const only = from ? undefined : onlyOf(this.#context, task);
    const bench = await ports.host.open({
      name: attempt.id,
      base: attempt.base,
      attempt: attempt.id,
      ...(from && { from }),
      ...(only && { only }),
      ...(attempt.on && { on: attempt.on }),
      ...setupOf(this.#context),
      signal,
    });
    if (bench.kind === 'cannot-run') return withoutBench(bench, signal, NO_USAGE);
    ports.log.write('workspace.made', { msg: `workspace of ${attempt.id} made`, attempt: attempt.id });
    onOpened(bench);
    return this.#workOn({ bench, attempt, task, from, only, signal });
  }

  async #workOn(about: Work): Promise<Ending> {
    const { bench, attempt, task, signal } = about;
    const { ask } = this.#context;
    // Its host went on with it while nobody was here: what was recorded of its start stays.
    const isHeld = attempt.state === 'running';
    const broken = isHeld ? undefined : await this.#tryOnBase(attempt, task, signal);
    if (broken) return broken;
    const notes = this.#notes.open(attempt);
    try {
      const prompt = await this.#prompt(about, notes);
      const { name: driver, model, hears } = bench.agentFor(this.#wish(attempt, task));
      if (isHeld) return await this.#inRounds(about, prompt, notes);
      const started = await ask({
        type: 'startAgent',
        attempt: attempt.id,
        driver,
        ...(model !== undefined && { model }),
        ...(hears && { hears }),
        promptHash: prompt.hash,
      });
      if (started.kind === 'refusal') return stopped(signal, NO_USAGE);
      return await this.#inRounds(about, prompt, notes);
    } finally {
      this.#notes.close(attempt.id);
    }
  }

  /** Before anything is spent on it. Undefined: the agent may begin. */
  async #tryOnBase(attempt: Attempt, task: Task, signal: AbortSignal): Promise<Ending | undefined> {
    const tried = await this.#baseTries.try(attempt, task, signal);
    if (tried.kind === 'broken') return { reason: 'verify-broken', detail: tried.detail, usage: NO_USAGE };
    if (tried.kind === 'unknown') return undefined;
    const isGreen = tried.kind === 'green';
    await this.#context.ask({ type: 'recordVerify', attempt: attempt.id, commit: attempt.base, isGreen });
    return undefined;
  }

  /** The agent works, its work is saved and judged; what its own checks say goes back to it while there is room. */
  async #inRounds(about: Work, prompt: RenderedPrompt, notes: AttemptNotes): Promise<Ending> {
    const { bench, attempt, task, signal } = about;
    const { clock, host } = this.#context.ports;
    const whole = this.#wholeLimits(attempt);
    let used: Used = NOTHING_USED;
    let round: Round = { limits: whole };
    for (;;) {
      const startedAt = clock.monotonic();
      const last = await this.#runAgent(about, prompt, round, notes);
      // Asked at once: when its work is saved, the disk may have room again.
      const wasFull = isDiskFull(last.detail) && (last.wasFull ?? (await host.isFull()));
      used = usedWith(used, last, clock.monotonic() - startedAt);
      const heard = heardAfterAll(last, notes, limitsLeft(whole, used), signal);
      if (heard) {
        round = heard;
        continue;
      }
      const result = { ...last, usage: used.usage, toolCalls: used.toolCalls };
      const ending = await this.#save(attempt, task, bench)
        .then((taken) => this.#end({ ...about, result, wasFull, durationMs: used.durationMs }, taken))
        // What it said is kept, whatever became of the rest.
        .catch((error: unknown) => ({
          ...(last.claim && { claim: last.claim }),
          ...cannotRun(error, signal, used.usage),
        }));
      const next = await this.#next(about, ending, last.talk, limitsLeft(whole, used));
      if (!next) return ending;
      round = next;
    }
  }

  #wholeLimits({ reserved }: Attempt): RoundLimits {
    const { settings, state } = this.#context;
    return { ...attemptLimits(state.run.request.limits, reserved), wallMs: settings.attempt.wallMs };
  }

  /** The round that goes on with the conversation. Undefined: the attempt has ended. */
  async #next(
    { attempt, signal }: Pick<Finished, 'attempt' | 'signal'>,
    { reason, detail, log }: Ending,
    talk: string | undefined,
    limits: RoundLimits | undefined,
  ): Promise<Round | undefined> {
    if (talk === undefined || !GOES_BACK.has(reason) || signal.aborted || !limits) return undefined;
    const answer = await this.#context.ask({ type: 'reworkAttempt', attempt: attempt.id, reason, detail });
    if (answer.kind === 'refusal') return undefined;
    return { limits, goOn: { talk, told: goOnText(reason, detail), ...(log && { log }) } };
  }

  /** Earlier work whose own base is no longer on the target would bring back what somebody took off it. */
  async #isGrounded(attempt: Attempt): Promise<boolean> {
    const { ports, state } = this.#context;
    const bases = new Set<CommitId>();
    for (let n = 1; attemptId(attempt.task, n) !== attempt.id; n++) {
      bases.add(state.attempts.get(attemptId(attempt.task, n))!.base);
    }
    for (const base of bases) if (!(await ports.hub.isAncestor(base, attempt.base))) return false;
    return true;
  }

  async #prompt({ attempt, task, bench, only }: Work, notes: AttemptNotes): Promise<RenderedPrompt> {
    const { prompts } = this.#context.ports;
    const { conflicts } = bench;
    const about = { attempt, task, conflicts, only, notes: notes.forPrompt() };
    const variables = await workerVariables(this.#context, this.#project, about);
    const worker = prompts.render('worker', variables, task.spec.role);
    if (conflicts.length === 0) return worker;
    const why = await conflictVariables(this.#context, attempt.base, task, conflicts);
    const conflict = prompts.render('conflict', why);
    return {
      system: worker.system,
      text: `${worker.text.trimEnd()}\n\n<conflict>\n${conflict.text.trim()}\n</conflict>\n`,
      hash: `${worker.hash}+${conflict.hash}`,
    };
  }

  #wish(attempt: Attempt, task: Task): Wish {
    return wishOf(this.#context.state.run.request, attempt, task);
  }

  #runAgent(
    { bench, attempt, task, signal }: Pick<Finished, 'bench' | 'attempt' | 'task' | 'signal'>,
    { system, text }: RenderedPrompt,
    { limits, goOn }: Round,
    notes: AttemptNotes,
  ): Promise<AgentResult> {
    const { settings } = this.#context;
    return bench.agent({
      wish: this.#wish(attempt, task),
      notes,
      ...(settings.attempt.sharesNotes && { shared: notesFor(this.#context, attempt) }),
      prompt: { system, user: text },
      ...(goOn && { goOn }),
      taskJson: JSON.stringify(
        toWire(task, (id) => id),
        null,
        2,
      ),
      limits: {
        steps: settings.attempt.steps,
        ...limits,
        quietMs: settings.attempt.quietMs,
      },
      signal,
      onActivity: (activity) => this.#tell(attempt, activity),
    });
  }

  #tell(attempt: Attempt, activity: AgentActivity): void {
    const about = { task: attempt.task, attempt: attempt.id, data: { ...activity } };
    const { log } = this.#context.ports;
    if (activity.kind === 'cut') return this.#cuts.tell('worker', activity.cut, about);
    if (activity.kind === 'network') return log.write('agent.reached', { ...about, msg: activity.detail });
    const msg = activity.kind === 'tool' ? `${activity.tool} ${activity.detail}` : activity.detail;
    log.write('agent.activity', { ...about, msg });
  }

  /** Commits what the agent left uncommitted and brings its work into the hub. Runs however the agent ended. */
  async #save(attempt: Attempt, task: Task, bench: Bench): Promise<Taken> {
    const { hub } = this.#context.ports;
    const saved = await bench.save(`${task.spec.title}\n`);
    if (saved.kind === 'refused') return saved;
    const received = saved.kind === 'pack' && (await hub.receive(attempt.id, attempt.base, saved.pack));
    if (received && received.kind === 'refused') return received;
    const taken = await hub.ingest(attempt.id);
    if (taken.kind === 'secret') raiseAlarm(this.#context, attempt, taken.why);
    const work = taken.kind === 'commit' ? { work: taken.commit } : {};
    const why = saved.kind === 'failed' ? saved.why : leftOutOf(saved.report);
    // Where the disk was full, what was taken in may be half of something: that is not the work's fault.
    if (why !== undefined && isDiskFull(why)) return { kind: 'disk-full', why, ...work };
    if (taken.kind === 'refused' || taken.kind === 'secret') return taken;
    if (why !== undefined) return { kind: 'not-saved', why, ...work };
    const { report } = saved as Extract<Saved, { report: SaveReport }>;
    return taken.kind === 'commit'
      ? { kind: 'work', work: taken.commit, report }
      : { kind: 'nothing', report };
  }

  /** Agent's ending, saved work and checks make the attempt's one ending. */
  async #end({ wasFull, ...finished }: Worked, saved: Taken): Promise<Ending> {
    const { result, signal } = finished;
    const work = 'work' in saved ? saved.work : undefined;
    const { claim } = result;
    const kept = { usage: result.usage, ...(work && { work }), ...(claim && { claim }) };
    if (result.end === 'aborted') return { ...stopped(signal, result.usage, result.cutOff), ...kept };
    // Whatever the agent made of it: with a full disk it could do nothing.
    if (saved.kind === 'disk-full') return { ...kept, reason: 'disk-full', detail: saved.why };
    if (wasFull) return { ...kept, reason: 'disk-full', detail: result.detail };
    const failure = this.#failureOf(result);
    if (failure) {
      // A line has room for what is asked of a person, and none for the word that it is asked.
      const said =
        failure === 'agent-blocked' ? [claim?.summary, result.detail] : [result.detail, claim?.summary];
      return { ...kept, reason: failure, detail: lines(...said, saved.kind === 'not-saved' && saved.why) };
    }
    if (saved.kind === 'refused') return { ...kept, reason: 'intake-refused', detail: saved.why };
    if (saved.kind === 'not-saved') return { ...kept, reason: 'not-saved', detail: saved.why };
    if (saved.kind === 'secret') return { ...kept, reason: 'secret-found', detail: saved.why };
    if (result.leaked) return this.#held(finished.attempt, kept, result.leaked);
    return this.#judge.judge({ ...finished, work, report: saved.report });
  }

  /** Its commits are clean: the next attempt may go on from them. */
  #held(attempt: Attempt, kept: Omit<Ending, 'reason' | 'detail'>, leaked: readonly string[]): Ending {
    const detail = `its handoff said the value of ${leaked.join(', ')}`;
    raiseAlarm(this.#context, attempt, detail);
    return { ...kept, reason: 'secret-found', detail };
  }

  /** While no endpoint answers, running out of time is nobody's fault, and no attempt is burned. */
  #failureOf(result: AgentResult): EndingReason | undefined {
    const isOutage = this.#context.state.paused?.reason === 'endpoints-down';
    if (isOutage && (result.end === 'timeout' || result.end === 'stuck')) return 'model-down';
    return AGENT_ENDS[result.end];
  }
}

type Work = Pick<Finished, 'bench' | 'attempt' | 'task' | 'from' | 'only' | 'signal'>;

/** Setup reads what it likes of a tree, and what it leaves serves whole ones. */
function onlyOf({ settings, state }: Context, { spec }: Task): readonly string[] | undefined {
  if (!settings.attempt.isSparse || state.run.request.setup) return undefined;
  return foldersSeen(spec.scope);
}

/** What was said while it was ending: the conversation goes on with that before anything is judged. */
function heardAfterAll(
  { end, talk }: AgentResult,
  notes: AttemptNotes,
  limits: RoundLimits | undefined,
  signal: AbortSignal,
): Round | undefined {
  const pending = notes.pending();
  if (pending.length === 0 || end !== 'finished' || talk === undefined || !limits || signal.aborted)
    return undefined;
  notes.told(pending.length);
  return { limits, goOn: { talk, told: notesText(pending) } };
}

/** @prop wasFull its agent ended because the disk was full, and the disk was. */
interface Worked extends Omit<Finished, 'work' | 'report'> {
  readonly wasFull: boolean;
}

/** @param usage what its agent had used by then. */
function cannotRun(error: unknown, signal: AbortSignal, usage = NO_USAGE): Ending {
  if (signal.aborted) return stopped(signal, usage);
  const detail = detailOf(error);
  if (isDiskFull(detail)) return { reason: 'disk-full', detail, usage };
  if (!(error instanceof SwarmError)) throw error;
  if (error.problems[0]?.code === 'SW0741') return { reason: 'lost', detail, usage };
  return { reason: 'cannot-run', detail, usage };
}

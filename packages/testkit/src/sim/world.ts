import { createHash, type Hash } from 'node:crypto';
import type { Command } from '@swarm/core/commands';
import { SwarmError } from '@swarm/core/errors';
import type { Entry } from '@swarm/core/events';
import { fold } from '@swarm/core/fold';
import type { AttemptId, CommitId, RunId, TaskId } from '@swarm/core/model/ids';
import type { ModelEnd } from '@swarm/core/ports/models';
import { emptyState, type State } from '@swarm/core/state';
import { MemoryFile } from '@swarm/journal';
import { Objects, type Tree } from '../twins/objects.ts';
import { type Fault, type FaultRates, NO_FAULTS } from './faults.ts';
import { Random } from './random.ts';
import { EPOCH, type Incarnation, Scheduler } from './scheduler.ts';

/** A work tree on the simulated disk: `tree` is what lies in it now. */
export interface SimWorkspace {
  /** The host it lies on. Undefined: the orchestrator's own machine. */
  readonly host?: string | undefined;
  readonly name: string;
  readonly path: string;
  readonly attempt: AttemptId | undefined;
  /** Of what would be saved: the base, and the earlier work that was merged onto it. */
  parents: readonly CommitId[];
  readonly base: Tree;
  /** What lay in it when it was made. */
  readonly made: Tree;
  tree: Map<string, string>;
  /** The environment that lies in it. */
  environment: string | undefined;
}

/** A branch somebody made: on the base or on another branch, with these files as they are there; none: nothing new. */
export interface StoryBranch {
  readonly name: string;
  readonly on: string | undefined;
  readonly files: readonly (readonly [path: string, text: string])[];
}

/** A commit of ours that reached the target, and what was durable at that moment. */
export interface Published {
  readonly commit: CommitId;
  readonly durableSeq: number;
  /** Entries that were durable when it was asked for: what whoever asked must have known. */
  readonly knownSeq: number;
}

/** What the system says on a full disk. */
export const FULL = 'ENOSPC: no space left on device';

/** The longest a look at the target takes. */
const LOOK_MS_MAX = 1_000;

export const RUN_ID = 'r-20260101-sims' as RunId;

/**
 * What outlives a process: git, the disk, the people. Everything a port of a dead process had not done by then is
 * not done, but for strays.
 */
export class World {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly objects = new Objects();
  readonly base: CommitId;
  /** Branches people made on the base, by name. */
  readonly branches = new Map<string, CommitId>();
  /** The longest a command in the sandbox takes, virtual ms. */
  readonly commandMsMax: number;
  /** Whether gate and checks need an environment. */
  readonly hasSetup: boolean;
  /** Whether reviewers vote on changes. */
  readonly isVotedOn: boolean;
  /** Whether agents use up what they are given. */
  readonly isMetered: boolean;
  /** Planners of split tasks, and reviewers: told of each entry that is on the disk. */
  helpers: readonly ((entry: Entry) => void)[] = [];

  #target!: CommitId;
  /** Every value the target had. */
  readonly targets = new Set<CommitId>();
  /** What did not merge, and with what. */
  readonly conflicts = new Map<CommitId, Set<CommitId>>();
  /** Gates that really could not be run. */
  gatesBroken = 0;
  /** Whoever works now, by what it has made. */
  working: Incarnation | undefined;
  /** A person at the live process, while there is one. */
  operator: ((command: Command) => void) | undefined;
  journalFile = new MemoryFile();
  readonly work = new Map<AttemptId, CommitId>();
  readonly intakes = new Map<AttemptId, CommitId>();
  readonly workspaces = new Map<string, SimWorkspace>();
  /** What was saved on each host, and has not travelled. */
  readonly savedOn = new Map<string, Map<AttemptId, CommitId>>();
  /** What lies in each that is kept, by key. */
  readonly environments = new Map<string, string>();

  /** Acknowledged entries, as whoever asked was told of them. */
  readonly acked: Entry[] = [];
  /** What the acknowledged entries say: whatever is done to the world has to stand in it before. */
  durable: State = emptyState();
  /** Deeds that were ahead of the journal, and promises broken on the way, in words. */
  readonly breaches = new Set<string>();
  /** What agents and models were really paid, tokens. */
  spentTokens = 0;
  /** When and where git was last asked for the target. */
  lastLook: { readonly at: number; readonly head: CommitId } | undefined;
  /** Commits people took off the target by force. */
  readonly takenOff = new Set<CommitId>();
  /** What was handed in, by the journal. */
  readonly handedIn = new Set<CommitId>();
  /** How the last call of each iteration ended. */
  readonly answers = new Map<number, ModelEnd['kind']>();
  /** How often people asked a paused run to go on. */
  continuesAsked = 0;
  /** Of each note that anybody set, by its text: the version of what its author had seen. */
  readonly notesAsked = new Map<string, number>();
  readonly published: Published[] = [];
  readonly humanCommits = new Set<CommitId>();
  /** When a person last moved the target; virtual ms. */
  humanMovedAt = Number.NEGATIVE_INFINITY;
  /** When no endpoint answers until; virtual ms. */
  modelsDownUntil = 0;
  /** When the disk is full until; virtual ms. */
  fullUntil = 0;
  /** Whether that disk is the journal's too: it lies with the repository, the rest in the state directory. */
  isJournalOnIt = false;
  /** Acknowledged entries a crash took, in words. */
  readonly losses: string[] = [];
  crashes = 0;
  /** Calls to the outside so far. */
  calls = 0;
  readonly seenFaults = new Map<Fault, number>();

  /** Everything that happened, for the trace and for the hash that shows two runs to be the same. */
  readonly trace: string[] | undefined;
  readonly #hash: Hash = createHash('sha256');
  #rates: FaultRates;
  readonly #failAt: FailAt | undefined;

  constructor(ask: {
    seed: number;
    faults: (random: Random) => FaultRates;
    files: Tree;
    branches?: readonly StoryBranch[];
    commandMsMax: number;
    hasSetup?: boolean;
    isVotedOn?: boolean;
    isMetered?: boolean;
    isTraced?: boolean;
    failAt?: FailAt;
  }) {
    this.#failAt = ask.failAt;
    this.commandMsMax = ask.commandMsMax;
    this.hasSetup = ask.hasSetup ?? false;
    this.isVotedOn = ask.isVotedOn ?? false;
    this.isMetered = ask.isMetered ?? false;
    this.random = new Random(ask.seed);
    this.scheduler = new Scheduler(this.random.fork());
    this.#rates = ask.faults(this.random);
    this.trace = ask.isTraced ? [] : undefined;
    this.base = this.objects.commit({ parents: [], tree: ask.files, message: 'base\n', atSeconds: 0 }).id;
    for (const branch of ask.branches ?? []) this.#makeBranch(branch);
    this.target = this.base;
  }

  #makeBranch({ name, on, files }: StoryBranch): void {
    const parent = (on !== undefined && this.branches.get(on)) || this.base;
    if (files.length === 0) return void this.branches.set(name, parent);
    const tree = new Map([...this.objects.treeOf(parent), ...files]);
    const made = this.objects.commit({ parents: [parent], tree, message: `${name}\n`, atSeconds: 1 });
    this.branches.set(name, made.id);
  }

  /** The machine is off: what is on the disk is this. */
  powerCut(bytes: Uint8Array): void {
    this.journalFile = new MemoryFile(bytes);
  }

  /** What a new process reads must hold everything that was acknowledged to an earlier one. */
  reopened(entries: readonly Entry[]): void {
    const lost = this.acked.filter((e, i) => JSON.stringify(entries[i]) !== JSON.stringify(e));
    if (lost.length > 0) {
      this.losses.push(
        `P1: ${lost.length} acknowledged entries are gone, the first is ${lost[0]!.seq} (${lost[0]!.cause})`,
      );
    }
    this.acked.splice(0, this.acked.length);
    this.helpers = [];
    this.durable = emptyState();
    this.acknowledge(entries);
  }

  /** These entries are on the disk, as whoever asked was told. */
  acknowledge(entries: readonly Entry[]): void {
    this.acked.push(...entries);
    for (const entry of entries) {
      const before = this.durable.at;
      fold(this.durable, entry);
      for (const e of entry.events)
        if (e.type === 'attempt.ended' && e.handoff?.change) this.handedIn.add(e.handoff.change.commit);
      if (entry.events.some((event) => event.type === 'run.closed')) this.#closes(before);
      for (const helper of this.helpers) helper(entry);
    }
  }

  /** A run closes on a target that was looked at after all that was decided before. */
  #closes(before: number): void {
    if (this.durable.delivered !== undefined) return;
    const { at = Number.NEGATIVE_INFINITY, head } = this.lastLook ?? {};
    const isFresh = EPOCH + at >= before - LOOK_MS_MAX;
    this.expect(
      isFresh && head === this.durable.head,
      'P13: the run closes without a last look at the target',
    );
  }

  /** Something is done to the world for which the journal must already stand. */
  expect(isSo: boolean, otherwise: string): void {
    if (isSo) return;
    this.breaches.add(otherwise);
    this.tell('breach', otherwise);
  }

  get rates(): FaultRates {
    return this.#rates;
  }

  get target(): CommitId {
    return this.#target;
  }

  set target(commit: CommitId) {
    this.#target = commit;
    this.targets.add(commit);
  }

  /** Somebody cancels a task, or says something to it, at a bad moment, within so many ms. */
  provoke(task: TaskId, withinMs: number): void {
    if (!this.hits('operator')) return;
    if (this.random.chance(0.5)) {
      const tell = { type: 'tell', task, text: `note ${this.scheduler.now}` } as const;
      this.scheduler.after(this.random.between(0, withinMs), () => this.operator?.(tell));
    }
    if (!this.random.chance(0.3)) return;
    const cancel = { type: 'cancelTask', task, reason: 'not wanted', by: 'operator' } as const;
    this.scheduler.after(this.random.between(0, withinMs), () => this.operator?.(cancel));
  }

  get isFull(): boolean {
    return this.fullUntil > this.scheduler.now;
  }

  /** Something is about to be written. Throws while the disk is full. */
  write(what: string): void {
    if (this.isFull) throw new SwarmError({ code: 'SW0702', what: `${what} cannot be written`, why: FULL });
  }

  /** Does this go wrong now? */
  hits(fault: Fault): boolean {
    if (this.#rates[fault] === 0 || !this.random.chance(this.#rates[fault])) return false;
    this.seenFaults.set(fault, (this.seenFaults.get(fault) ?? 0) + 1);
    return true;
  }

  /** From now on nothing goes wrong any more. */
  calm(): void {
    this.#rates = NO_FAULTS;
    this.fullUntil = 0;
    this.tell('calm', 'faults stop');
  }

  tell(what: string, detail: string): void {
    const line = `${Math.round(this.scheduler.now)} ${what} ${detail}`;
    this.#hash.update(`${line}\n`);
    this.trace?.push(line);
  }

  digest(): string {
    return this.#hash.copy().digest('hex');
  }

  /**
   * Something a process asks of the outside: it takes `delayMs`, then it happens, then it is answered. When the
   * process dies in between it does not happen, but for strays, which nobody has killed yet.
   */
  async happen<T>(inc: Incarnation, delayMs: number, effect: () => T): Promise<T> {
    this.calls += 1;
    const failure = this.calls === this.#failAt?.call ? this.#failAt : undefined;
    return new Promise((resolve, reject) => {
      this.scheduler.after(delayMs, () => {
        if (!inc.isAlive && !this.#isStray(inc)) return;
        const isAlone = inc.isAlive || inc.bornAt >= (this.working?.bornAt ?? 0);
        this.expect(isAlone, 'P6: a stray of a dead process acts beside its successor');
        const done = failure ? failing(failure, effect) : attemptTo(effect);
        // The answer travels: a process may die between the deed and hearing of it.
        this.scheduler.after(this.random.between(0, 3), () => {
          if (!inc.isAlive) return;
          if ('error' in done) reject(done.error);
          else resolve(done.value);
        });
      });
    });
  }

  /** Something quick a process changes the world with: whoever does is the one that works now. */
  act<T>(inc: Incarnation, effect: () => T): Promise<T> {
    this.working = inc;
    return this.happen(inc, this.random.between(1, 40), effect);
  }

  #isStray(inc: Incarnation): boolean {
    return this.strays.has(inc) && this.hits('strays');
  }

  /** Dead processes whose children live on, until the next process has killed them. */
  readonly strays = new Set<Incarnation>();
}

/** One call to the outside that fails: before it had its effect, or after. */
export interface FailAt {
  readonly call: number;
  readonly isDone: boolean;
}

function failing<T>({ call, isDone }: FailAt, effect: () => T): { readonly error: unknown } {
  if (isDone) attemptTo(effect);
  return { error: new SwarmError({ code: 'SW0702', what: `call ${call} fails, as it was told to` }) };
}

function attemptTo<T>(effect: () => T): { readonly value: T } | { readonly error: unknown } {
  try {
    return { value: effect() };
  } catch (error) {
    return { error };
  }
}

/**
 * Keeps a run's reference up to date while the run goes on: at its beginning, where something is new, and at its end. The
 * journal on disk stays the truth; the reference follows it, at most `every` behind. Who finds that somebody else has moved
 * it stops: another machine goes on with the run.
 */
import type { Problem } from '@swarm/core/errors';
import type { Hub, SecretFinder, SecretRules } from '@swarm/core/ports/git';
import type { Log } from '@swarm/core/ports/world';
import type { State } from '@swarm/core/state';
import { report } from '@swarm/core/views/report';
import { renderReportMarkdown } from '@swarm/core/views/report-markdown';
import { type Carrier, type CarryOutcome, carriedRef } from '@swarm/git';
import type { RunPaths } from '../finding/paths.ts';
import { shellWord } from '../telling/shell.ts';
import {
  carriedPrompts,
  carriedRunFile,
  HEARTBEAT_MS,
  JournalPieces,
  keptCommits,
  type Lease,
  leaseBytes,
  pieceName,
} from './carried-files.ts';
import { HeldBack, lookThrough } from './carried-looks.ts';
import type { RunFile } from './run-file.ts';

export interface CarryingParts {
  readonly carrier: Carrier;
  readonly file: RunFile;
  readonly paths: RunPaths;
  readonly everyMs: number;
  readonly version: string;
  readonly log: Log;
  /** What holds a secret is not carried. */
  readonly secrets: SecretFinder;
  readonly rules: SecretRules | undefined;
  readonly state: () => State;
  /** Somebody else goes on with the run. */
  readonly onTaken: (why: string) => void;
}

export class Carrying {
  readonly #parts: CarryingParts;
  readonly #pieces: JournalPieces;
  /** Names of blobs, by path. */
  readonly #files = new Map<string, string>();
  /** Lengths of what was made a blob. */
  readonly #lengths = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #going: Promise<unknown> = Promise.resolve();
  #carriedAt = 0;
  #isOver = false;
  /** Something is new since it was carried last. */
  #isOwed = false;
  #isTaken = false;
  /** A secret stands in the journal: it is carried up to the piece before, and no further. */
  #isHeld = false;
  readonly #alarmed = new Set<string>();
  /** What was told last of why it is not written. */
  #toldWhy: string | undefined;

  constructor(parts: CarryingParts) {
    this.#parts = parts;
    this.#pieces = new JournalPieces(parts.paths.journal);
  }

  /** Another machine goes on with the run: what this one says of its end is not the run's. */
  get taken(): Problem | undefined {
    return this.#isTaken ? takenProblem(this.#parts.file) : undefined;
  }

  /** Says that this machine works on the run from now on, before anything is done. */
  async claim(): Promise<void> {
    if (this.#parts.state().run !== undefined) await this.#next('live');
    if (!this.#isTaken) this.#again();
  }

  /**
   * Before anything lands, so that whoever goes on from the reference knows by which gate it passed, and nothing lands
   * from here once somebody else does. False: somebody does.
   */
  async mayLand(): Promise<boolean> {
    if (!this.#isOver) this.#stopIf(await this.#next('live'));
    return !this.#isTaken;
  }

  /** The last word, once nothing runs any more. */
  async end(): Promise<void> {
    this.#isOver = true;
    clearTimeout(this.#timer);
    await this.#going;
    if (this.#isTaken) return;
    const { state } = this.#parts;
    if (state().run !== undefined) await this.#next(state().closed ? 'closed' : 'left');
  }

  #again(): void {
    this.#timer = setTimeout(async () => {
      if (this.#parts.state().run !== undefined) this.#stopIf(await this.#next('live'));
      if (!this.#isOver) this.#again();
    }, this.#parts.everyMs);
    this.#timer.unref();
  }

  #stopIf(outcome: CarryOutcome): void {
    if (outcome.kind !== 'elsewhere' || this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#parts.onTaken(takenText(this.#parts.file, outcome.head));
  }

  /** One after another. */
  #next(word: Lease['state']): Promise<CarryOutcome> {
    const next = this.#going.then(() => this.#carry(word));
    this.#going = next;
    return next;
  }

  async #carry(word: Lease['state']): Promise<CarryOutcome> {
    try {
      this.#isOwed = (await this.#takeJournal()) || this.#isOwed;
      if (word === 'live' && !this.#isOwed && Date.now() - this.#carriedAt < HEARTBEAT_MS) return NOTHING;
      await this.#takeOthers(word);
      return this.#told(await this.#send(word));
    } catch (error) {
      if (error instanceof HeldBack) this.#alarm(error.message);
      return this.#told({ kind: 'silent', why: (error as Error).message });
    }
  }

  #send(word: Lease['state']): Promise<CarryOutcome> {
    const { carrier, file, state } = this.#parts;
    const { seq } = state();
    const message = `swarm: ${file.run}, ${seq} entries, ${word}\n`;
    return carrier.carry({ files: this.#files, keep: keptCommits(state()), message });
  }

  #told(outcome: CarryOutcome): CarryOutcome {
    const { log, file } = this.#parts;
    const ref = carriedRef(file.run);
    if (outcome.kind === 'carried') {
      this.#carriedAt = Date.now();
      this.#isOwed = false;
      const msg = this.#isHeld ? `${ref} says that the run is live, and no more` : `${ref} is up to date`;
      log.write('journal.carried', { msg, data: { ref, commit: outcome.commit } });
      this.#toldWhy = undefined;
      return outcome;
    }
    this.#isTaken ||= outcome.kind === 'elsewhere';
    const why = outcome.kind === 'silent' ? outcome.why : takenText(file, outcome.head);
    if (why !== this.#toldWhy)
      log.write('journal.uncarried', { msg: `${ref} was not written: ${why}`, data: { ref } });
    this.#toldWhy = why;
    return outcome;
  }

  /** The run goes on; what is held back never leaves this disk by itself. */
  #alarm(why: string): void {
    if (this.#alarmed.has(why)) return;
    this.#alarmed.add(why);
    const ref = carriedRef(this.#parts.file.run);
    this.#parts.log.write('secret.found', { msg: `${ref} goes on without it: ${why}`, data: { why, ref } });
  }

  async #takeJournal(): Promise<boolean> {
    if (this.#isHeld) return false;
    let isNew = false;
    try {
      for await (const { name, bytes } of this.#pieces.read()) {
        if (this.#lengths.get(name) === bytes.length) continue;
        await this.#take(name, bytes);
        isNew = true;
      }
    } catch (error) {
      // Without its beginning a journal is none.
      if (!(error instanceof HeldBack) || !this.#files.has(pieceName(1))) throw error;
      this.#isHeld = true;
      this.#alarm(error.message);
    }
    return isNew;
  }

  async #takeOthers(word: Lease['state']): Promise<void> {
    const { file, paths, version, state } = this.#parts;
    if (!this.#files.has('run.json')) {
      for (const [path, bytes] of await carriedPrompts(paths)) await this.#take(path, bytes);
      await this.#take('run.json', Buffer.from(carriedRunFile(file)));
    }
    await this.#put('lease.json', leaseBytes(word, version));
    if (word === 'live' || this.#isHeld) return;
    const told = report(state());
    await this.#take('report.json', Buffer.from(`${JSON.stringify(told, null, 2)}\n`));
    await this.#take('report.md', Buffer.from(renderReportMarkdown(told)));
  }

  /** @throws HeldBack when a secret stands in it: it is on this disk, and goes no further. */
  async #take(path: string, bytes: Buffer): Promise<void> {
    const { secrets, rules, carrier, file } = this.#parts;
    const isAtBase = (value: string): Promise<boolean> => carrier.isAtBase(value);
    await lookThrough({ secrets, rules, isAtBase, ref: carriedRef(file.run) }, path, bytes);
    await this.#put(path, bytes);
  }

  async #put(path: string, bytes: Buffer): Promise<void> {
    this.#files.set(path, await this.#parts.carrier.blob(bytes));
    this.#lengths.set(path, bytes.length);
  }
}

/** Nothing lands before the reference says what is about to, and nothing once the run goes on elsewhere. */
export const carriedFirst = (hub: Hub, carrying: () => Carrying | undefined): Hub => ({
  ...hub,
  publish: async (candidate) =>
    (await carrying()?.mayLand()) === false ? ELSEWHERE : hub.publish(candidate),
});

/** Nothing was asked of the target; the run is being left. */
const ELSEWHERE = { kind: 'unknown', why: 'the run goes on on another machine' } as const;
const NOTHING: CarryOutcome = { kind: 'silent', why: 'nothing is new' };

const takenText = ({ run }: RunFile, head: string | undefined): string =>
  `${run} was taken up on another machine (${carriedRef(run)} is at ${head?.slice(0, 10) ?? 'nothing'}): it goes on there`;

export const takenProblem = ({ run, remote }: RunFile): Problem => ({
  code: 'SW0501',
  what: `${run} was taken up on another machine`,
  where: carriedRef(run),
  why: 'its reference was moved since this machine wrote it last',
  fix: `swarm resume --from-ref ${carriedRef(run)}${remote ? ` --from ${shellWord(remote.remote)}` : ''} --takeover`,
});

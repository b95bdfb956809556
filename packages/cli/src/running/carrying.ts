/**
 * Keeps a run's reference up to date while the run goes on: at its beginning, where something is new, and at its end. The
 * journal on disk stays the truth; the reference follows it, at most `every` behind. Who finds that somebody else has moved
 * it stops: another machine goes on with the run.
 */
import type { Problem } from '@swarm/core/errors';
import type { Hub, SecretFinder } from '@swarm/core/ports/git';
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
} from './carried-files.ts';
import type { RunFile } from './run-file.ts';

export interface CarryingParts {
  readonly carrier: Carrier;
  readonly file: RunFile;
  readonly paths: RunPaths;
  readonly everyMs: number;
  readonly version: string;
  readonly log: Log;
  /** Knows the operator's secrets: what holds one is not carried. */
  readonly secrets: SecretFinder;
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
      log.write('journal.carried', { msg: `${ref} is up to date`, data: { ref, commit: outcome.commit } });
    } else {
      this.#isTaken ||= outcome.kind === 'elsewhere';
      const why = outcome.kind === 'silent' ? outcome.why : takenText(file, outcome.head);
      log.write('journal.uncarried', { msg: `${ref} was not written: ${why}`, data: { ref } });
    }
    return outcome;
  }

  async #takeJournal(): Promise<boolean> {
    let isNew = false;
    for (const { name, bytes } of await this.#pieces.read()) {
      if (this.#lengths.get(name) === bytes.length) continue;
      await this.#take(name, bytes);
      isNew = true;
    }
    return isNew;
  }

  async #takeOthers(word: Lease['state']): Promise<void> {
    const { file, paths, version, state } = this.#parts;
    if (!this.#files.has('run.json')) {
      await this.#take('run.json', Buffer.from(carriedRunFile(file)));
      for (const [path, bytes] of await carriedPrompts(paths)) await this.#take(path, bytes);
    }
    await this.#take('lease.json', leaseBytes(word, version));
    if (word === 'live') return;
    const told = report(state());
    await this.#take('report.json', Buffer.from(`${JSON.stringify(told, null, 2)}\n`));
    await this.#take('report.md', Buffer.from(renderReportMarkdown(told)));
  }

  /** @throws when a secret of the operator's stands in it: it is on this disk, and goes no further. */
  async #take(path: string, bytes: Buffer): Promise<void> {
    const found = this.#parts.secrets.begin()(bytes);
    if (found !== undefined) throw new Error(`the value of ${found} stands in ${path}`);
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

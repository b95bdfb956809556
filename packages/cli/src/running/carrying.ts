/**
 * Keeps a run's reference up to date while the run goes on: at its beginning, where something is new, and at its end. The
 * journal on disk stays the truth; the reference follows it, at most `every` behind. Who finds that somebody else has moved
 * it stops: another machine goes on with the run.
 */
import { hostname } from 'node:os';
import type { SecretFinder } from '@swarm/core/ports/git';
import type { Log } from '@swarm/core/ports/world';
import type { State } from '@swarm/core/state';
import { report } from '@swarm/core/views/report';
import { renderReportMarkdown } from '@swarm/core/views/report-markdown';
import { type Carrier, type CarryOutcome, carriedRef } from '@swarm/git';
import type { RunPaths } from '../finding/paths.ts';
import {
  carriedPrompts,
  carriedRunFile,
  HEARTBEAT_MS,
  JournalPieces,
  keptCommits,
  type Lease,
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

  constructor(parts: CarryingParts) {
    this.#parts = parts;
    this.#pieces = new JournalPieces(parts.paths.journal);
  }

  /** Says that this machine works on the run from now on, before anything is done. */
  async claim(): Promise<CarryOutcome> {
    const isNew = this.#parts.state().run === undefined;
    const outcome = isNew ? NOTHING : await this.#carry('live');
    if (outcome.kind !== 'elsewhere') this.#again();
    return outcome;
  }

  /** The last word, once nothing runs any more. */
  async end(): Promise<void> {
    const isTaken = this.#isOver;
    this.#isOver = true;
    clearTimeout(this.#timer);
    await this.#going;
    if (isTaken) return;
    const { state } = this.#parts;
    if (state().run !== undefined) await this.#carry(state().closed ? 'closed' : 'left');
  }

  #again(): void {
    this.#timer = setTimeout(() => {
      this.#going = this.#tick().finally(() => {
        if (!this.#isOver) this.#again();
      });
    }, this.#parts.everyMs);
    this.#timer.unref();
  }

  async #tick(): Promise<void> {
    if (this.#parts.state().run === undefined) return;
    const outcome = await this.#carry('live');
    if (outcome.kind !== 'elsewhere' || this.#isOver) return;
    this.#isOver = true;
    this.#parts.onTaken(takenText(this.#parts.file, outcome.head));
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
    const now = new Date().toISOString();
    const lease: Lease = { v: 1, state: word, host: hostname(), pid: process.pid, at: now, version };
    await this.#take('lease.json', Buffer.from(`${JSON.stringify(lease)}\n`));
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

const NOTHING: CarryOutcome = { kind: 'silent', why: 'nothing is new' };

const takenText = ({ run }: RunFile, head: string | undefined): string =>
  `${run} was taken up on another machine (${carriedRef(run)} is at ${head?.slice(0, 10) ?? 'nothing'}): it goes on there`;

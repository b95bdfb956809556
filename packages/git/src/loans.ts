/**
 * What a workspace may read of the hub: all that its commits reach, and nothing else. The hub holds more: work that did
 * not land, other runs' work. So nothing in a sandbox sees the hub's own objects, but a folder of objects made for these
 * commits, which every workspace of the same commits borrows from. Where one is there for an ancestor, its files are
 * given second names in the new one, and only what came since is added: a little as it is, more as a pack.
 */
import { linkSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CommitId } from '@swarm/core/model/ids';
import type { HubContext } from './context.ts';
import { isAncestor } from './landed.ts';
import { commitOfLoan, type Layout } from './layout.ts';
import { lendStep } from './loan-step.ts';
import { makeReadable } from './loose.ts';

/** Most that are kept beside those in use: a base is asked for again as long as it is near the target's head. */
const KEPT_MAX = 32;
/** Most packs of one: git looks through each for every object. */
const PACKS_MAX = 16;
/** Most files of one: each is given a second name at the next step. */
const FILES_MAX = 160;
/** Commits read on the way down to an ancestor that has one. */
const WALK_MAX = 64;
/** How many of the newest git is asked about, when none was met on the way down. */
const ASKED_MAX = 8;
/** A whole history, the first time. */
const PACK_TIMEOUT_MS = 3_600_000;

interface Lent {
  readonly commit: CommitId;
  /** All it reaches is in these: packs, and objects with a file of their own. */
  readonly files: readonly string[];
}

interface Loan extends Lent {
  /** The name of its folder. */
  readonly name: string;
  /** What its line began with, among its own files: what came since in many small steps is packed as one again. */
  readonly root: Lent;
}

export class Loans {
  readonly #hub: HubContext;
  readonly #making = new Map<string, Promise<Loan>>();
  /** By name, oldest first. */
  #known: Map<string, Loan> | undefined;
  /** Which one a workspace borrows from. */
  readonly #users = new Map<string, string>();

  constructor(hub: HubContext) {
    this.#hub = hub;
  }

  /** The folder of objects for a workspace that begins with these commits. It stays until `giveBack`. */
  async lend(user: string, base: CommitId, from?: CommitId): Promise<string> {
    const name = from === undefined || from === base ? base : `${base}-${from}`;
    this.#users.set(user, name);
    await this.#once(name, () => (name === base || !from ? this.#ofBase(base) : this.#ofBoth(base, from)));
    await this.#forget();
    return this.#hub.layout.loan(name);
  }

  giveBack(user: string): void {
    this.#users.delete(user);
  }

  /** Many may ask for the same at once. */
  async #once(name: string, make: () => Promise<Loan>): Promise<Loan> {
    const known = this.#read().get(name) ?? this.#making.get(name);
    if (known) return known;
    const making = make()
      .then((loan) => {
        this.#read().set(name, loan);
        return loan;
      })
      .finally(() => this.#making.delete(name));
    this.#making.set(name, making);
    return making;
  }

  async #ofBase(base: CommitId): Promise<Loan> {
    const lender = (await this.#below(base)) ?? (await this.#asked(base));
    const from = lender && (isFew(lender.files) ? lender : { ...lender, ...lender.root });
    const files = await writeLoan(this.#hub, { name: base, commit: base, from });
    return { name: base, commit: base, files, root: from?.root ?? { commit: base, files } };
  }

  async #ofBoth(base: CommitId, work: CommitId): Promise<Loan> {
    const from = await this.#once(base, () => this.#ofBase(base));
    const name = `${base}-${work}`;
    const files = await writeLoan(this.#hub, { name, commit: work, from });
    return { name, commit: work, files, root: from.root };
  }

  /** One of an ancestor, met on the way down: what it shows, the commit shows too. */
  async #below(base: CommitId): Promise<Loan | undefined> {
    const known = this.#read();
    const seen = new Set<CommitId>([base]);
    for (const at of seen) {
      const loan = known.get(at);
      if (loan || seen.size > WALK_MAX) return loan;
      for (const parent of (await this.#hub.objects.commit(at)).parents) seen.add(parent);
    }
    return undefined;
  }

  async #asked(base: CommitId): Promise<Loan | undefined> {
    const bases = [...this.#read().values()].filter(({ name, commit }) => name === commit);
    for (const loan of bases.reverse().slice(0, ASKED_MAX)) {
      const isHere = await this.#hub.objects.findCommit(loan.commit);
      if (isHere && (await isAncestor(this.#hub, loan.commit, base))) return loan;
    }
    return undefined;
  }

  /** Read from disk once: nobody else writes there while the run's lock is held. */
  #read(): Map<string, Loan> {
    this.#known ??= new Map(readLoans(this.#hub.layout).map((loan) => [loan.name, loan]));
    return this.#known;
  }

  async #forget(): Promise<void> {
    const known = this.#read();
    const used = new Set(this.#users.values());
    const idle = [...known.keys()].filter((name) => !used.has(name));
    for (const name of idle.slice(0, -KEPT_MAX)) {
      known.delete(name);
      // In place: second names of a few files, and a hop to another thread for each costs more.
      rmSync(this.#hub.layout.loan(name), { recursive: true, force: true });
    }
  }
}

const isFew = (files: readonly string[]): boolean =>
  files.length < FILES_MAX && files.filter((name) => name.endsWith('.pack')).length < PACKS_MAX;

interface Making {
  readonly name: string;
  readonly commit: CommitId;
  readonly from: (Lent & Pick<Loan, 'name'>) | undefined;
}

/**
 * Made aside and renamed: it is there whole or not at all. Second names come first, before anything is waited for, so that
 * the lender is still there.
 */
async function writeLoan(hub: HubContext, { name, commit, from }: Making): Promise<readonly string[]> {
  const place = hub.layout.loan(name);
  const making = `${place}.making`;
  rmSync(making, { recursive: true, force: true });
  const packs = join(making, 'pack');
  for (const folder of [hub.layout.loans, making, packs]) makeReadable(folder);
  for (const file of from?.files ?? []) {
    makeReadable(dirname(join(making, file)));
    linkSync(join(hub.layout.loan(from!.name), file), join(making, file));
  }
  if (!(from && (await lendStep(hub, making, commit, from.commit)))) await pack(hub, packs, commit, from);
  renameSync(making, place);
  return filesOf(place);
}

async function pack(hub: HubContext, packs: string, commit: CommitId, from: Lent | undefined): Promise<void> {
  const stdin = from ? `${commit}\n^${from.commit}\n` : `${commit}\n`;
  const options = { stdin, timeoutMs: PACK_TIMEOUT_MS };
  await hub.git.run(hub.hub, 'pack-objects', [...PACK_ARGS, join(packs, 'pack')], options);
}

const filesOf = (loan: string): readonly string[] =>
  readdirSync(loan).flatMap((folder) => readdirSync(join(loan, folder)).map((name) => join(folder, name)));

/** No delta search: what the hub has as a difference stays one. */
const PACK_ARGS = ['--revs', '-q', '--window=0', '--non-empty', '--delta-base-offset'];

/** What is whole of an earlier time, oldest first. Whatever else lies there goes: nobody is in the middle of it. */
function readLoans(layout: Layout): Loan[] {
  makeReadable(layout.loans);
  const found = readdirSync(layout.loans).flatMap((name) => {
    const commit = commitOfLoan(name);
    const path = join(layout.loans, name);
    if (commit) return { name, commit, files: filesOf(path), atMs: statSync(path).mtimeMs };
    rmSync(path, { recursive: true, force: true });
    return [];
  });
  return found.sort((a, b) => a.atMs - b.atMs).map(({ atMs: _, ...loan }) => ({ ...loan, root: loan }));
}

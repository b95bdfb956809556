/**
 * What the target's history says of branches. What came since the run's base is read commit by commit, each once;
 * what came before, back to where the oldest branch asked about leaves it, with one question.
 */
import type { CommitId } from '@swarm/core/model/ids';
import { type BranchMark, branchMarkOf, MARK_WORDS } from './branch-marks.ts';
import type { HubContext } from './context.ts';
import { mergeBase } from './fork.ts';
import { expectObject, splitNul } from './git.ts';
import { isAncestor } from './landed.ts';

interface Node {
  readonly parents: readonly CommitId[];
  readonly mark: BranchMark | undefined;
}

/** Commits read one by one before git is asked for all. */
const LINE_MAX = 64;
/** Most bytes of all messages since the base. */
const BYTES_MAX = 256 * 1024 * 1024;

export class TargetMarks {
  readonly #hub: HubContext;
  /** Commits since the base. Of each that is here, all before it are too, down to the base. */
  readonly #nodes = new Map<CommitId, Node>();
  /** `from..base`, oldest first. */
  #past: { readonly from: CommitId; readonly marks: readonly BranchMark[] } | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(hub: HubContext) {
    this.#hub = hub;
  }

  /** Reads what is new on the way down from `onto`, and returns its marks. */
  newSince(onto: CommitId): Promise<readonly BranchMark[]> {
    return this.#inTurn(() => this.#readDown(onto));
  }

  /** Makes sure that `from..base` was read, and returns the marks that were not told before. */
  newBefore(from: CommitId): Promise<readonly BranchMark[]> {
    return this.#inTurn(async () => {
      if (from === this.#hub.base) return [];
      if (this.#past && (await isAncestor(this.#hub, this.#past.from, from))) return [];
      const told = new Set(this.#past?.marks.map(({ commit }) => commit));
      const both = this.#past && (await mergeBase(this.#hub, this.#past.from, from));
      this.#past = { from: both ?? from, marks: await this.#readPast(both ?? from) };
      return this.#past.marks.filter(({ commit }) => !told.has(commit));
    });
  }

  /** Of all that was read, what `onto` has: every commit behind those before it. */
  on(onto: CommitId): readonly BranchMark[] {
    const marks = [...(this.#past?.marks ?? [])];
    const seen = new Set<CommitId>();
    const open: { readonly at: CommitId; readonly isLeft: boolean }[] = [{ at: onto, isLeft: false }];
    for (let next = open.pop(); next; next = open.pop()) {
      const node = this.#nodes.get(next.at);
      if (next.isLeft && node?.mark) marks.push(node.mark);
      if (next.isLeft || !node || seen.has(next.at)) continue;
      seen.add(next.at);
      open.push({ at: next.at, isLeft: true });
      for (const parent of node.parents.toReversed()) open.push({ at: parent, isLeft: false });
    }
    return marks;
  }

  /** True for a commit that came since the base. */
  isNew(commit: CommitId): boolean {
    return this.#nodes.has(commit);
  }

  async #readDown(onto: CommitId): Promise<readonly BranchMark[]> {
    const found = new Map<CommitId, Node>();
    const open = [onto];
    for (let at = open.pop(); at; at = open.pop()) {
      if (at === this.#hub.base || this.#nodes.has(at) || found.has(at)) continue;
      if (found.size === LINE_MAX) return this.#take(await this.#readAll(onto));
      const [object] = await this.#hub.objects.contents([at]);
      const { parents, message } = this.#hub.objects.parse(at, object!.body);
      found.set(at, { parents, mark: message === undefined ? undefined : branchMarkOf(at, message) });
      open.push(...parents);
    }
    return this.#take(found);
  }

  #take(found: ReadonlyMap<CommitId, Node>): readonly BranchMark[] {
    const marks: BranchMark[] = [];
    for (const [commit, node] of found) {
      if (node.mark && !this.#nodes.has(commit)) marks.push(node.mark);
      this.#nodes.set(commit, node);
    }
    return marks;
  }

  async #readAll(onto: CommitId): Promise<ReadonlyMap<CommitId, Node>> {
    const records = await this.#log(['--format=%H %P%n%B'], this.#hub.base, onto);
    return new Map(
      records.map(({ names: [name, ...parents], message }) => [
        name!,
        { parents, mark: branchMarkOf(name!, message) },
      ]),
    );
  }

  async #readPast(from: CommitId): Promise<readonly BranchMark[]> {
    const grep = ['--fixed-strings', ...MARK_WORDS.map((words) => `--grep=${words}`)];
    const flags = ['--reverse', '--topo-order', '--format=%H%n%B', ...grep];
    const records = await this.#log(flags, from, this.#hub.base);
    return records.flatMap(({ names: [name], message }) => branchMarkOf(name!, message) ?? []);
  }

  async #log(flags: readonly string[], from: CommitId, to: CommitId) {
    const args = ['-z', '--no-show-signature', '--encoding=UTF-8', ...flags];
    const range = ['--end-of-options', `${from}..${to}`];
    const told = await this.#hub.git.run(this.#hub.hub, 'log', [...args, ...range], { maxBytes: BYTES_MAX });
    return splitNul(told.stdout).map((record) => {
      const end = record.indexOf('\n');
      const names = record.slice(0, end).trimEnd().split(' ');
      return { names: names.map((name) => expectObject(name, 'git log')), message: record.slice(end + 1) };
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

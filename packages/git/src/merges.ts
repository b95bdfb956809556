/**
 * Merges two commits into a tree, in the hub, without a work tree or an index. One process answers for all where it
 * does; where it holds its answers back until its input ends, each merge has a process of its own. Which it is, is
 * found by asking, not by version. Both ways give the same trees, files and words.
 */
import type { CommitId, TreeId } from '@swarm/core/model/ids';
import { expectObject, type Git, type Place, splitNul } from './git.ts';
import { GitHelper } from './git-helper.ts';
import type { Reader } from './git-process.ts';

export type Merged =
  | { readonly kind: 'tree'; readonly tree: TreeId }
  | { readonly kind: 'conflict'; readonly files: readonly string[]; readonly detail: string };

/** Most characters kept of what git says of conflicts. */
const DETAIL_MAX = 8 * 1024;
/** A merge of a commit with itself takes a few ms; the process must also start, on a busy machine. */
const PROBE_MS = 2_000;
const FLAGS = ['--write-tree', '-z', '--name-only', '--messages'];

/** Writes objects into the hub: the caller holds the mutex. */
export class Merges {
  readonly #git: Git;
  readonly #place: Place;
  readonly #helper: GitHelper;
  #answers: Promise<boolean> | undefined;

  constructor(git: Git, place: Place) {
    this.#git = git;
    this.#place = place;
    this.#helper = new GitHelper(git, { place, subcommand: 'merge-tree', args: [...FLAGS, '--stdin'] });
  }

  async merge(onto: CommitId, work: CommitId): Promise<Merged> {
    if (!(await this.answersAtOnce(onto))) return this.mergeAlone(onto, work);
    // What one process cannot do, the other tells: a lost object, histories without a common commit.
    return this.mergeInTurn(onto, work).catch(() => this.mergeAlone(onto, work));
  }

  /** Asked once: does the answer come while the process can still be asked more? */
  answersAtOnce(any: CommitId): Promise<boolean> {
    this.#answers ??= this.mergeInTurn(any, any, PROBE_MS).then(
      () => true,
      () => false,
    );
    return this.#answers;
  }

  /**
   * Before git 2.49 an answer is flushed but for its last NUL, which comes with the next one: so a second merge
   * follows each, of a commit with itself, and what comes of that is only looked at to know that the first is whole.
   */
  mergeInTurn(onto: CommitId, work: CommitId, timeoutMs?: number): Promise<Merged> {
    return this.#helper.ask(`${onto} ${work}\n${onto} ${onto}\n`, readMerge, timeoutMs);
  }

  async mergeAlone(onto: CommitId, work: CommitId): Promise<Merged> {
    const args = [...FLAGS, '--end-of-options', onto, work];
    const done = await this.#git.run(this.#place, 'merge-tree', args, { codes: [0, 1] });
    return meaningOf(done.code === 0 ? CLEAN : CONFLICTED, splitNul(done.stdout));
  }

  close(): Promise<void> {
    return this.#helper.close();
  }
}

const CLEAN = '1';
const CONFLICTED = '0';

/** `status NUL tree NUL (path NUL)* NUL (message field NUL)* NUL` twice, the last NUL aside; no field is empty. */
const readMerge: Reader<Merged> = (bytes) => {
  const fields = new Fields(bytes);
  while (bytes[fields.at] === 0) fields.at++; // Late NULs of the answer before.
  const status = fields.next();
  const answer = status === undefined ? undefined : fields.answer();
  if (status === undefined || !answer || fields.next() === undefined || !fields.answer(HELD_BACK))
    return undefined;
  if (status !== CLEAN && status !== CONFLICTED)
    throw new Error(`merge-tree answered ${status.slice(0, 200)}`);
  return { value: meaningOf(status, answer), length: fields.at };
};

/** The probe's answer has no paths and no messages: nothing comes after the NUL that opens the messages. */
const HELD_BACK = true;

class Fields {
  at = 0;
  readonly #bytes: Buffer;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  next(): string | undefined {
    const end = this.#bytes.indexOf(0, this.at);
    if (end < 0) return undefined;
    const field = this.#bytes.toString('utf8', this.at, end);
    this.at = end + 1;
    return field;
  }

  /** From the tree to the end of the messages; undefined while it is not whole. */
  answer(isHeldBack = false): string[] | undefined {
    const fields: string[] = [];
    for (let field = this.next(); field !== ''; field = this.next()) {
      if (field === undefined) return undefined;
      fields.push(field);
    }
    fields.push('');
    return isHeldBack || this.#messages(fields) ? fields : undefined;
  }

  /**
   * Groups of a count, that many paths, a kind and a message, and an empty field. Of submodules that conflict git
   * says more behind them, as plain text, in place of that field.
   */
  #messages(fields: string[]): boolean {
    for (;;) {
      const count = this.next();
      if (count === undefined) return false;
      if (!/^\d+$/.test(count)) return true;
      fields.push(count);
      for (let left = Number(count) + 2; left > 0; left--) {
        const field = this.next();
        if (field === undefined) return false;
        fields.push(field);
      }
    }
  }
}

/** @param fields tree, paths in conflict, an empty one, messages. */
function meaningOf(status: string, [tree = '', ...rest]: readonly string[]): Merged {
  if (status === CLEAN)
    return { kind: 'tree', tree: expectObject(tree, 'git merge-tree') as string as TreeId };
  const end = rest.indexOf('');
  return { kind: 'conflict', files: rest.slice(0, end), detail: sayings(rest.slice(end + 1)) };
}

/** What names commits nobody knows, of a file that is told of as a conflict too; and what is no conflict. */
const SAID_ELSEWHERE = new Set(['Auto-merging', 'CONFLICT (binary)']);

/** Groups of a count, that many paths, a short kind, and the message we keep. */
function sayings(fields: readonly string[]): string {
  const lines: string[] = [];
  for (let i = 0; i < fields.length; ) {
    const kindAt = i + 1 + Number(fields[i]);
    if (!(kindAt > i)) break;
    if (!SAID_ELSEWHERE.has(fields[kindAt] ?? '')) lines.push((fields[kindAt + 1] ?? '').trimEnd());
    i = kindAt + 2;
  }
  return lines.join('\n').slice(0, DETAIL_MAX);
}

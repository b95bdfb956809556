/** What differs between two trees of the hub, without following renames: both ends of one are named. */
import { randomBytes } from 'node:crypto';
import type { TreeId } from '@swarm/core/model/ids';
import { type Git, type Place, splitNul } from './git.ts';
import { GitHelper } from './git-helper.ts';
import type { Reader } from './git-process.ts';
import { GITLINK } from './intake-trees.ts';
import { parseRaw, type RawChange } from './path-lint.ts';

const FLAGS = ['--stdin', '-r', '-z', '--no-abbrev', '--no-renames', '--no-ext-diff', '--no-textconv'];
/** Pairs whose difference is kept, and most entries of one. */
const PAIRS_KEPT = 32;
const ENTRIES_KEPT = 1_000;

/** Drawn once and told nobody. */
const SECRET = randomBytes(16).toString('hex');
let asked = 0;

const FOLDER = '040000';
const GONE = /^0+$/;

export class Diffs {
  readonly #changes: GitHelper;
  readonly #counts: GitHelper;
  /** What a candidate is judged by is asked again when it is published, and when it is a base. Trees never change. */
  readonly #known = new Map<string, Promise<readonly RawChange[]>>();

  constructor(git: Git, place: Place) {
    const helper = (more: readonly string[]) =>
      new GitHelper(git, { place, subcommand: 'diff-tree', args: [...FLAGS, ...more] });
    this.#changes = helper(['--raw', '-t']);
    this.#counts = helper(['--numstat']);
  }

  /** Every entry that differs, folders among them. SW0702 when a tree is not there. */
  entries(from: TreeId, to: TreeId): Promise<readonly RawChange[]> {
    const pair = `${from} ${to}`;
    const known = this.#known.get(pair);
    if (known) return known;
    if (this.#known.size >= PAIRS_KEPT) this.#known.delete(this.#known.keys().next().value!);
    const read = ask(this.#changes, from, to).then(parseRaw);
    this.#known.set(pair, read);
    const forget = () => this.#known.get(pair) === read && this.#known.delete(pair);
    read.then((entries) => entries.length <= ENTRIES_KEPT || forget(), forget);
    return read;
  }

  /** Paths of the files that differ, in git's order. Bytes that are not UTF-8 become U+FFFD. */
  async paths(from: TreeId, to: TreeId): Promise<readonly string[]> {
    return pathsOf(await this.entries(from, to));
  }

  /** `added TAB removed TAB path` of every file that differs. */
  async lines(from: TreeId, to: TreeId): Promise<readonly string[]> {
    return splitNul(await ask(this.#counts, from, to));
  }

  async close(): Promise<void> {
    await Promise.all([this.#changes.close(), this.#counts.close()]);
  }
}

export const pathsOf = (entries: readonly RawChange[]): string[] =>
  entries.filter((entry) => !isFolder(entry)).map((entry) => entry.path.toString());

export const isFolder = ({ oldMode, newMode }: RawChange): boolean =>
  oldMode === FOLDER || newMode === FOLDER;

/** What `to` has that `from` does not at the same path, once each; a submodule's commit is no object of ours. */
export function newIdsOf(entries: readonly RawChange[]): string[] {
  const fresh = entries.filter(({ newId, newMode }) => !GONE.test(newId) && newMode !== GITLINK);
  return [...new Set(fresh.map(({ newId }) => newId))];
}

/**
 * diff-tree repeats, and flushes, a line that names no objects: the end of an answer. Nobody who names files can
 * know it beforehand.
 */
function ask(helper: GitHelper, from: TreeId, to: TreeId): Promise<Buffer> {
  asked += 1;
  const end = `=${SECRET}${asked}\n`;
  return helper.askAgain(`${from} ${to}\n${end}`, () => upTo(`${from} ${to}\n`, end));
}

/** The header names the two trees, and is left out when nothing differs. */
function upTo(header: string, end: string): Reader<Buffer> {
  return (bytes) => {
    const at = bytes.length - end.length;
    if (at < 0 || bytes.toString('latin1', at) !== end) return undefined;
    const from = bytes.toString('latin1', 0, header.length) === header ? header.length : 0;
    if (from === 0 && at > 0) throw new Error(`diff-tree answered ${bytes.toString('utf8', 0, 200)}`);
    return { value: Buffer.from(bytes.subarray(from, at)), length: bytes.length };
  };
}

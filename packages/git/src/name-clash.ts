/**
 * Names that a landing adds beside names the target got meanwhile, and that are one on disks which tell neither case
 * nor accents apart. What was there when the work began, the intake has compared already.
 */
import type { CommitId, TreeId } from '@swarm/core/model/ids';
import type { HubContext } from './context.ts';
import { folded, shown } from './path-lint.ts';

/** Paths of files and folders, by how such disks compare them. */
type Names = Map<string, Buffer>;

interface Grown {
  /** Up to which commit's tree `names` was read. */
  readonly tree: TreeId;
  readonly names: Names;
}

/** Places from which work starts, of which it is remembered what the target has gained since. */
const REMEMBERED = 64;
/** Pairs of trees of which it is remembered what the one has more. */
const LATELY = 8;

export class NameClashes {
  readonly #hub: HubContext;
  readonly #since = new Map<CommitId, Grown>();
  /** By the two trees. */
  readonly #lately = new Map<string, readonly Buffer[]>();

  constructor(hub: HubContext) {
    this.#hub = hub;
  }

  /** Of the names that `tree` has and the target has not, one that clashes with what the target gained since `fork`. */
  async find(fork: CommitId, onto: TreeId, tree: TreeId): Promise<Clash | undefined> {
    const fresh = await this.#added(onto, tree);
    if (fresh.length === 0) return undefined;
    const names = await this.#gained(fork, onto);
    const hit = clashIn(fresh, names);
    if (!hit) return undefined;
    // What was remembered may be gone again.
    const start = (await this.#hub.objects.commit(fork)).tree;
    return clashIn(fresh, byFold(await this.#added(start, onto)));
  }

  async #gained(fork: CommitId, onto: TreeId): Promise<Names> {
    const known = this.#since.get(fork);
    const from = known?.tree ?? (await this.#hub.objects.commit(fork)).tree;
    const names = byFold(from === onto ? [] : await this.#added(from, onto), known?.names);
    if (!known && this.#since.size >= REMEMBERED) this.#since.delete(this.#since.keys().next().value!);
    this.#since.set(fork, { tree: onto, names });
    return names;
  }

  /** What one landing added is what the target gained when the next one is built upon it. */
  async #added(from: TreeId, to: TreeId): Promise<readonly Buffer[]> {
    const pair = `${from} ${to}`;
    const known = this.#lately.get(pair);
    if (known) return known;
    const entries = await this.#hub.diffs.entries(from, to);
    const paths = entries.filter(({ oldMode }) => oldMode === GONE).map(({ path }) => path);
    if (this.#lately.size >= LATELY) this.#lately.delete(this.#lately.keys().next().value!);
    this.#lately.set(pair, paths);
    return paths;
  }
}

const GONE = '000000';

export interface Clash {
  readonly path: string;
  readonly why: string;
}

function byFold(paths: readonly Buffer[], names: Names = new Map()): Names {
  for (const path of paths) names.set(folded(path), path);
  return names;
}

function clashIn(fresh: readonly Buffer[], names: Names): Clash | undefined {
  for (const path of fresh) {
    const twin = names.get(folded(path));
    if (!twin || twin.equals(path)) continue;
    const why = `${shown(path)} is the same as ${shown(twin)}, which the target has, on disks that tell neither case nor accents apart`;
    return { path: path.toString(), why };
  }
  return undefined;
}

/** What a tree lists, worked out from what another was known to list: of a new base only what landed since is read. */
import type { TreeId } from '@swarm/core/model/ids';
import type { TreeFile } from '@swarm/core/ports/git';
import type { HubContext } from './context.ts';
import { isFolder } from './diffs.ts';
import { GITLINK } from './intake-trees.ts';
import type { RawChange } from './path-lint.ts';

/** Most changed entries, and most bytes of their files: beyond that one look at the whole tree is cheaper. */
const CHANGES_MAX = 200;
const BYTES_MAX = 4 * 1024 * 1024;
const GONE = '000000';
const LINK = '120000';

/** Sorted by git, as `ls-tree -r` does. */
export interface Listing {
  readonly tree: TreeId;
  readonly files: readonly TreeFile[];
}

type Ends = Pick<HubContext, 'diffs' | 'objects'>;

/** Undefined where too much differs. */
export async function listingFrom(
  hub: Ends,
  known: Listing,
  tree: TreeId,
): Promise<readonly TreeFile[] | undefined> {
  const changes = (await hub.diffs.entries(known.tree, tree)).filter((change) => !isFolder(change));
  if (changes.length > CHANGES_MAX) return undefined;
  const there = changes.filter(({ newMode }) => newMode !== GONE);
  const bytes = await sizesOf(hub, there);
  if (!bytes) return undefined;
  const changed = new Set(changes.map(({ path }) => path.toString()));
  const files = known.files.filter(({ path }) => !changed.has(path));
  for (const { newMode, newId, path } of there)
    insert(files, { path: path.toString(), kind: kindOf(newMode), bytes: bytes.get(newId) ?? 0 });
  return files;
}

async function sizesOf(
  { objects }: Ends,
  there: readonly RawChange[],
): Promise<ReadonlyMap<string, number> | undefined> {
  const ids = there.filter(({ newMode }) => newMode !== GITLINK).map(({ newId }) => newId);
  const found = await objects.contentsUpTo(ids, BYTES_MAX);
  return found && new Map(ids.map((id, i) => [id, found[i]!.body.length]));
}

export function kindOf(mode: string): TreeFile['kind'] {
  if (mode === LINK) return 'link';
  return mode === GITLINK ? 'submodule' : 'file';
}

/** Git sorts by bytes, which for characters beyond U+FFFF is not the order of JavaScript's strings. */
function insert(files: TreeFile[], file: TreeFile): void {
  const name = Buffer.from(file.path);
  let [low, high] = [0, files.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Buffer.from(files[middle]!.path).compare(name) < 0) low = middle + 1;
    else high = middle;
  }
  files.splice(low, 0, file);
}

/** The manifests around a lockfile that is being joined: on each side, and as they are once the rest is merged. */
import type { CommitId, TreeId } from '@swarm/core/model/ids';
import type { Around, Manifests } from '@swarm/core/rules/resolve/locks/around';
import type { HubContext } from './context.ts';
import type { Sides } from './merge-stages.ts';

export interface MergedSoFar {
  /** With markers in the files that conflict. */
  readonly tree: TreeId;
  readonly settled: ReadonlyMap<string, CommitId>;
  /** Paths that conflict still. */
  readonly left: ReadonlySet<string>;
}

/** More manifests than this are not read, and the lockfile is left to its own tool. */
const FILES_MAX = 2_000;
const NAMES_MAX = 1024 * 1024 * 1024;

/** Undefined when they cannot all be told. Paths are bytes, one a character. */
export async function manifestsAround(
  hub: HubContext,
  { onto, work }: Sides,
  merged: MergedSoFar,
  lock: { readonly folder: string; readonly manifest: string },
): Promise<Around | undefined> {
  const { folder, manifest } = lock;
  const isManifest = (path: string): boolean => path === manifest || path.endsWith(`/${manifest}`);
  const after = (await blobsIn(hub, merged.tree, folder)).filter(
    ({ path }) => isManifest(path) && !isForeign(path),
  );
  if (after.length > FILES_MAX || after.some(({ path }) => merged.left.has(folder + path))) return undefined;
  const now = after.map(({ path, blob }) => ({ path, blob: merged.settled.get(folder + path) ?? blob }));
  const own = async (tree: CommitId) =>
    (await blobsIn(hub, tree, folder, manifest)).filter(({ path }) => path === manifest);
  const [ours, theirs, all] = await Promise.all(
    [own(onto), own(work), now].map(async (it) => textsOf(hub, await it)),
  );
  return ours && theirs && all && { ours, theirs, merged: all };
}

const isForeign = (path: string): boolean =>
  path.startsWith('node_modules/') || path.includes('/node_modules/');

interface Blob {
  readonly path: string;
  readonly blob: CommitId;
}

/** Files at a folder and below, or one of them, by path from there. */
async function blobsIn(
  hub: HubContext,
  tree: TreeId | CommitId,
  folder: string,
  name?: string,
): Promise<readonly Blob[]> {
  const only = name === undefined ? folder : folder + name;
  const paths = only === '' ? [] : ['--', Buffer.from(only, 'latin1').toString()];
  const args = ['-r', '-z', '--full-tree', tree, ...paths];
  const listed = await hub.git.run(hub.hub, 'ls-tree', args, { maxBytes: NAMES_MAX });
  return listed.stdout
    .toString('latin1')
    .split('\0')
    .slice(0, -1)
    .flatMap((row) => {
      const [mode = '', , blob = ''] = row.split(/[ \t]/, 3);
      const path = row.slice(row.indexOf('\t') + 1);
      return mode.startsWith('100') && path.startsWith(folder)
        ? [{ path: path.slice(folder.length), blob: blob as CommitId }]
        : [];
    });
}

async function textsOf(hub: HubContext, blobs: readonly Blob[]): Promise<Manifests> {
  const objects = await hub.objects.contents(blobs.map(({ blob }) => blob));
  return new Map(
    blobs.map(({ path }, i) => [Buffer.from(path, 'latin1').toString(), objects[i]!.body.toString()]),
  );
}

/**
 * Brings what is new in a candidate into the user's repository, durably, before any reference names it. Nothing here
 * reads a remote, a URL or a submodule's configuration of that repository.
 */
import { join } from 'node:path';
import type { CommitId } from '@swarm/core/model/ids';
import type { Candidate } from '@swarm/core/model/landing';
import type { HubContext } from './context.ts';
import { isFolder, newIdsOf } from './diffs.ts';
import { isLoose, writeLoose } from './loose.ts';
import { COPIED_BYTES_MAX, copyLoose } from './loose-copies.ts';
import type { RawChange } from './path-lint.ts';

/** From here on one pack is kept; below, loose objects (git's own limit for a fetch). */
const LOOSE_MAX = 100;
/** Most bytes one landing may bring; intake limits are far below. */
const PACK_MAX = 1024 * 1024 * 1024;

export async function sendObjects(hub: HubContext, candidate: Candidate): Promise<void> {
  const names = hub.origin.isShared ? undefined : await fewNewObjects(hub, candidate);
  const isSent = names !== undefined && (await copyLoose(hub, join(hub.origin.gitDir, 'objects'), names));
  if (!isSent) await sendHistory(hub, candidate.commit, [candidate.parent]);
}

/**
 * Makes the changed files of `entries` loose objects of the hub, where they are few: work comes in as packs, and what
 * lies in a pack has no file to link.
 */
export async function unpackFew(hub: HubContext, entries: readonly RawChange[]): Promise<void> {
  if (!hub.landsHere || hub.origin.isShared) return;
  const names = newIdsOf(entries.filter((entry) => !isFolder(entry)));
  const packed = names.filter((name) => !isLoose(hub.layout.hubObjects, name));
  if (packed.length === 0 || names.length >= LOOSE_MAX) return;
  const objects = await hub.objects.contentsUpTo(packed, COPIED_BYTES_MAX);
  if (objects) await writeLoose(hub.layout.hubObjects, hub.objectFormat, objects);
}

/** Names of all the origin may lack, since it has the parent whole; undefined when they are many. */
async function fewNewObjects(hub: HubContext, { parent, commit }: Candidate) {
  const [before, after] = [await hub.objects.commit(parent), await hub.objects.commit(commit)];
  if (after.parents.length !== 1 || after.parents[0] !== parent) return undefined;
  const entries = await hub.diffs.entries(before.tree, after.tree);
  const names = [...new Set([commit, after.tree, ...newIdsOf(entries)])];
  return names.length < LOOSE_MAX ? names : undefined;
}

/**
 * A commit and all below it but what is below `known`, which the origin has whole. Unpacked by git itself, which knows
 * the permissions of a repository that several people share.
 */
export async function sendHistory(
  hub: HubContext,
  commit: CommitId,
  known: readonly CommitId[],
): Promise<void> {
  const packed = await hub.git.run(hub.hub, 'pack-objects', ['--revs', '--stdout', '-q', '--window=0'], {
    stdin: [commit, ...known.map((id) => `^${id}`), ''].join('\n'),
    maxBytes: PACK_MAX,
  });
  const pack = packed.stdout;
  if (pack.readUInt32BE(8) < LOOSE_MAX) {
    await hub.git.run(hub.origin, 'unpack-objects', ['-q'], { stdin: pack });
  } else await hub.git.run(hub.origin, 'index-pack', ['--stdin'], { stdin: pack });
}

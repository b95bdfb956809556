import type { Candidate } from '@swarm/core';
import type { HubContext } from './context.ts';

/** From here on one pack is kept; below, loose objects (git's own limit for a fetch). */
const LOOSE_MAX = 100;
/** Most bytes one landing may bring; intake limits are far below. */
const PACK_MAX = 1024 * 1024 * 1024;

/**
 * Brings what is new in the candidate into the user's repository, durably (`core.fsync=all`), before any
 * reference names it. A pack computed in the hub and unpacked there: unlike a fetch it reads no remote, URL or
 * submodule configuration of that repository.
 */
export async function sendObjects(hub: HubContext, { parent, commit }: Candidate): Promise<void> {
  const packed = await hub.git.run(hub.hub, 'pack-objects', ['--revs', '--stdout', '-q', '--window=0'], {
    stdin: `${commit}\n^${parent}\n`,
    maxBytes: PACK_MAX,
  });
  const pack = packed.stdout;
  if (pack.readUInt32BE(8) < LOOSE_MAX) {
    await hub.git.run(hub.origin, 'unpack-objects', ['-q'], { stdin: pack });
  } else await hub.git.run(hub.origin, 'index-pack', ['--stdin'], { stdin: pack });
}

/** Removal of what agents and gates wrote in: whatever cannot be removed is kept aside, told, and tried again. */
import { join } from 'node:path';
import type { Log } from '@swarm/core/ports/world';
import type { CleanUp } from '@swarm/git';
import { createTrash, type Kept } from '@swarm/sandbox';

/** What a killed orchestrator left beside workspaces and intakes. Everything in it is nobody's once we hold the lock. */
const LEFT_FOLDERS = ['jobs', 'doctor'];

/** @param state the repository's state directory; its lock is held. */
export function cleanUpOf(state: string, log?: Log): CleanUp {
  const trash = createTrash(join(state, 'trash'));
  const told = new Set<string>();
  const tell = (kept: Kept): void => {
    if (told.has(kept.at)) return;
    told.add(kept.at);
    const msg = `${kept.path} cannot be removed (${kept.why}); it is kept as ${kept.at} and tried again`;
    log?.write('stray.kept', { msg, data: { ...kept } });
  };
  return {
    async discard(path) {
      const kept = await trash.discard(path);
      if (kept) tell(kept);
    },
    async again() {
      for (const kept of await trash.empty()) tell(kept);
    },
  };
}

/** Once, before anything of this run is there. */
export async function discardLeft(state: string, cleanUp: CleanUp): Promise<void> {
  for (const name of LEFT_FOLDERS) await cleanUp.discard(join(state, name));
}

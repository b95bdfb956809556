import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Sandbox, SwarmError } from '@swarm/core';
import { BRIDGE_SOURCE, type SandboxOptions } from './policy.ts';
import { SYSTEM_PATH } from './probe.ts';
import { createBubblewrap } from './providers/bubblewrap.ts';
import { createNone } from './providers/none.ts';

/**
 * The sandbox everything of the repository runs in. Whether the layer works here is `probeBubblewrap`'s to say.
 * @throws SwarmError SW0304 when bubblewrap is wanted and not installed: there is no falling back to none.
 */
export function createSandbox(options: SandboxOptions): Sandbox {
  const whole = { ...options, bridgeFile: options.bridgeFile ?? BRIDGE_SOURCE };
  if (options.provider === 'none') return createNone(whole);
  const places = SYSTEM_PATH.split(':').map((folder) => join(folder, 'bwrap'));
  const bwrap = places.find((file) => existsSync(file));
  if (bwrap !== undefined) return createBubblewrap({ ...whole, bwrap });
  throw new SwarmError({
    code: 'SW0304',
    what: 'bubblewrap is not installed',
    where: SYSTEM_PATH,
    why: 'agents and gates are run contained, or not at all',
    fix: 'apt-get install -y bubblewrap',
  });
}

import type { Sandbox } from '@swarm/core/ports/running';
import { BRIDGE_SOURCE, type SandboxOptions } from './policy.ts';
import { PROVIDERS, type ProviderName } from './providers/index.ts';
import { sandboxWith } from './room.ts';

export interface SandboxChoice extends SandboxOptions {
  readonly provider: ProviderName;
}

/**
 * The sandbox everything of the repository runs in. Whether the layer works here is `probeBubblewrap`'s to say.
 * @throws SwarmError SW0304 when the provider is not installed: there is no falling back to none.
 */
export function createSandbox({ provider, ...options }: SandboxChoice): Sandbox {
  const whole = { ...options, bridgeFile: options.bridgeFile ?? BRIDGE_SOURCE };
  return sandboxWith(PROVIDERS[provider].create(whole), options.stateKey);
}

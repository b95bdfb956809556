/** What is said of the way out before a run begins, where the sandbox does not keep it. */
import type { Config } from '../config/resolved.ts';
import { isOpen, keepsWayOut } from '../config/sandboxes.ts';
import type { SandboxProbe } from './sandbox-probe.ts';

export function wayOutNotices({ shown }: Config, probe: SandboxProbe): readonly string[] {
  const hosts = shown?.agentEgress ?? [];
  if (hosts.length === 0 || probe.kind === 'missing' || keepsWayOut(probe.provider)) return [];
  const what = isOpen(probe.provider) ? 'everything you can reach' : 'whatever your box leads to';
  return [`sandbox.agent_egress is not kept under ${probe.provider}: agents reach ${what}`];
}

/** A look from inside a box: whether something is there, which only the box itself knows. */
import { randomBytes } from 'node:crypto';
import type { RoomAsk } from '@swarm/core/ports/running';
import type { SandboxSpec } from '../provider.ts';

/** Of whatever is only asked. */
export const LOOK_LIMITS = { wallMs: 60_000, outputBytes: 64 * 1024 };

/** What is left of a command is killed by its name: two looks that run side by side must not share one. */
export const lookWith = ({ gatewaySocket: _, ...ask }: RoomAsk, argv: readonly string[]): SandboxSpec => ({
  ...ask,
  name: `look.${randomBytes(8).toString('hex')}`,
  argv,
  env: {},
  network: 'none',
  limits: LOOK_LIMITS,
});

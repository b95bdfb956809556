import type { CheckoutFacts } from '@swarm/git';
import type { Agents } from '../agents/found.ts';
import type { Commands } from './detect.ts';
import type { PreflightFacts } from './preflight.ts';

/** Every fact a run is prepared from. */
export interface Found {
  readonly checkout: CheckoutFacts;
  /** Undefined: none was named and HEAD is detached. */
  readonly target: string | undefined;
  readonly detected: Commands;
  readonly facts: PreflightFacts;
  /** Agents other people make, as they are here. */
  readonly agents: Agents;
}

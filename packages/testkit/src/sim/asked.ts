/** What a request asks for beside its work. */
import type { Limits } from '@swarm/core/model/request';
import type { ReviewRule } from '@swarm/core/model/review';

export interface Features {
  /** 0: no task is split. */
  readonly depth: number;
  readonly review: ReviewRule | undefined;
  readonly roles: Limits['roles'];
  /** Agents use what they are given, to the end. */
  readonly isMetered: boolean;
  /** Some tasks wait for the end of others, however these end. */
  readonly isCollected: boolean;
}

export const NO_FEATURES: Features = {
  depth: 0,
  review: undefined,
  roles: undefined,
  isMetered: false,
  isCollected: false,
};

/** What a request asks for beside its work. */
import type { Limits } from '@swarm/core/model/request';
import type { ReviewRule } from '@swarm/core/model/review';
import type { Distribution } from '@swarm/core/rules/distribute';

/** The hosts of a run, and what goes wrong between them and home. */
export interface SimHosts {
  readonly slots: readonly number[];
  /** What each has besides its agent. */
  readonly capabilities: readonly (readonly string[])[];
  readonly leaseMs: number;
  readonly skewMs: readonly number[];
  /** How likely a message is lost, comes twice, or comes late. */
  readonly lost: number;
  readonly twice: number;
  readonly late: number;
  readonly lateMsMax: number;
  /** How likely a host is cut off, killed or told to stop, each time somebody looks. */
  readonly cut: number;
  readonly killed: number;
  readonly drained: number;
}

export interface Features {
  /** 0: no task is split. */
  readonly depth: number;
  readonly review: ReviewRule | undefined;
  readonly roles: Limits['roles'];
  /** It is held against criteria, its own and its tasks'. Absent: against none. */
  readonly isHeld?: true;
  /** Agents use what they are given, to the end. */
  readonly isMetered: boolean;
  /** The share of its limits at which nothing new opens. */
  readonly soft: number | undefined;
  /** Some tasks wait for the end of others, however these end. */
  readonly isCollected: boolean;
  /** Roles each change goes through; none: it is one worker's. */
  readonly pipeline: readonly string[];
  /** Several try each change. Absent: one. */
  readonly tried?: {
    readonly candidates: number;
    /** How many a planner may have try a task. */
    readonly cap: number;
    /** What all of them may use together. */
    readonly taskTokens: number | undefined;
  };
  /** Attempts run on hosts. Absent: where the orchestrator is. */
  readonly hosts?: SimHosts;
  /** Kinds of workers; undefined: all are alike. */
  readonly distribute: Distribution | undefined;
}

export const NO_FEATURES: Features = {
  depth: 0,
  review: undefined,
  roles: undefined,
  isMetered: false,
  soft: undefined,
  isCollected: false,
  pipeline: [],
  distribute: undefined,
};

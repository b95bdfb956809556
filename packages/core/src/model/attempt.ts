import type { Handoff, HandoffClaim } from './handoff.ts';
import type { HostSlot } from './host.ts';
import type { AttemptId, CommitId, TaskId } from './ids.ts';
import type { RejectionReason } from './landing.ts';
import type { Usage } from './usage.ts';

/**
 * Every way an attempt can end, and what follows. The first cause counts: the reason is set once.
 *
 * - `delivers`: what the task gets from this ending, if anything.
 * - `counts`: whether the attempt counts against the task's limit. It does not when the task is not to blame.
 * - `retries`: whether another attempt may follow while attempts last.
 */
export const ENDINGS = {
  // Whether it counts is said when it lands or is rejected (REJECTIONS), or one attempt would count twice.
  'handed-in': { delivers: 'change', counts: false, retries: false, means: 'delivered a commit' },
  answered: { delivers: 'answer', counts: true, retries: false, means: 'delivered an answer' },
  unneeded: { delivers: 'nothing', counts: true, retries: false, means: 'found the task already so' },
  'no-change': { counts: true, retries: true, means: 'ended without a commit' },
  'work-dropped': {
    counts: true,
    retries: true,
    means: 'dropped what an earlier attempt had done, and did nothing in its place',
  },
  'verify-failed': { counts: true, retries: true, means: 'its own verification failed' },
  'verify-broken': { counts: true, retries: false, means: 'its own verification cannot be run here' },
  'gate-failed': { counts: true, retries: true, means: 'the gate failed in its workspace' },
  'agent-failed': { counts: true, retries: true, means: 'the agent exited with an error' },
  'agent-blocked': { counts: true, retries: false, means: 'the agent says it cannot be done as asked' },
  'step-limit': { counts: true, retries: true, means: 'used all its steps' },
  'token-limit': { counts: true, retries: true, means: 'used all its tokens' },
  'money-limit': { counts: true, retries: true, means: 'used all its money' },
  timeout: { counts: true, retries: true, means: 'ran out of time' },
  stuck: { counts: true, retries: true, means: 'showed no sign of life, or did the same again and again' },
  'bad-output': { counts: true, retries: true, means: 'the model’s answers could not be used' },
  'intake-refused': { counts: true, retries: true, means: 'its commits were refused' },
  'not-saved': { counts: true, retries: true, means: 'not all of its work could be saved' },
  'secret-found': {
    counts: true,
    retries: true,
    means: 'a secret, or what looks like one, stood in its work',
  },
  killed: { counts: true, retries: true, means: 'was killed, or ran out of memory' },
  'cannot-run': {
    counts: true,
    retries: true,
    means: 'its workspace, setup, sandbox or agent could not start',
  },
  // Below: nobody's fault; the task loses no attempt.
  lost: { counts: false, retries: true, means: 'the orchestrator or its worker went away' },
  drained: { counts: false, retries: true, means: 'the run was stopped' },
  'model-down': { counts: false, retries: true, means: 'no model endpoint answered' },
  'budget-limit': { counts: false, retries: true, means: 'used all that the run’s budget had left for it' },
  'disk-full': { counts: false, retries: true, means: 'the disk was full' },
  cancelled: { counts: false, retries: false, means: 'was cancelled' },
} as const satisfies Record<
  string,
  { delivers?: 'change' | 'answer' | 'nothing'; counts: boolean; retries: boolean; means: string }
>;

export type EndingReason = keyof typeof ENDINGS;

/** Every way an agent can end, and how its attempt ends then. Undefined: the agent's ending alone does not decide it. */
export const AGENT_ENDS = {
  /** What it leaves is saved, verified and measured first. */
  finished: undefined,
  /** The caller aborted it and knows why. */
  aborted: undefined,
  failed: 'agent-failed',
  blocked: 'agent-blocked',
  'step-limit': 'step-limit',
  'token-limit': 'token-limit',
  'money-limit': 'money-limit',
  timeout: 'timeout',
  stuck: 'stuck',
  'bad-output': 'bad-output',
  killed: 'killed',
  'cannot-run': 'cannot-run',
  'model-down': 'model-down',
  /** The worker elsewhere that had it went away. */
  lost: 'lost',
} as const satisfies Record<string, EndingReason | undefined>;

export type AgentEnd = keyof typeof AGENT_ENDS;

/** The most times an attempt's agent goes on after its checks have failed. */
export const REWORKS_MAX = 3;

/** The most attempts of a task that end by nobody's fault (P8). */
export const UNCOUNTED_ATTEMPTS_MAX = 50;

/**
 * Tokens and money that are set aside before an attempt or iteration starts. They count as spent if it is lost. These
 * are amounts, not limits: 0 is set aside in a dimension that the run does not bound. rules/budget.ts says what may be
 * used.
 */
export interface Reservation {
  readonly tokens: number;
  readonly usd: number;
}
export const NO_RESERVATION: Reservation = { tokens: 0, usd: 0 };

interface AttemptBase {
  readonly id: AttemptId;
  readonly task: TaskId;
  /** The target commit the attempt starts from. */
  readonly base: CommitId;
  /** The last attempt's commit. This attempt continues from it, merged onto `base`. */
  readonly from?: CommitId;
  readonly worker: string;
  /** Absent: it runs in the orchestrator's own process. */
  readonly on?: HostSlot;
  readonly leaseMs?: number;
  readonly startedAt: number;
  readonly reserved: Reservation;
  /** Set by `agent.started`. */
  readonly driver?: string;
  /** Set where the task's role chose it. */
  readonly model?: string;
  /** Its agent takes notes while it works. */
  readonly hears?: true;
  readonly promptHash?: string;
  /** How often its agent went on after failed checks. Absent: never. */
  readonly reworks?: number;
}

/** Why what an attempt handed in was not put on the target. */
export interface AttemptRejection {
  readonly reason: RejectionReason;
  readonly detail: string;
  readonly files: readonly string[];
}

export type Attempt =
  | (AttemptBase & { readonly state: 'started' | 'running' })
  | (AttemptBase & {
      readonly state: 'ended';
      readonly endedAt: number;
      readonly ending: EndingReason;
      readonly detail: string;
      readonly usage: Usage;
      readonly handoff?: Handoff;
      /** What its agent said, where nothing was delivered. */
      readonly claim?: HandoffClaim;
      readonly rejected?: AttemptRejection;
    });

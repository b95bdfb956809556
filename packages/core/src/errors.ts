/**
 * Surprises are thrown as `SwarmError`; expected outcomes are values (`Refusal`, unions in ports/).
 * The CLI alone maps a kind to a heading and an exit code.
 */
export type ErrorKind =
  | 'usage'
  | 'data'
  | 'endpoint'
  | 'internal'
  | 'io'
  | 'locked'
  | 'auth'
  | 'preflight'
  | 'budget'
  | 'red'
  /** Tried, and the answer is no: nothing was changed. */
  | 'refused';

/**
 * The code index: every code we print, its kind, and its one-line meaning. Codes are never reused; SW0310 and SW0901
 * were here once.
 */
export const ERROR_CODES = {
  SW0101: { kind: 'usage', means: 'the command line is wrong' },
  SW0102: { kind: 'usage', means: 'the configuration is wrong' },
  SW0103: { kind: 'usage', means: 'there is no request' },
  SW0104: { kind: 'usage', means: 'there is no run to act on' },
  SW0105: { kind: 'usage', means: 'a value is out of range' },
  SW0106: { kind: 'usage', means: 'there is no such task' },
  SW0107: { kind: 'usage', means: 'a branch cannot be landed' },
  SW0108: { kind: 'usage', means: 'the run cannot do that now' },
  SW0131: { kind: 'usage', means: 'there is nothing to undo' },
  SW0132: { kind: 'usage', means: 'landed work stands on what was to be undone' },
  SW0201: { kind: 'data', means: 'the plan cannot be read' },
  SW0202: { kind: 'data', means: 'a task in the plan is wrong' },
  SW0203: { kind: 'data', means: 'the journal is damaged' },
  SW0204: { kind: 'data', means: 'the journal was written by another version' },
  SW0205: { kind: 'data', means: 'a prompt cannot be used' },
  SW0206: { kind: 'data', means: 'a scripted model file is wrong' },
  SW0207: { kind: 'data', means: 'a cassette cannot be played' },
  SW0208: { kind: 'data', means: 'the run asks something else than the recorded one' },
  SW0210: { kind: 'data', means: 'the criteria of a run are wrong' },
  SW0301: { kind: 'preflight', means: 'this is not a git repository' },
  SW0302: { kind: 'preflight', means: 'the repository has no commit' },
  SW0303: { kind: 'preflight', means: 'there is no target branch' },
  SW0304: { kind: 'preflight', means: 'a sandbox layer is missing' },
  SW0305: { kind: 'preflight', means: 'there is no gate' },
  SW0306: { kind: 'preflight', means: 'git is missing or too old' },
  SW0307: {
    kind: 'preflight',
    means: 'where swarm keeps its own files the repository has files, links, or what is another user’s',
  },
  SW0308: { kind: 'preflight', means: 'the setup command fails on the base' },
  SW0309: { kind: 'preflight', means: 'the repository is not trusted' },
  SW0311: { kind: 'preflight', means: 'the repository is of a kind swarm cannot use' },
  SW0312: { kind: 'preflight', means: 'the remote cannot be used' },
  SW0313: { kind: 'preflight', means: 'commits are to be signed and cannot be' },
  SW0314: { kind: 'preflight', means: 'the gate cannot be run' },
  SW0315: { kind: 'preflight', means: 'this machine has no record of the run' },
  SW0316: { kind: 'preflight', means: 'what lands could not be published' },
  SW0317: { kind: 'preflight', means: 'an agent cannot be used' },
  SW0318: { kind: 'preflight', means: 'the forge cannot be used' },
  SW0341: { kind: 'preflight', means: 'hosts cannot be used' },
  SW0401: { kind: 'endpoint', means: 'no model endpoint is configured' },
  SW0402: { kind: 'endpoint', means: 'no model endpoint answers' },
  SW0403: { kind: 'auth', means: 'the model endpoint rejects the key' },
  SW0404: { kind: 'endpoint', means: 'the endpoint does not know the model' },
  SW0405: { kind: 'endpoint', means: 'the endpoint refuses what it is asked' },
  SW0406: { kind: 'auth', means: 'the forge rejects the token' },
  SW0501: { kind: 'locked', means: 'another orchestrator holds the repository' },
  SW0601: { kind: 'budget', means: 'the budget is reached' },
  SW0602: { kind: 'red', means: 'the target is red before we began' },
  SW0603: { kind: 'budget', means: 'the quota of an endpoint is used up' },
  SW0631: { kind: 'refused', means: 'a landing cannot be taken back' },
  SW0632: { kind: 'refused', means: 'the gate fails without a landing' },
  SW0633: { kind: 'refused', means: 'the checkout cannot be moved' },
  SW0634: { kind: 'refused', means: 'the pull request is not as it was asked for' },
  SW0701: { kind: 'io', means: 'a file cannot be written' },
  SW0702: { kind: 'io', means: 'a git command failed' },
  SW0703: { kind: 'io', means: 'the remote does not answer' },
  SW0704: { kind: 'io', means: 'the control socket does not answer as it should' },
  SW0705: { kind: 'io', means: 'nothing can be served at that address' },
  SW0706: { kind: 'io', means: 'the forge does not answer as it should' },
  SW0741: { kind: 'io', means: 'a host is gone' },
  SW0742: { kind: 'io', means: 'the message server does not answer as it should' },
  SW0743: { kind: 'io', means: 'something failed on a host' },
  SW0801: { kind: 'internal', means: 'a fault in swarm itself' },
} as const satisfies Record<string, { kind: ErrorKind; means: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

/** What, where, why, and a fix that can be typed. */
export interface Problem {
  readonly code: ErrorCode;
  /** One sentence: what is wrong, with what value. */
  readonly what: string;
  /** File:line, key path, flag, or journal line and byte. */
  readonly where?: string;
  readonly why?: string;
  /** Something that can be typed. */
  readonly fix?: string;
}

/** One or more problems that were found together. The CLI shows all of them and chooses the exit code. */
export class SwarmError extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: Problem | readonly Problem[], options?: { cause?: unknown }) {
    const list = Array.isArray(problems) ? (problems as readonly Problem[]) : [problems as Problem];
    super(list.map((p) => `error[${p.code}]: ${p.what}`).join('\n'), options);
    this.name = 'SwarmError';
    this.problems = list;
  }
  get kind(): ErrorKind {
    return ERROR_CODES[this.problems[0]!.code].kind;
  }
}

/** The core's "no": it understood the command, and a law forbids it. Nothing was changed. */
export interface Refusal {
  readonly kind: 'refusal';
  readonly reason: RefusalReason;
  readonly detail: string;
}

export type RefusalReason =
  | 'no-run'
  | 'run-exists'
  | 'run-closed'
  | 'unknown-task'
  | 'unknown-attempt'
  | 'unknown-landing'
  | 'illegal-move'
  | 'late'
  | 'not-ready'
  | 'bad-task'
  | 'already-landed'
  | 'stale-parent'
  | 'ungated'
  | 'unreviewed'
  | 'too-many-tasks'
  | 'out-of-range';

export const refuse = (reason: RefusalReason, detail: string): Refusal => ({
  kind: 'refusal',
  reason,
  detail,
});

/** Ends every `switch` over a closed union; reaching it is a fault of ours. */
export function assertNever(value: never): never {
  throw new SwarmError({ code: 'SW0801', what: `unhandled case ${JSON.stringify(value)}` });
}

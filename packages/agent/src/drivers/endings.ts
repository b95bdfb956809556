/** How an agent's process ended, in the port's words. */

import { assertNever } from '@swarm/core/errors';
import type { AgentEnd } from '@swarm/core/model/attempt';
import type { HandoffStatus } from '@swarm/core/model/handoff';
import { tokensOf } from '@swarm/core/model/usage';
import type { AgentJob } from '@swarm/core/ports/running';
import { plainText } from '../transcript.ts';
import type { Session, SessionResult } from './session.ts';

const DETAIL_MAX = 2_000;
/** The share of a limit from which a refusal is put down to it: a gateway refuses before it is exceeded. */
const NEAR = 0.8;

/** How an agent ended that did not say so itself; `exited` with 0 is for the driver to judge. */
export function endOf({ sandbox, cause }: SessionResult): { end: AgentEnd; detail: string } {
  if (cause) return cause;
  const detail = tailOf(sandbox.output);
  switch (sandbox.end) {
    case 'exited':
      if (sandbox.exitCode === 0) return { end: 'finished', detail: 'exit code 0' };
      return { end: 'failed', detail: `exit code ${sandbox.exitCode}: ${detail}` };
    case 'timeout':
      return { end: 'timeout', detail: `ran out of time: ${detail}` };
    case 'output-limit':
      return { end: 'failed', detail: `printed too much: ${detail}` };
    case 'aborted':
      return { end: 'aborted', detail: 'the attempt was called off' };
    case 'killed':
      return { end: 'killed', detail: `killed by a signal, as when memory runs out: ${detail}` };
    case 'cannot-run':
      return { end: 'cannot-run', detail };
    default:
      return assertNever(sandbox.end);
  }
}

/** The end of an agent's output, for people: no control characters, capped. */
export function tailOf(output: string): string {
  const text = output.split('\n').map(plainText).join('\n').trim();
  return text.length <= DETAIL_MAX ? text : `…${text.slice(-DETAIL_MAX)}`;
}

/** A task that cannot be done is said by the claim's status, whatever way the agent came to its end. */
export function endOfClaim(status: HandoffStatus): AgentEnd {
  return status === 'blocked' || status === 'failed' ? status : 'finished';
}

/** The attempt's own share that is used up: by the gateway's word where it gives one, else by its figures. */
export function limitMet(
  { limits }: AgentJob,
  { pass, usage }: Pick<Session, 'pass' | 'usage'>,
): 'token-limit' | 'money-limit' | undefined {
  const refused = pass?.refused?.();
  if (refused) return refused === 'usd' ? 'money-limit' : 'token-limit';
  const spent = usage();
  if (limits.usd !== undefined && spent.costUsd >= limits.usd * NEAR) return 'money-limit';
  return tokensOf(spent) >= limits.tokens * NEAR ? 'token-limit' : undefined;
}

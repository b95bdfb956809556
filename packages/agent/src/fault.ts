import type { AgentEnd } from '@swarm/core/model/attempt';

/** What an agent did that ends its turn. */
export class Fault extends Error {
  readonly end: AgentEnd;

  constructor(end: AgentEnd, message: string) {
    super(message);
    this.end = end;
  }
}

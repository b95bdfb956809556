/** Who printed a secret of the operator's: told once each, and held against what an agent hands over. */
import type { Agent, AgentResult } from '@swarm/core/ports/running';
import type { Log } from '@swarm/core/ports/world';
import { REDACTED, type SecretBook } from '@swarm/telemetry';

export class SecretWatch {
  readonly #log: Log;
  readonly #book: SecretBook;
  /** Names of secrets, by the name of the command that printed them. */
  readonly #printed = new Map<string, Set<string>>();

  constructor(book: SecretBook, log: Log) {
    this.#book = book;
    this.#log = log;
  }

  /** It was taken out of what a command printed. */
  printed(command: string, secret: string): void {
    const known = this.#printed.get(command) ?? new Set();
    this.#printed.set(command, known);
    if (known.has(secret)) return;
    known.add(secret);
    this.#log.write('secret.found', {
      msg: `${command} printed the value of ${secret}; it was taken out`,
      data: { command, secret },
    });
  }

  /** What its lines were cleaned of may come together again in what they add up to. */
  over(agent: Agent): Agent {
    return { ...agent, run: async (job) => this.#cleaned(job.attempt, await agent.run(job)) };
  }

  #cleaned(attempt: string, result: AgentResult): AgentResult {
    const { redact } = this.#book.redactor([], ({ name }) => this.printed(attempt, name));
    const { claim } = result;
    const clean = { ...result, detail: redact(result.detail) };
    if (!claim) return clean;
    const said = {
      ...claim,
      summary: redact(claim.summary),
      concerns: claim.concerns.map(redact),
      suggestions: claim.suggestions.map(redact),
    };
    const printed = this.#printed.get(attempt);
    const isLeaked = printed && JSON.stringify(said).includes(REDACTED);
    return { ...clean, claim: said, ...(isLeaked && { leaked: [...printed] }) };
  }
}

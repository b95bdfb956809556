/**
 * Keeps one git process that answers on its standard output, and asks it one question at a time. A process costs
 * milliseconds to start and a question a fraction of one. It is started when first asked, replaced when it died or
 * grew old (what git remembers of objects is never given back), and ends at once with its input: after a `kill -9`
 * of ours the kernel closes that, so nothing survives us.
 */
import { type Git, TIMEOUT_MS } from './git.ts';
import { type HelperCommand, type Reader, StayingProcess } from './git-process.ts';

export class GitHelper {
  readonly #git: Git;
  readonly #command: HelperCommand;
  #live: StayingProcess | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(git: Git, command: HelperCommand) {
    this.#git = git;
    this.#command = command;
  }

  /**
   * Asks in turn. Throws SW0702 with git's own words when the process dies instead of answering, says what `read`
   * cannot read, is late or says too much; the next question then goes to a new process.
   */
  ask<T>(question: string | Buffer, read: Reader<T>, timeoutMs = TIMEOUT_MS): Promise<T> {
    const answer = this.#turn.then(() => this.#process().ask(question, read, timeoutMs));
    this.#turn = answer.catch(() => undefined);
    return answer;
  }

  /** The same for a question that may be put twice: a process that died over it is replaced once. */
  async askAgain<T>(question: string | Buffer, reader: () => Reader<T>): Promise<T> {
    return this.ask(question, reader()).catch(() => this.ask(question, reader()));
  }

  /** Waits for the last answer and for the process to be gone. A later question starts a new one. */
  async close(): Promise<void> {
    await this.#turn;
    await this.#live?.end();
    this.#live = undefined;
  }

  #process(): StayingProcess {
    if (this.#live?.isUsable()) return this.#live;
    void this.#live?.end();
    this.#live = new StayingProcess(this.#git, this.#command);
    return this.#live;
  }
}

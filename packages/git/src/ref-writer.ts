/** Moves references of one repository, each durably and only from the value it is known to have. */
import type { Git, Place } from './git.ts';
import { GitHelper } from './git-helper.ts';
import type { Reader } from './git-process.ts';

/** Git looks at the clock once in a process: an older one would stamp the origin's reference logs with the past. */
const LOGGED_LIFE_MS = 1_000;

export class RefWriter {
  readonly #helper: GitHelper;

  /** @param log what reference logs say and by whom, of a repository that keeps any. */
  constructor(
    git: Git,
    place: Place,
    log?: { readonly env: Record<string, string>; readonly message: string },
  ) {
    const [subcommand, args] = ['update-ref' as const, ['--stdin']];
    const logged = log && { options: { env: log.env }, lifeMs: LOGGED_LIFE_MS };
    const message = log ? ['-m', log.message] : [];
    this.#helper = new GitHelper(git, { place, subcommand, args: [...args, ...message], ...logged });
  }

  /**
   * Each of `transactions` (lines of `update-ref --stdin`) is committed whole before the next begins. SW0702 with
   * git's own words when one is refused; then only the reference itself says what became of the others.
   */
  async write(transactions: readonly string[]): Promise<void> {
    const question = transactions.map((lines) => `start\n${lines}\ncommit\n`).join('');
    await this.#helper.ask(question, allOf('start: ok\ncommit: ok\n'.repeat(transactions.length)));
  }

  close(): Promise<void> {
    return this.#helper.close();
  }
}

function allOf(expected: string): Reader<undefined> {
  return (bytes) => {
    const told = bytes.toString('latin1', 0, expected.length);
    if (!expected.startsWith(told)) throw new Error(`update-ref answered ${told.slice(0, 200)}`);
    return told === expected ? { value: undefined, length: expected.length } : undefined;
  };
}
